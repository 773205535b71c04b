"""A question to something outside: asked once for everybody who wants to know at that moment, and given up in time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from .shared import Shared

T = TypeVar("T")

SECONDS = 2.0


class Probe(Generic[T]):
    """What cannot be broken off (a database that hangs) goes on alone, and nobody asks again until it has ended."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._ask = ask
        self._asked: WeakKeyDictionary[asyncio.AbstractEventLoop, Shared] = WeakKeyDictionary()

    async def answer(self) -> T:
        """Raises what the question raises, or TimeoutError."""
        shared = self._asked.setdefault(asyncio.get_running_loop(), Shared())
        async with asyncio.timeout(SECONDS):
            found: T = await shared.answer("", self._ask)
            return found
