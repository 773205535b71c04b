"""An excerpt: what a viewer sees of a range of the log, read forward or backward, and bounded. Knows no Django."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from events.event import Entry

from .filter import EVERYTHING, Filter
from .hub import Hub
from .protocol import Gap
from .sight import Sight
from .subscription import SCAN, LogReplaced, Pruned, portion

MAX_BYTES = 1024 * 1024
# Of what is seen; what is not seen counts by its positions alone, or its size would show.
MAX_LOOKED_BYTES = 16 * MAX_BYTES
# So many positions are looked at without a turn for others; at first fewer, where it is not known how large they are.
STEP = 1000
FIRST_STEP = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """All that is seen of `[start, stop)` and matches, in the order of positions.

    A gap lies between the place that was asked for and this range: it ends where the range begins or, read backward,
    begins where the range ends.
    """

    start: int
    stop: int
    entries: Sequence[Entry]
    gap: Gap | None


class Reading:
    """One excerpt's: whose eyes, which filter, and at most how many events and bytes of them. It is used once.

    How far an excerpt goes depends on what is seen, and on a number of positions, and on nothing that is not seen.
    Both ways raise LogReplaced, and what the log raises.
    """

    def __init__(self, hub: Hub, filter: Filter, sight: Sight, limit: int, most_bytes: int = 0) -> None:
        self._hub = hub
        self._life = hub.life
        self._filter = filter
        self._sight = sight
        self._limit = limit
        self._most_bytes = most_bytes or MAX_BYTES
        self._step = limit if filter is EVERYTHING and sight.sees_every_event else FIRST_STEP
        self._chosen: list[Entry] = []
        self._bytes = self._looked = 0
        self._is_full = False

    async def forward(self, start: int, stop: int) -> Excerpt:
        """Of `[start, stop)`, from its beginning."""
        begin = position = start
        while position < (bound := min(stop, begin + SCAN)) and not self._is_full:
            try:
                entries = await self._hub.entries(position, min(bound, position + STEP))
            except Pruned as pruned:
                if position > begin:
                    break  # The next excerpt begins with the gap.
                begin = position = min(stop, pruned.oldest)
                continue
            position = await self._choose(entries, position, past=1)
        gap = Gap(start=start, stop=begin, reason="retention") if begin > start else None
        return Excerpt(start=begin, stop=position, entries=self._chosen, gap=gap)

    async def backward(self, stop: int, oldest: int) -> Excerpt:
        """Of `[oldest, stop)`, from its end."""
        end = position = stop
        while position > (bound := max(oldest, end - SCAN)) and not self._is_full:
            entries, held = await self._just_before(position, max(bound, position - self._step))
            if held < position:
                if position < end:
                    break
                end = position = held
            if entries:
                position = await self._choose(entries[::-1], position, past=0)
        gap = Gap(start=end, stop=stop, reason="retention") if end < stop else None
        return Excerpt(start=position, stop=end, entries=self._chosen[::-1], gap=gap)

    async def _just_before(self, stop: int, start: int) -> tuple[Sequence[Entry], int]:
        """The last entries of `[start, stop)`, up to a hole or about a megabyte, and where they end.

        That is before `stop` where there is a hole.
        """
        run: list[Entry] = []
        position = start
        self._step = min(2 * self._step, STEP)
        while position < stop:
            try:
                run += await self._hub.entries(position, stop)
            except Pruned as pruned:
                if pruned.oldest >= stop:
                    return run, position
                run, position = [], pruned.oldest
                continue
            position = run[-1].position + 1
            if dropped := _too_many(run):
                del run[:dropped]
                self._step = len(run)
        return run, stop

    async def _choose(self, entries: Sequence[Entry], position: int, *, past: int) -> int:
        """Take those that are seen and match, until there is no room. Returns the place that is reached then."""
        while not self._sight.knows(entries):
            await self._sight.learn(entries)
        while entries and not self._is_full:
            some = portion(self._filter, entries)
            # Others want their turn, also where everything is at hand.
            await asyncio.sleep(0)
            if self._hub.life != self._life:
                raise LogReplaced
            for entry in some:
                if not self._look_at(entry):
                    return position
                position = entry.position + past
                if self._is_full:
                    break
            entries = entries[len(some) :]
        return position

    def _look_at(self, entry: Entry) -> bool:
        """Take it if it is seen and matches. False if there is no room for it."""
        seen = self._sight.see(entry)
        if seen is None:
            return True
        if self._filter.matches(seen) and not self._take(seen):
            return False
        self._looked += len(seen.line)
        if self._looked > MAX_LOOKED_BYTES:
            self._is_full = True
        return True

    def _take(self, entry: Entry) -> bool:
        """Whether there was room for it. The first may be larger than all others may be together."""
        self._bytes += len(entry.line) + 1
        if self._chosen and self._bytes > self._most_bytes:
            self._is_full = True
            return False
        self._chosen.append(entry)
        self._is_full = len(self._chosen) == self._limit
        return True


def _too_many(entries: Sequence[Entry]) -> int:
    """How many of the first ones are beyond a megabyte, counted from the last one on."""
    size = 0
    for index in range(len(entries) - 1, -1, -1):
        size += len(entries[index].line)
        if size > MAX_BYTES and index < len(entries) - 1:
            return index + 1
    return 0
