"""A subscription: a filter and a cursor. What comes after the cursor is read, live and replayed alike. Knows no Django.

There is no queue: a client that lags keeps a number, and gets the next, larger batch when it is ready for it.
"""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from typing import Protocol

from events.event import Entry

from .batch import Batch
from .filter import EVERYTHING, Filter
from .notebook import Notebook
from .notecursor import DATA_BYTES, NoteCursor, Span
from .noteframe import NoteFrame
from .protocol import FRAME_BYTES, HEADER_BYTES, Gap, Hello
from .sight import FULL, Sight

# How far one read may look for events that match.
SCAN = 5000


class LogReplaced(Exception):
    """The log has another epoch, or its end is gone: positions do not mean what they meant."""


class Pruned(Exception):
    """The log begins at a later position than the one that was asked for."""

    def __init__(self, oldest: int) -> None:
        super().__init__(oldest)
        self.oldest = oldest


class Source(Protocol):
    """What a subscription reads from: the hub."""

    life: int

    @property
    def head(self) -> int: ...

    async def entries(self, start: int, stop: int) -> Sequence[Entry]:
        """The entries from `start` on, at least one, below `stop`. Raises Pruned, LogReplaced."""

    def held(self, start: int, stop: int) -> Sequence[Entry]:
        """The same, if they are at hand; else none."""

    def share(self, key: Hashable, make: Callable[[], Batch | None]) -> Batch | None:
        """What `make` returns, made once for all who ask with this key."""


