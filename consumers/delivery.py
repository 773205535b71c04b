"""A delivery: what a subscription gives, said to one client as fast as its flow allows. Knows no socket, no Django."""

import asyncio
import time
from collections.abc import Iterable
from typing import Protocol

from events.event import now

from .dialect import Dialect
from .filter import Filter
from .hub import Hub
from .metrics import meter
from .outbox import Outbox
from .protocol import Ack, Batch, Gap, Hello
from .subscription import Subscription
from .window import Window


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
        if outbox:
            outbox["on_drained"](subscription.wake)

    @property
    def position(self) -> int:
        """The first position of which the client has not been told."""
        return self._subscription.position

    def acknowledge(self, ack: Ack) -> None:
        assert isinstance(self._flow, Window)
        waits_for_room = not self._flow.is_open
        self._flow.acknowledge(ack.position, _clock())
        if waits_for_room:
            self._subscription.wake()

    def change_filter(self, wanted: Filter) -> None:
        """It holds from the next batch on, and the client is told from where."""
        self._wanted_filter = wanted
        self._subscription.wake()

    async def follow(self, hub: Hub) -> None:
        """Until the client has gone. Raises Stalled, LogReplaced, and what the log raises."""
        beats = hub.beats
        while not self._client.is_closed:
            await self._send_what_there_is()
            if beats != hub.beats:
                beats = hub.beats
                await self._beat(hub)
            await self._subscription.wait()

    async def _send_what_there_is(self) -> None:
        while self._flow.is_open and not self._client.is_closed:
            # Not before there is room: a client that asks again and again, and reads nothing, would fill our memory.
            await self._apply_filter()
            found = await self._subscription.take(self._flow.limit)
            if found is None:
                self._is_live = True
                return
            if isinstance(found, Gap):
                await self._client.say(self._dialect.gap(found, now()))
            else:
                await self._send(found)
        # What waits for room tells how slow the client is, not how fast we are.
        self._is_live = False

    async def _send(self, batch: Batch) -> None:
        # Counted before it goes: the answer may be here before a server's `send` returns.
        pause = self._flow.send(batch, _clock())
        if self._write:
            self._write(self._dialect.prepared(batch))
        else:
            await self._client.say(self._dialect.batch(batch))
        meter.deliveries += len(batch.entries)
        if self._is_live and batch.entries:
            meter.took(time.time() - batch.sent_at)
        # At least once around the loop: a server's `send` may never wait, and others want their turn.
        await asyncio.sleep(pause)

    async def _apply_filter(self) -> None:
        if self._wanted_filter is not None:
            if skipped := self._subscription.skip():
                await self._send(skipped)
            self._subscription.filter, self._wanted_filter = self._wanted_filter, None
            await self._client.say(self._dialect.filtered(self.position))

    async def _beat(self, hub: Hub) -> None:
        if self._flow.is_stalled(_clock()):
            raise Stalled
        if self._flow.is_open and (skipped := self._subscription.skip()):
            await self._send(skipped)
        await self._client.say(self._dialect.heartbeat(hub.head, now()))


def _clock() -> float:
    return asyncio.get_running_loop().time()
