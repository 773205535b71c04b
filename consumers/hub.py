"""The hub: this process's one member of a stream's group, and the one reader of its log. Knows no Django, no Channels.

The log is the truth, a group message a nudge: one that is genuine and continues the ring is believed, anything else
makes the hub look at the log.
"""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine, Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from events.event import Entry, Head, Page
from events.streams import group, unseal

from .batch import Batch
from .batches import Batches
from .buffers import Buffer
from .filter import Filter
from .lookout import Lookout, Watched
from .membership import RENEW_SECONDS, Layer, Member
from .notebook import Notebook, NotesLog
from .pages import Pages
from .periodic import every
from .ring import Ring
from .rounds import Rounds
from .shared import Shared
from .sight import FULL, Sight
from .subscription import LogReplaced, Pruned, Subscription

logger = logging.getLogger("signalcast.consumers")

SWEEP_SECONDS = 1.0


class Log(NotesLog, Watched, Protocol):
    """The stream's log, as the hub wants it."""

    def reconnect(self) -> None:
        """Make the connections anew: what is read from now on is read from the log that is there now."""

    async def head(self) -> Head: ...

    def read(self, start: int, limit: int) -> Coroutine[Any, Any, Page]: ...

    def since(self, time: datetime) -> Coroutine[Any, Any, int]:
        """The smallest position held whose event is of `time` or later, or head + 1."""


