"""What is done again and again for as long as its task lives."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger("signalcast.consumers")


async def every(seconds: float, do: Callable[[], Awaitable[None] | None]) -> None:
    """Call `do` every so many seconds, for ever; what it returns is awaited, what it raises is logged."""
    while True:
        await asyncio.sleep(seconds)
        try:
            if (waiting := do()) is not None:
                await waiting
        except Exception:  # It is done again next time.
            logger.exception("A periodic task failed", extra={"action": "periodic_failed"})
