"""A question to something outside: asked once for everybody who wants to know at that moment, and given up in time."""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

SECONDS = 2.0


class Probe(Generic[T]):
    """What cannot be broken off (a database that hangs) goes on alone, and nobody asks again until it has ended."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._ask = ask
        self._asking: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[T]] = WeakKeyDictionary()

    async def answer(self) -> T:
        """Raises what the question raises, or TimeoutError."""
        loop = asyncio.get_running_loop()
        if loop not in self._asking:
            # In a context of its own: the request that happened to ask first ends, the others still wait.
            task = self._asking[loop] = asyncio.create_task(self._ask(), context=contextvars.Context())
            task.add_done_callback(lambda _: self._end(loop))
        async with asyncio.timeout(SECONDS):
            return await asyncio.shield(self._asking[loop])

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        task = self._asking.pop(loop)
        if not task.cancelled():
            # Perhaps nobody waits for it any more.
            task.exception()