class Subscription:
    """One client's place in the stream."""

    def __init__(self, source: Source, filter: Filter, start: int, sight: Sight = FULL) -> None:
        self.filter = filter
        self.sight = sight
        """What the client may see; it may change at any time."""
        self.position = start
        """The first position of which the client has not been told."""
        self._source = source
        self._life = source.life
        # What lies between the two was looked at, and did not match.
        self._scanned = start
        self._tip: str | None = None
        self._has_changed = False
        self._waiting: asyncio.Future[None] | None = None
        self.at_once: Callable[[], bool] | None = None
        """Takes what is new, without a task's switch, and says whether nothing is left to do."""
        self.notes: NoteCursor | None = None
        """Its place among the notes, if it wants to be told any."""

    def announce(self) -> None:
        """There may be something to take: the head is another one, or there is room."""
        if not (self._waiting and self.at_once and self.at_once()):
            self.wake()

    def wake(self) -> None:
        """Something may have changed: the head, the filter, the window, the time."""
        self._has_changed = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    async def wait(self) -> None:
        """Wait until `wake` is called, or return at once if it was since the last wait."""
        if not self._has_changed:
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        self._has_changed = False

    def follow_notes(self, notebook: Notebook, hello: Hello, *, oldest: int, gap: Gap | None = None) -> None:
        """Be told what is noted of events, as far as the client wants it, from where it was told last.

        `oldest` is the oldest event that is held, `gap` what the client is told of first.
        """
        if not (hello.reactions or hello.ghosts):
            return
        is_of_another_log = gap is not None and gap.reason == "epoch"
        after, start = notebook.noted, self.position
        if hello.reactions_after is not None and not is_of_another_log:
            after = min(hello.reactions_after, after)
            # It has events from before its position, and this filter's alone, as far as we know. What was pruned it may
            # have missed, now or when it came back before.
            start = min(oldest, start)
        span = Span(start, self.filter, self.sight)
        self.notes = NoteCursor(notebook, span, after, reactions=hello.reactions, ghosts=hello.ghosts)

    def change_filter(self, filter: Filter) -> None:
        """It holds from the position on."""
        self.filter = filter
        if self.notes:
            self.notes.change(self._scanned, filter, self.sight)

    def change_sight(self, sight: Sight) -> None:
        """It holds at once."""
        self.sight = sight
        if self.notes:
            self.notes.change(self._scanned, self.filter, sight)

    @property
    def is_at_head(self) -> bool:
        """Whether there is nothing that was not looked at."""
        return self._scanned > self._source.head

    @property
    def is_done(self) -> bool:
        """The same, of notes as well."""
        return self._scanned > self._source.head and not (self.notes and self.notes.is_behind)

    async def take_notes(self) -> NoteFrame | None:
        """The next of what was noted of the events that were sent, or None, as `take`. Raises LogReplaced."""
        self._check_life()
        frame = await self.notes.take(self.position, lambda: self._has_changed) if self.notes else None
        self._check_life()
        return frame

    async def take(self, limit: int) -> Batch | Gap | None:
        """The next batch of at most `limit` events, a gap, or None if nothing new matches. Raises LogReplaced.

        It looks no further, and has come some way, where something has changed: a heartbeat or another filter does not
        wait until all of a long log was looked at. `is_at_head` tells.
        """
        while True:
            self._check_life()
            if self.is_at_head:
                return None
            try:
                entries = portion(self.filter, await self._source.entries(*self._range(limit)))
            except Pruned as pruned:
                self._check_life()
                return self._jump(pruned.oldest)
            while not self.sight.knows(entries):
                await self.sight.learn(entries)
            self._check_life()
            if batch := self._pass(self._shared(entries, limit)):
                return batch
            # Others want their turn, also where everything is at hand.
            await asyncio.sleep(0)
            if self._has_changed:
                return None

    def take_at_once(self, limit: int) -> Batch | None:
        """The next batch if it is at hand. None does not say that there is nothing."""
        head = self._source.head
        if self._source.life != self._life or self._scanned > head or (self.notes and self.notes.owed):
            return None
        if self.sight.asks and not self.sight.knows(self._source.held(*self._range(limit))):
            return None
        # Before anything is looked at: in a round most are given what the first was.
        key = self._key(self._scanned, head, limit)
        found = self._source.share(key, lambda: self._select_held(limit))
        return self._pass(found) if found else None

    def notes_at_once(self) -> NoteFrame | None:
        """The next of what was noted, if it is at hand. None does not say that there is nothing."""
        return self.notes.take_at_once(self.position) if self.notes and self._source.life == self._life else None

    def skip(self) -> Batch | None:
        """An empty batch that moves the client over what did not match, or None if there was nothing of the kind."""
        if self._scanned == self.position:
            return None
        return self._move(Batch(self.position, self._scanned, (), tip=self._tip, head=self._source.head))

    def _check_life(self) -> None:
        """After every wait: what was read meanwhile may be of another log."""
        if self._source.life != self._life:
            raise LogReplaced

    def _jump(self, oldest: int) -> Gap:
        gap = Gap(start=self.position, stop=oldest, reason="retention")
        self.position = self._scanned = oldest
        if self.notes:
            self.notes.jump(oldest)
        return gap

    def _move(self, batch: Batch) -> Batch:
        self.position = self._scanned = batch.stop
        if self.notes:
            self.notes.sent(batch)
        return batch

    def _range(self, limit: int) -> tuple[int, int]:
        """What is read next."""
        reach = limit if self.filter is EVERYTHING and self.sight.sees_every_event else SCAN
        return self._scanned, min(self._scanned + reach, self._source.head + 1)

    def _pass(self, batch: Batch) -> Batch | None:
        """The batch, if there is something in it. The cursor moves."""
        if batch.entries:
            return self._move(batch)
        self._scanned, self._tip = batch.stop, batch.tip
        return None

    def _key(self, first: int, last: int, limit: int) -> Hashable:
        """Subscriptions with the same key pick the same of these positions."""
        return self.filter.key, self.sight.key, self.position, first, last, limit

    def _shared(self, entries: Sequence[Entry], limit: int) -> Batch:
        key = self._key(entries[0].position, entries[-1].position, limit)
        batch = self._source.share(key, lambda: self._select(entries, limit))
        assert batch
        return batch

    def _select(self, entries: Sequence[Entry], limit: int) -> Batch:
        return select(self.filter, self.position, entries, limit, self._source.head, self.sight)

    def _select_held(self, limit: int) -> Batch | None:
        entries = portion(self.filter, self._source.held(*self._range(limit)))
        return self._select(entries, limit) if entries else None


def portion(filter: Filter, entries: Sequence[Entry]) -> Sequence[Entry]:
    """The first of the entries, as many as this filter may be asked about in one go."""
    if len(entries) * filter.cost <= DATA_BYTES and not filter.reads_data:
        return entries
    size = 0
    for index, entry in enumerate(entries):
        size += filter.cost + (len(entry.line) if filter.reads_data else 0)
        if size > DATA_BYTES:
            return entries[: max(1, index)]
    return entries


def select(filter: Filter, start: int, entries: Sequence[Entry], limit: int, head: int, sight: Sight = FULL) -> Batch:
    """The batch from `start` of those entries that are seen and match, at most `limit` of them and 256 KB.

    It is empty if there is none. Raises Undecided.
    """
    chosen: list[Entry] = []
    size = HEADER_BYTES
    last = entries[0]
    for entry in entries:
        seen = entry if sight is FULL else sight.see(entry)
        if seen and (filter is EVERYTHING or filter.matches(seen)):
            if chosen and size + len(seen.line) + 1 > FRAME_BYTES:
                break
            chosen.append(seen)
            size += len(seen.line) + 1
        last = entry
        if len(chosen) == limit:
            break
    return Batch(start, last.position + 1, chosen, tip=sight.tip(last), head=head)
