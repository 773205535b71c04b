"""Pages of the log, each read once for everybody who wants it. Knows neither Django nor Channels."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from events.event import Page

from .buffers import Buffer, Level
from .shared import Shared

logger = logging.getLogger("signalcast.consumers")

# At most so many events, and about a megabyte, as far as the last page tells of the next.
MAX_EVENTS = 1000
FIRST_EVENTS = 100
MAX_BYTES = 1024 * 1024
# How many are kept, and how much of them.
MAX_KEPT = 16
MAX_KEPT_BYTES = MAX_KEPT * MAX_BYTES

# For how long the bounds of the log, once read, do for those who come next.
RECENT_SECONDS = 0.02

Read = Callable[[int, int], Coroutine[Any, Any, Page]]


class Pages:
    """Many clients come back to one position at once; their page is read once, and kept for a while."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._events = FIRST_EVENTS
        self._epoch = ""
        self._life = 0
        self._kept: OrderedDict[int, Page] = OrderedDict()
        self._bytes = 0
        self._reads = Shared()
        self._bounds: Page | None = None
        self._bounds_read = 0.0

    @property
    def buffer(self) -> Buffer:
        return Buffer("pages", Level(len(self._kept), MAX_KEPT), Level(self._bytes, MAX_KEPT_BYTES, "bytes"))

    def begin_anew(self, epoch: str) -> None:
        """Forget everything; from here on the log is the one of this epoch."""
        self._epoch = epoch
        self._life += 1
        self._kept.clear()
        self._bytes = 0
        self._bounds = None

    async def stop(self) -> None:
        await self._reads.stop()

    async def bounds(self) -> Page:
        """The log's own head and oldest position, read now. (Its entries do not matter.)"""
        found: Page = await self._reads.answer((self._life, "bounds"), lambda: self._read(1, 1))
        self._bounds, self._bounds_read = found, time.monotonic()
        return found

    def recent_bounds(self) -> Page | None:
        """The same, if somebody asked a moment ago: clients that come one after the other share a read."""
        return self._bounds if time.monotonic() - self._bounds_read < RECENT_SECONDS else None

    async def at(self, start: int) -> Page:
        """A page that holds `start`, or begins there."""
        page = self._found(start)
        if page is None:
            page = await self._reads.answer((self._life, start), lambda: self._read_and_keep(start))
        return page

    async def read(self, start: int) -> Page:
        """The page that begins at `start`, as it is now. It ends before the first hole, if there is one."""
        page = _contiguous(await self._read(start, self._events))
        if page.entries:
            average = _size(page) // len(page.entries)
            self._events = max(2, min(MAX_EVENTS, MAX_BYTES // average))
        return page

    def _found(self, start: int) -> Page | None:
        # Who lags reads a page in several goes, and so do those nearby.
        return self._kept.get(start) or next((page for page in self._kept.values() if _holds(page, start)), None)

    async def _read_and_keep(self, start: int) -> Page:
        life = self._life
        page = await self.read(start)
        # Before the head nothing changes any more.
        if page.stop <= page.head.position and page.head.epoch == self._epoch and life == self._life:
            self._keep(start, page)
        return page

    def _keep(self, start: int, page: Page) -> None:
        self._kept[start] = page
        self._bytes += _size(page)
        while len(self._kept) > MAX_KEPT or self._bytes > MAX_KEPT_BYTES:
            self._bytes -= _size(self._kept.popitem(last=False)[1])


def _size(page: Page) -> int:
    return sum(len(entry.line) for entry in page.entries)


def _holds(page: Page, position: int) -> bool:
    return bool(page.entries) and page.entries[0].position <= position <= page.entries[-1].position


def _contiguous(page: Page) -> Page:
    """There is a hole only where somebody deleted in the middle of the log."""
    for index, entry in enumerate(page.entries):
        if entry.position != page.entries[0].position + index:
            logger.error(
                "The log has a hole before position %d; it is told as a gap",
                entry.position,
                extra={"action": "hole_in_the_log"},
            )
            return replace(page, entries=page.entries[:index])
    return page
