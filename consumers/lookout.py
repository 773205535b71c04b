"""The lookout: when the log is looked at again. Knows no Django, nor what there is to see.

Somebody nudges, since there was a message that cannot be the whole truth; and it looks by itself, since a message that
was lost last leaves no trace.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

logger = logging.getLogger("signalcast.consumers")

# Publishers that overtake each other look like a gap for a moment.
NUDGE_SECONDS = 0.02
MIN_BACKOFF = 0.1
MAX_BACKOFF = 5.0


class Watched(Protocol):
    """What tells cheaply whether it is worth a look."""

    @property
    def interval(self) -> float:
        """Seconds between two looks."""

    def changed(self) -> bool:
        """Whether it may have changed since the last look. Must not wait."""


class Lookout:
    """Its owner runs both `watch` and `follow_nudges`, for as long as it lives."""

    def __init__(self, watched: Watched, look: Callable[[], Awaitable[None]]) -> None:
        self._watched = watched
        self._look = look
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """There was a reason to look: several, until then, are one."""
        self._nudged.set()

    async def watch(self) -> None:
        backoff = 0.0
        while True:
            await asyncio.sleep(self._watched.interval + backoff)
            try:
                if backoff or self._watched.changed():
                    await self._look()
                backoff = 0.0
            except Exception:  # The database may be away for minutes; sockets stay open, and nothing is lost.
                backoff = min(MAX_BACKOFF, backoff * 2 or MIN_BACKOFF)
                logger.exception("The log cannot be read", extra={"action": "log_unreadable"})

    async def follow_nudges(self) -> None:
        while True:
            await self._nudged.wait()
            await asyncio.sleep(NUDGE_SECONDS)
            self._nudged.clear()
            with suppress(Exception):  # The watch comes by as well, and says what is wrong.
                await self._look()
