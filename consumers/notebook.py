"""The notebook: what is noted of a stream's events, the newest in a ring, the rest read from the log once for all.

Knows neither Django nor Channels. An event may be noted at any time after it was recorded, so notes have an order of
their own, by cursor; a client that has events of older positions is told what was noted of them meanwhile.
"""

from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from events.event import Entry, Head, Note, Notes

from .batches import Batches
from .buffers import Buffer, Level
from .noteframe import NoteFrame
from .notering import NoteRing
from .protocol import MAX_POSITION
from .shared import Shared

MAX_NOTES = 10_000
MAX_BYTES = 8 * 1024 * 1024
# How many notes are read at once; and, where somebody begins, how many of those that were written before.
PAGE = 1000
# No more than about a megabyte of them, with the events that they are about, as far as the last read tells of the next.
PAGE_BYTES = 1024 * 1024
BEFORE = 1000
# What was noted of so many positions is read at once, and so many of these leaves are kept.
LEAF = 500
MAX_LEAVES = 16
MAX_LEAVES_BYTES = 4 * 1024 * 1024


class NotesLog(Protocol):
    """The part of a log that a notebook reads."""

    def read_notes(self, after: int, limit: int) -> Coroutine[Any, Any, Notes]: ...

    def notes_of(self, start: int, stop: int) -> Coroutine[Any, Any, Sequence[Note]]: ...


class NotePage:
    """Notes that follow a cursor, and the cursor up to which these are all."""

    def __init__(self, after: int, last: int, notes: Sequence[Note]) -> None:
        self.after = after
        self.last = last
        self.notes = notes
        self.entries = [note.entry for note in notes if note.entry]
        positions = [note.position for note in notes if note.position is not None]
        self.lowest = min(positions, default=MAX_POSITION)
        """The smallest position that any of them is about."""


class _Leaf:
    """What was noted of a range of positions by the cursor `last`, and perhaps some of what was noted later."""

    def __init__(self, last: int, notes: Sequence[Note]) -> None:
        self.last = last
        self.notes = [note for note in notes if note.cursor <= last]
        self.size = sum(len(note.text) for note in self.notes)


