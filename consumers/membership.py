"""Being a member of a group. Knows the part of a channel layer that this takes, and no layer in particular."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

from .periodic import every

RENEW_SECONDS = 60.0


class Layer(Protocol):
    """The part of a channel layer that a hub uses."""

    async def new_channel(self) -> str: ...

    async def receive(self, channel: str) -> Any: ...

    async def group_add(self, group: str, channel: str) -> None: ...

    async def group_discard(self, group: str, channel: str) -> None: ...


@asynccontextmanager
async def member(layer: Layer, joined: str) -> AsyncIterator[str]:
    """A channel that is a member of the group for as long as the context lasts."""
    channel = await layer.new_channel()

    async def renew() -> None:
        await layer.group_add(joined, channel)

    await renew()
    # Layers forget members after a day, and the in-memory one after an unread message.
    renewal = asyncio.create_task(every(RENEW_SECONDS, renew), context=contextvars.Context())
    try:
        yield channel
    finally:
        renewal.cancel()
        await asyncio.gather(renewal, return_exceptions=True)
        with suppress(Exception):
            await layer.group_discard(joined, channel)
