"""A delivery: what a subscription gives, said to one client as fast as its flow allows. Knows no socket, no Django."""

import asyncio
import time
from collections.abc import Iterable
from typing import Protocol

from events.event import now

from .batch import Batch
from .dialect import Dialect
from .filter import Filter
from .hub import Hub
from .metrics import meter
from .noteframe import NoteFrame
from .outbox import Outbox
from .protocol import Ack, Gap, Hello
from .sight import Sight
from .subscription import Subscription
from .window import Window

_clock = time.monotonic


class Client(Protocol):
    """The end of the line, as a delivery wants it."""

    is_closed: bool

    async def say(self, frames: Iterable[str]) -> None: ...


class Stalled(Exception):
    """The client has let what is under way to it lie for a minute."""


class Delivery:
    """Under way from the moment it is made: the flow counts what the client takes."""

    def __init__(
        self, client: Client, dialect: Dialect, hello: Hello, subscription: Subscription, outbox: Outbox | None
    ) -> None:
        self._client = client
        self._dialect = dialect
        self._subscription = subscription
        self._flow = dialect.flow(hello, _clock(), outbox)
        self._wanted_filter: Filter | None = None
        self._is_live = False
        self._write = outbox["write"] if outbox else None
        self._failure: Exception | None = None
        if outbox:
            outbox["on_drained"](subscription.wake)
            subscription.at_once = self._send_at_once

    @property
    def position(self) -> int:
        """The first position of which the client has not been told."""
        return self._subscription.position

    def acknowledge(self, ack: Ack) -> None:
        assert isinstance(self._flow, Window)
        waits_for_room = not self._flow.is_open
        self._flow.acknowledge(ack.position, _clock())
        if waits_for_room:
            self._subscription.announce()

    def change_filter(self, wanted: Filter) -> None:
        """It holds from the next batch on, and the client is told from where."""
        self._wanted_filter = wanted
        self._subscription.wake()

    def change_sight(self, sight: Sight) -> None:
        """It holds at once: for whatever has not been sent yet."""
        self._subscription.change_sight(sight)
        self._subscription.wake()

    def stop(self, reason: Exception) -> None:
        """Have `follow` raise it."""
        self._failure = reason
        self._subscription.wake()

    async def follow(self, hub: Hub) -> None:
        """Until the client has gone. Raises Stalled, LogReplaced, and what the log raises."""
        beats = hub.beats
        while not self._client.is_closed:
            if self._failure:
                raise self._failure
            await self._send_what_there_is()
            if beats != hub.beats:
                beats = hub.beats
                await self._beat(hub)
            await self._subscription.wait()

    async def _send_what_there_is(self) -> None:
        while self._flow.is_open and not self._client.is_closed:
            # Not before there is room: a client that asks again and again, and reads nothing, would fill our memory.
            await self._apply_filter()
            notes = self._subscription.notes
            if notes and notes.is_behind and (frame := await self._subscription.take_notes()):
                await self._send_notes(frame)
                continue
            found = await self._subscription.take(self._flow.limit)
            if found is None:
                self._is_live = self._subscription.is_at_head
                return
            if isinstance(found, Gap):
                await self._client.say(self._dialect.gap(found, now()))
            else:
                await self._send(found)
        # What waits for room tells how slow the client is, not how fast we are.
        self._is_live = False

    def _send_at_once(self) -> bool:
        """Send what has just come, while `follow` waits. Whether nothing is left for it to do."""
        if not self._write or self._client.is_closed or self._wanted_filter or self._failure:
            return False
        if not self._flow.is_open:
            # Whoever makes room will wake it.
            self._is_live = False
            return True
        notes = self._subscription.notes
        try:
            if notes and notes.is_behind and self._write_notes() and not self._flow.is_open:
                return True
            if batch := self._subscription.take_at_once(self._flow.limit):
                self._flow.send(batch, _clock())
                self._write(self._dialect.prepared(batch))
                self._count(batch)
                if notes and notes.is_behind and self._flow.is_open:
                    self._write_notes()
        except Exception as error:  # It is this client's alone: others wait for their turn.
            self._failure = error
            return False
        return self._subscription.is_done

    def _write_notes(self) -> bool:
        """Send what is at hand of what was noted. Whether there was any."""
        frame = self._subscription.notes_at_once()
        if frame and self._write:
            self._write(frame.prepared)
            self._count_notes(frame)
        return frame is not None

    async def _send(self, batch: Batch) -> None:
        # Counted before it goes: the answer may be here before a server's `send` returns.
        pause = self._flow.send(batch, _clock())
        if self._write:
            self._write(self._dialect.prepared(batch))
        else:
            await self._client.say(self._dialect.batch(batch))
        self._count(batch)
        # At least once around the loop: a server's `send` may never wait, and others want their turn.
        await asyncio.sleep(pause)

    async def _send_notes(self, frame: NoteFrame) -> None:
        assert isinstance(self._flow, Window)
        pause = self._flow.send_notes(frame, _clock())
        if self._write:
            self._write(frame.prepared)
        else:
            await self._client.say([frame.frame])
        self._count_notes(frame)
        await asyncio.sleep(pause)

    def _count_notes(self, frame: NoteFrame) -> None:
        meter.notes[frame.kind] += len(frame.lines)

    def _count(self, batch: Batch) -> None:
        meter.deliveries += len(batch.entries)
        if self._is_live and batch.entries:
            meter.took(time.time() - batch.sent_at)

    async def _apply_filter(self) -> None:
        if self._wanted_filter is not None:
            if skipped := self._subscription.skip():
                await self._send(skipped)
            wanted, self._wanted_filter = self._wanted_filter, None
            self._subscription.change_filter(wanted)
            await self._client.say(self._dialect.filtered(self.position))

    async def _beat(self, hub: Hub) -> None:
        if self._flow.is_stalled(_clock()):
            raise Stalled
        if self._flow.is_open and (skipped := self._subscription.skip()):
            await self._send(skipped)
        if self._flow.is_open and self._subscription.notes and (frame := self._subscription.notes.skip()):
            await self._send_notes(frame)
        await self._client.say(self._dialect.heartbeat(hub.head, now()))
