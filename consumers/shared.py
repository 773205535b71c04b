"""Questions that many have at the same moment: each is asked once, and all of them get the answer. Knows no Django."""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Hashable
from typing import Any


class Shared:
    """Nothing is kept: who comes after the answer asks again."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, asyncio.Task[Any]] = {}

    async def answer(self, question: Hashable, ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
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
