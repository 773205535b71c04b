"""Being a member of a group, whatever the channel layer does. Knows the part of a layer that this takes, and no layer
in particular.
"""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol

from .periodic import every

logger = logging.getLogger("signalcast.consumers")

# Layers forget members: the core Redis layer after a day, the in-memory one after an unread message, and every one of
# them when its server was emptied or another takes its place.
RENEW_SECONDS = 10.0
# A server that accepts connections and answers nothing holds nobody longer than this.
JOIN_SECONDS = 5.0
LEAVE_SECONDS = 1.0
AGAIN_SECONDS = 0.1
MIN_BACKOFF = 0.1
MAX_BACKOFF = 5.0
# Who was a member for so long has got over what was before.
WELL_SECONDS = 4.0


class Layer(Protocol):
    """The part of a channel layer that a member uses."""

    async def new_channel(self) -> str: ...

    async def receive(self, channel: str) -> Any: ...

    async def group_add(self, group: str, channel: str) -> None: ...

    async def group_discard(self, group: str, channel: str) -> None: ...


class Member:
    """One channel in one group. It is kept through every failure, with what waits in it."""

    def __init__(
        self,
        layer: Layer,
        group: str,
        *,
        accept: Callable[[Any], None],
        missed: Callable[[], None],
        renew: float = RENEW_SECONDS,
    ) -> None:
        """`accept` is called with every message, `missed` whenever there may have been some that never came."""
        self._layer = layer
        self._group = group
        self._accept = accept
        self._missed = missed
        self._renew = renew
        self._channel = ""

    async def run(self) -> None:
        """Until cancelled. Then the group is left, if the layer can be reached."""
        work = [_spawn(self._follow()), _spawn(every(self._renew, self._renewed))]
        try:
            await asyncio.gather(*work)
        finally:
            await _end(work)
            await self._leave()

    async def _follow(self) -> None:
        clock = asyncio.get_running_loop().time
        backoff = 0.0
        while True:
            joined = clock()
            try:
                await self._join()
                joined = clock()
                self._missed()
                while True:
                    self._accept(await self._layer.receive(self._channel))
                    backoff = 0.0
            except Exception as error:  # Whatever the layer raises: it comes back, and meanwhile there is the log.
                was_well = clock() - joined > WELL_SECONDS
                backoff = MIN_BACKOFF if was_well else min(MAX_BACKOFF, backoff * 2 or MIN_BACKOFF)
                logger.warning(
                    "The channel layer cannot be reached: %s: %s",
                    type(error).__name__,
                    error,
                    extra={"action": "layer_lost"},
                )
            await asyncio.sleep(backoff)

    async def _join(self) -> None:
        async with asyncio.timeout(JOIN_SECONDS):
            self._channel = self._channel or await self._layer.new_channel()
            await self._layer.group_add(self._group, self._channel)

    async def _renewed(self) -> None:
        if self._channel:
            # Whoever receives hears of a layer that is away.
            with suppress(Exception):
                await self._join()

    async def _leave(self) -> None:
        if self._channel:
            with suppress(Exception):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._layer.group_discard(self._group, self._channel)


def _spawn(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    return asyncio.create_task(work, context=contextvars.Context())


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Cancel them until they have ended: layers lose a cancellation now and then.

    (Before Python 3.12 `asyncio.wait_for`, which redis-py uses, does so when what it waits for ends at that moment.)
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
