"""A stranger on the channel layer, who has heard what the group is told, and tells it again: wrongly."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import redis.asyncio
from channels_redis.pubsub import RedisPubSubChannelLayer

from consumers.membership import Member
from events.streams import MAIN, group

KEPT = 20
TIMES = 5
PATIENCE = 2.0  # seconds
# Longer than the broker is ever away.
HEARING_SECONDS = 15.0


class Wiretap:
    """Hears the newest messages of the group. Whatever it does fails in silence while the broker is away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._layer = RedisPubSubChannelLayer(hosts=[url])
        self._heard: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._hears_events = asyncio.Event()
        self._member = Member(self._layer, group(MAIN), accept=self._hear, missed=lambda: None)

    async def run(self) -> None:
        await self._member.run()

    async def double(self) -> None:
        async for newest in self._newest():
            await self._tell(newest, newest, *self._heard)

    async def reorder(self) -> None:
        await self._tell(*reversed(self._heard))

    async def forge(self) -> None:
        """Events that nobody sent, where the next ones are expected; and bytes that are no message at all."""
        async for newest in self._newest():
            lines = [line for message in self._heard for line in message["lines"]]
            forged = [line.replace('"mark":"', '"mark":"forged-') for line in lines]
            # From a place that everybody has, to one that nobody has yet.
            await self._tell(newest | {"lines": newest["lines"] + forged})
        with suppress(Exception):
            async with asyncio.timeout(PATIENCE), redis.asyncio.Redis.from_url(self._url) as client:
                for size in (0, 1, 100, 10_000):
                    await client.publish(f"{self._layer.prefix}__group__{group(MAIN)}", os.urandom(size))

    async def _newest(self) -> AsyncIterator[dict[str, Any]]:
        """Some messages with events, each as soon as it is heard: a little later it is the newest no more.

        More than half of what the group is told has none, but says that something was noted.
        """
        with suppress(TimeoutError):
            for _ in range(TIMES):
                self._hears_events.clear()
                async with asyncio.timeout(HEARING_SECONDS):
                    await self._hears_events.wait()
                yield next(message for message in reversed(self._heard) if message["lines"])

    def _hear(self, raw: Any) -> None:
        match raw:
            # What this one tells itself has the seal of what it heard.
            case {"seal": seal, "lines": lines} if all(message["seal"] != seal for message in self._heard):
                self._heard.append(raw)
                if lines:
                    self._hears_events.set()

    async def _tell(self, *messages: dict[str, Any]) -> None:
        with suppress(Exception):
            async with asyncio.timeout(PATIENCE):
                for message in messages:
                    await self._layer.group_send(group(MAIN), message)