class Notebook:
    """One stream's, for all subscriptions of this process."""

    def __init__(
        self, log: NotesLog, held: Callable[[int], Entry | None], *, notes: int = MAX_NOTES, bytes: int = MAX_BYTES
    ) -> None:
        """`held` returns the entry of a position, if it is at hand."""
        self._log = log
        self._entry_held = held
        self._ring = NoteRing(notes=notes, bytes=bytes)
        self.life = 0
        """Counts the beginnings: another number, and cursors do not mean what they meant."""
        self.begun = 0
        """The newest cursor when it began."""
        self.frames: Batches[NoteFrame] = Batches("note frames")
        """What subscriptions tell of notes, made once for all that tell the same."""
        # Plain attributes: every client asks for them in every round.
        self.noted = 0
        """The newest cursor that this process knows of."""
        self.top = 0
        """Of events of larger positions nothing is noted yet, as far as this process knows."""
        self._page: dict[int, NotePage] = {}
        self._page_size = PAGE
        self._leaves: OrderedDict[int, _Leaf] = OrderedDict()
        self._leaves_bytes = 0
        self._reads = Shared()

    @property
    def buffers(self) -> list[Buffer]:
        leaves = Level(len(self._leaves), MAX_LEAVES)
        read = Buffer("leaves", leaves, Level(self._leaves_bytes, MAX_LEAVES_BYTES, "bytes"))
        return [self._ring.buffer, read, self.frames.buffer]

    def begin_anew(self, head: Head) -> None:
        """Forget everything, and begin a little before this head: `read_up_to` reads what comes then."""
        self.life += 1
        self.begun = head.noted
        self._page.clear()
        self._leaves.clear()
        self._leaves_bytes = 0
        self.frames.clear()
        next = max(1, head.noted + 1 - BEFORE)
        self._ring.clear(next, head.position if next > 1 else 0)
        self._tell()

    async def stop(self) -> None:
        await self._reads.stop()

    async def read_up_to(self, head: Head) -> bool:
        """Read what was noted since the last look. Whether that was anything. Raises what the log raises."""
        if head.noted < self.noted:  # The table was emptied, or its end is gone.
            self.begin_anew(head)
        before, life = self.noted, self.life
        while self.noted < head.noted and life == self.life:
            found = await self._log.read_notes(self.noted, PAGE)
            if life == self.life:
                self._append(found, head)
        return self.noted > before

    def page_at_hand(self, after: int) -> NotePage | None:
        """The notes that follow this cursor, if they are in the ring."""
        if after + 1 < self._ring.start:
            return None
        page = self._page.get(after)
        if page is None:
            notes = self._ring.slice(after + 1, PAGE)
            page = NotePage(after, notes[-1].cursor if len(notes) == PAGE else self.noted, notes)
            # Most are up to date, and want the same; the others have places of their own.
            if len(self._page) < MAX_LEAVES:
                self._page[after] = page
        return page

    async def page(self, after: int) -> NotePage:
        """The same, read from the log where it must be. What was pruned meanwhile is passed over."""
        if page := self.page_at_hand(after):
            return page
        read: Notes = await self._reads.answer((self.life, after), lambda: self._log.read_notes(after, self._page_size))
        if read.notes:
            self._page_size = max(1, min(PAGE, PAGE_BYTES * len(read.notes) // sum(map(_size, read.notes))))
        before = self._ring.start - 1
        last = max(read.stop - 1, min(read.oldest - 1, before))
        return NotePage(after, last if last > after else max(before, after), list(map(_whole, read.notes)))

    def of_at_hand(self, start: int, stop: int, last: int) -> list[Note] | None:
        """What was noted of the events of `[start, stop)` by the cursor `last`; None if that must be read."""
        found: list[Note] = []
        for first, end in self._parts(start, stop):
            leaf = self._leaf_at_hand(first, last)
            if leaf is None and first <= self._ring.floor:
                return None
            found += self._part(leaf, first, end, last)
        return found

    async def of(self, start: int, stop: int, last: int) -> list[Note]:
        """The same, read from the log where it must be."""
        found: list[Note] = []
        for first, end in self._parts(start, stop):
            leaf = self._leaf_at_hand(first, last)
            if leaf is None and first <= self._ring.floor:
                at = _first_of(first)
                leaf = await self._reads.answer((self.life, "of", at), partial(self._read_leaf, at))
            found += self._part(leaf, first, end, last)
        return found

    def _parts(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The range, as far as anything may be noted of it, cut where leaves end."""
        stop = min(stop, self.top + 1)
        while start < stop:
            end = min(stop, _first_of(start) + LEAF)
            yield start, end
            start = end

    def _part(self, leaf: _Leaf | None, start: int, stop: int, last: int) -> Iterator[Note]:
        """What is in the leaf, and after that in the ring."""
        known = leaf.last if leaf else 0
        if leaf:
            yield from (note for note in leaf.notes if note.cursor <= last and _is_within(note, start, stop))
        if known < last:
            yield from (note for note in self._ring.of(start, stop) if known < note.cursor <= last)

    def _append(self, found: Notes, head: Head) -> None:
        if found.stop <= self._ring.next:  # The end is gone since the head was read.
            self._ring.clear(head.noted + 1, head.position)
        self._ring.append(replace(found, notes=[self._with_held(_whole(note)) for note in found.notes]))
        self._page.clear()
        self._tell()

    def _tell(self) -> None:
        self.noted = self._ring.next - 1
        self.top = self._ring.top if self.noted else 0

    def _with_held(self, note: Note) -> Note:
        """With the entry that others have as well: what is parsed of it is parsed once."""
        entry = None if note.position is None else self._entry_held(note.position)
        return replace(note, entry=entry) if entry and entry.id == note.event_id else note

    def _leaf_at_hand(self, position: int, last: int) -> _Leaf | None:
        """The leaf of this position, if together with the ring it has all that was noted by this cursor."""
        leaf = self._leaves.get(_first_of(position))
        return leaf if leaf and (last <= leaf.last or self._ring.start <= leaf.last + 1) else None

    async def _read_leaf(self, first: int) -> _Leaf:
        last, life = self.noted, self.life
        leaf = _Leaf(last, await self._log.notes_of(first, first + LEAF))
        if life == self.life:
            self._keep(first, leaf)
        return leaf

    def _keep(self, first: int, leaf: _Leaf) -> None:
        if before := self._leaves.pop(first, None):
            self._leaves_bytes -= before.size
        self._leaves[first] = leaf
        self._leaves_bytes += leaf.size
        while len(self._leaves) > MAX_LEAVES or self._leaves_bytes > MAX_LEAVES_BYTES:
            self._leaves_bytes -= self._leaves.popitem(last=False)[1].size


def _first_of(position: int) -> int:
    """Where the leaf begins that has this position."""
    return (position - 1) // LEAF * LEAF + 1


def _is_within(note: Note, start: int, stop: int) -> bool:
    return note.position is not None and start <= note.position < stop


def _size(note: Note) -> int:
    return len(note.text) + (len(note.entry.line) if note.entry else 0)


def _whole(note: Note) -> Note:
    """What is in no log is its own event: it is asked for and seen as one."""
    return replace(note, entry=Entry(0, note.text)) if note.kind == "ghost" else note