class Hub:
    """Reads the stream once, for all subscriptions of this process."""

    def __init__(
        self,
        stream: str,
        *,
        log: Log,
        ring: Ring,
        heartbeat: float,
        key: bytes,
        layer: Layer | None = None,
        renew: float = RENEW_SECONDS,
        sweep: Callable[[], None] | None = None,
    ) -> None:
        self.stream = stream
        self.heartbeat = heartbeat
        self.epoch = ""
        self.life = 0
        """Counts the logs: another number, and positions do not mean what they meant."""
        self.beats = 0
        """Counts the heartbeats that are due to every client."""
        self.repairs = 0
        """Counts the group messages that did not continue the ring, or were not believed."""
        self._log = log
        self._ring = ring
        self._key = key
        self._layer = layer
        self._renew = renew
        self._sweep = sweep
        self._subscriptions: set[Subscription] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._catching_up = asyncio.Lock()
        self._doubted = False
        self._lookout = Lookout(log, self.catch_up)
        self._pages = Pages(log.read)
        self._batches: Batches[Batch] = Batches()
        self.notebook = Notebook(log, self._entry_held)
        """What is noted of the stream's events."""
        self._rounds = Rounds(self._announce)
        self._looks = Shared()

    @property
    def head(self) -> int:
        """The newest position that this process knows of."""
        return self._ring.next - 1

    @property
    def clients(self) -> int:
        return len(self._subscriptions)

    @property
    def buffers(self) -> list[Buffer]:
        return [self._ring.buffer, self._pages.buffer, self._batches.buffer, *self.notebook.buffers]

    async def start(self) -> None:
        """Find the head, and follow it from now on. Raises what the log raises."""
        head = await self._log.head()
        await self._begin_anew(head)
        await self.notebook.read_up_to(head)
        self._spawn(self._lookout.watch())
        self._spawn(self._lookout.follow_nudges())
        self._spawn(every(self.heartbeat, self._beat))
        if self._sweep:
            self._spawn(every(SWEEP_SECONDS, self._sweep))
        if self._layer:
            member = Member(
                self._layer,
                group(self.stream),
                accept=self._accept,
                missed=self._lookout.nudge,
                renew=self._renew,
            )
            self._spawn(member.run())

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._rounds.stop()
        await self._pages.stop()
        await self.notebook.stop()
        await self._looks.stop()

    @contextmanager
    def subscribe(self, filter: Filter, start: int, sight: Sight = FULL) -> Iterator[Subscription]:
        """A subscription from `start` on, for as long as the context lasts."""
        subscription = Subscription(self, filter, start, sight)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def entries(self, start: int, stop: int) -> Sequence[Entry]:
        """The entries from `start` on, at least one, below `stop`: from the ring, else from the log.

        Raises Pruned, or LogReplaced.
        """
        if held := self.held(start, stop):
            return held
        page = await self._pages.at(start)
        if page.head.epoch != self.epoch or page.head.position < start:
            await self.catch_up()
            raise LogReplaced
        if not page.entries:
            raise Pruned(max(page.oldest, page.stop))
        first = page.entries[0].position
        if first > start:
            raise Pruned(first)
        return page.entries[start - first : stop - first]

    def held(self, start: int, stop: int) -> Sequence[Entry]:
        """The same, if the ring has them; else none."""
        return self._ring.slice(start, stop) if start >= self._ring.start else ()

    def share(self, key: Hashable, make: Callable[[], Batch | None]) -> Batch | None:
        """What `make` returns, made once for all subscriptions that ask with this key while it is fresh."""
        return self._batches.get(key, make)

    async def catch_up(self) -> None:
        """Read what the log has beyond the ring, and notice a log that is another one."""
        async with self._catching_up:
            # Taken before the look at the log: while that is under way, messages may move us past what it will say.
            known = self.head
            head = await self._log.head()
            if self._is_of_another(head, known):
                # A file that was replaced stays what it was to connections that have it open; some may, some may not.
                self._log.reconnect()
                head = await self._log.head()
            if self._is_of_another(head, known):
                await self._begin_anew(head)
            else:
                head = await self._read_up_to(head)
            # After the events, so that nobody hears of what an event led to before the event.
            if await self.notebook.read_up_to(head):
                self._rounds.ask()

    async def hear_of_note(self, cursor: int) -> None:
        """Look at the log once for all who have heard of a note from another process, unless it is known here."""
        if cursor > self.notebook.noted:
            await self._looks.answer("log", self.catch_up)

    def _is_of_another(self, head: Head, known: int) -> bool:
        return head.epoch != self.epoch or head.position < known

    async def _read_up_to(self, head: Head) -> Head:
        """Returns the head that holds: the log may turn out to be another one."""
        while self.head < head.position or self._doubted:
            # One that we have is read again: it is another one if the log was restored, and has grown beyond us since.
            newest, next = self._ring.newest, self._ring.next
            page = await self._pages.read(newest.position if newest else next)
            if page.head.epoch != self.epoch or (newest and _differs(newest, page)):
                await self._begin_anew(page.head)
                return page.head
            self._doubted = False
            if not self._ring.append(page.entries) or self._ring.next == next <= head.position:
                # Pruned under our eyes. Whoever still wants it will be told by the log.
                self._ring.clear(head.position + 1)
            self._rounds.ask()
        return head

    async def _begin_anew(self, head: Head) -> None:
        if self.epoch:
            logger.warning(
                "This is another log than before, up to position %d instead of %d: clients begin anew",
                head.position,
                self.head,
                extra={"action": "log_replaced"},
            )
        self.epoch = head.epoch
        self.life += 1
        self._doubted = False
        self._ring.clear(head.position + 1)
        self._pages.begin_anew(head.epoch)
        self._batches.clear()
        self.notebook.begin_anew(head)
        self._wake()
        # The ring begins with the newest event there is: by it we know the log again.
        page = await self._log.read(max(1, head.position), 1)
        if page.entries and page.head.epoch == self.epoch and page.stop == self._ring.next:
            self._ring.clear(page.start)
            self._ring.append(page.entries)

    async def bounds(self) -> Page:
        """The log's own head and oldest position, read now. (Its entries do not matter.)"""
        return await self._pages.bounds()

    async def recent_bounds(self) -> Page:
        """The same, read a moment ago, and since then nothing has come that we know of."""
        found = self._pages.recent_bounds()
        return found if found and found.head.position == self.head else await self.bounds()

    async def since(self, time: datetime) -> int:
        """The smallest position held whose event is of `time` or later, or the log's head + 1."""
        return await self._log.since(time)

    def _accept(self, raw: object) -> None:
        message = unseal(raw, self._key)
        if message is None or message.stream != self.stream or message.epoch != self.epoch:
            self._repair()
            return
        if not message.lines:
            # That something was noted, by this cursor.
            if message.start > self.notebook.noted:
                self._lookout.nudge()
            return
        entries = [Entry(message.start + index, line) for index, line in enumerate(message.lines)]
        # Other events where ours are: the log was restored, perhaps. Until it has been read, no message is believed.
        self._doubted = self._doubted or not self._ring.agrees(entries)
        if self._doubted:
            self._repair()
        elif message.start <= self._ring.next <= message.start + len(entries) and self._ring.append(entries):
            self._rounds.ask()
        else:
            self._repair()

    def _entry_held(self, position: int) -> Entry | None:
        return next(iter(self.held(position, position + 1)), None)

    def _repair(self) -> None:
        self.repairs += 1
        self._lookout.nudge()

    def _beat(self) -> None:
        self.beats += 1
        self._wake()

    def _announce(self) -> None:
        for subscription in self._subscriptions:
            subscription.announce()

    def _wake(self) -> None:
        for subscription in self._subscriptions:
            subscription.wake()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        # In a context of its own: the request that happened to start the hub ends, the hub does not.
        self._tasks.append(asyncio.create_task(work, context=contextvars.Context()))


def _differs(newest: Entry, page: Page) -> bool:
    return any(entry.position == newest.position and entry.id != newest.id for entry in page.entries[:1])
