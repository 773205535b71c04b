"""Questions that many have at the same moment: each is asked once, and all of them get the answer. Knows no Django."""

import asyncio
import contextvars
import time
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

Ask = Callable[[], Coroutine[Any, Any, Any]]


class Shared:
    """Nothing is kept: who comes after the answer asks again."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, asyncio.Task[Any]] = {}

    async def answer(self, question: Hashable, ask: Ask) -> Any:
        """What `ask` returns, or raises. It goes on if one of those who wait leaves."""
        task = self._asked.get(question)
        if task is None:
            # In a context of its own: the request that happened to ask first ends, the others still wait.
            task = self._asked[question] = asyncio.create_task(ask(), context=contextvars.Context())
            task.add_done_callback(lambda done: self._end(question, done))
        return await asyncio.shield(task)

    async def stop(self) -> None:
        """Break off what is being asked."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _end(self, question: Hashable, task: "asyncio.Task[Any]") -> None:
        del self._asked[question]
        if not task.cancelled():
            # Perhaps nobody waits for it any more.
            task.exception()


class Kept:
    """One question, the answer to which is good for a while."""

    def __init__(self, ask: Ask, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._seconds = seconds
        self._clock = clock
        self._shared = Shared()
        self._answer: Any = None
        self._until: float | None = None

    async def answer(self) -> Any:
        """What `ask` has returned not long ago, or returns, or raises."""
        if self._until is None or self._clock() >= self._until:
            self._answer = await self._shared.answer("", self._ask)
            self._until = self._clock() + self._seconds
        return self._answer
