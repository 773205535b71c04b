"""The newest events of a stream, in memory, bounded in count and bytes. No I/O, no Django."""

from collections.abc import Sequence

from events.event import Entry

from .buffers import Buffer, Level


class Ring:
    """Holds the positions `[start, next)`. When it is full the oldest go; they are still in the log."""

    def __init__(self, *, events: int, bytes: int) -> None:
        self.start = self.next = 1
        self._max_events = events
        self._max_bytes = bytes
        self._entries: list[Entry] = []
        self._bytes = 0
        self._first = 0

    @property
    def newest(self) -> Entry | None:
        return self._entries[-1] if self._first < len(self._entries) else None

    @property
    def buffer(self) -> Buffer:
        count = Level(self.next - self.start, self._max_events, "events")
        return Buffer("ring", count, Level(self._bytes, self._max_bytes, "bytes"))

    def append(self, entries: Sequence[Entry]) -> bool:
        """Add what continues the ring; what it has already is passed over. False, and nothing added, if a hole is left.

        Entries come in the order of their positions.
        """
        fresh = [entry for entry in entries if entry.position >= self.next]
        if fresh and fresh[-1].position != self.next + len(fresh) - 1:
            return False
        self._entries += fresh
        self.next += len(fresh)
        self._bytes += sum(len(entry.line) for entry in fresh)
        self._trim()
        return True

    def slice(self, start: int, stop: int) -> Sequence[Entry]:
        """The entries of `[start, stop)`, which must lie within the ring."""
        offset = self._first - self.start
        return self._entries[start + offset : stop + offset]

    def agrees(self, entries: Sequence[Entry]) -> bool:
        """Whether those that the ring has as well are the same events there."""
        common = (each for each in entries if self.start <= each.position < self.next)
        return all(each.id == self._entries[each.position + self._first - self.start].id for each in common)

    def clear(self, next: int) -> None:
        """Forget everything; `next` is the position that will come."""
        self._entries.clear()
        self._bytes = self._first = 0
        self.start = self.next = next

    def _trim(self) -> None:
        while self._first < len(self._entries) and self._is_over():
            self._bytes -= len(self._entries[self._first].line)
            self._first += 1
            self.start += 1
        # Dropping from the front of a list moves the rest: not for every event.
        if self._first * 2 > len(self._entries):
            del self._entries[: self._first]
            self._first = 0

    def _is_over(self) -> bool:
        return len(self._entries) - self._first > self._max_events or self._bytes > self._max_bytes
