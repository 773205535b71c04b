"""The newest notes of a stream, in memory, bounded in count and bytes; by cursor, by position. No I/O, no Django."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from events.event import Note, Notes

from .buffers import Buffer, Level


class NoteRing:
    """Holds what is kept of the cursors `[start, next)`. When it is full the oldest go; they are still in the log."""

    def __init__(self, *, notes: int, bytes: int) -> None:
        self.start = 1
        self.next = 1
        self.floor = 0
        """Of the events of larger positions it has every note of a cursor below `next`."""
        self.top = 0
        """No note of a cursor below `next` is of an event of a larger position."""
        self._max_notes = notes
        self._max_bytes = bytes
        self._notes: list[Note] = []
        self._of: dict[int, list[Note]] = {}
        self._bytes = 0
        self._first = 0

    @property
    def buffer(self) -> Buffer:
        count = Level(len(self._notes) - self._first, self._max_notes, "notes")
        return Buffer("notes", count, Level(self._bytes, self._max_bytes, "bytes"))

    def append(self, found: Notes) -> None:
        """Add what follows; what was pruned before it was read is passed over."""
        for note in found.notes:
            if note.cursor >= self.next:
                self._notes.append(note)
                self._bytes += len(note.text)
                if note.position is not None:
                    self._of.setdefault(note.position, []).append(note)
                    self.top = max(self.top, note.position)
        self.next = max(self.next, found.stop)
        self._trim()

    def slice(self, start: int, limit: int) -> Sequence[Note]:
        """The first of this cursor and of later ones. It must lie within the ring."""
        first = bisect_left(self._notes, start, lo=self._first, key=_cursor)
        return self._notes[first : first + limit]

    def of(self, start: int, stop: int) -> Iterator[Note]:
        """Those of the events of `[start, stop)`, in the order of positions."""
        for position in range(start, min(stop, self.top + 1)):
            yield from self._of.get(position, ())

    def clear(self, next: int, top: int) -> None:
        """Forget everything. `next` is the cursor that will come; up to `top` events may have notes of earlier ones."""
        self._notes.clear()
        self._of.clear()
        self._bytes = self._first = 0
        self.start = self.next = next
        self.floor = self.top = top

    def _trim(self) -> None:
        while self._first < len(self._notes) and self._is_over():
            oldest = self._notes[self._first]
            self._bytes -= len(oldest.text)
            self._first += 1
            self.start = oldest.cursor + 1
            if oldest.position is not None:
                self._forget(oldest.position)
        # Dropping from the front of a list moves the rest: not for every note.
        if self._first * 2 > len(self._notes):
            del self._notes[: self._first]
            self._first = 0

    def _forget(self, position: int) -> None:
        self.floor = max(self.floor, position)
        notes = self._of[position]
        del notes[0]
        if not notes:
            del self._of[position]

    def _is_over(self) -> bool:
        return len(self._notes) - self._first > self._max_notes or self._bytes > self._max_bytes


def _cursor(note: Note) -> int:
    return note.cursor
