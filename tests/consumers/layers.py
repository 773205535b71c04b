"""A stream's group on each of the three channel layers, and what others do to it: publishers, strangers, the server."""

import asyncio
import gc
import os
import time
import uuid
from contextlib import asynccontextmanager, suppress

import msgpack
import redis.asyncio
from channels.layers import InMemoryChannelLayer
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

NAME = "signalcast.main"


class MemoryGroup:
    """`layer` is the hub's."""

    def __init__(self, url, **options):
        self.layer = InMemoryChannelLayer(**options)

    async def send(self, message):
        """As a publisher does."""
        await self.layer.group_send(NAME, message)

    async def send_raw(self, raw):
        """As nobody does who means well: not through a layer."""
        for channel in self.layer.groups[NAME]:
            self.layer.channels.setdefault(channel, asyncio.Queue()).put_nowait((time.time() + 60, raw))

    async def members(self):
        return len(self.layer.groups.get(NAME, ()))

    async def joined(self):
        async with asyncio.timeout(20):
            while not await again_if_cut(self.members):
                await asyncio.sleep(0.005)

    async def close(self):
        pass


class RedisGroup(MemoryGroup):
    """Publishers have a layer of their own, as in other processes."""

    kind = None

    def __init__(self, url, **options):
        host = options.pop("host", {})
        # Others may use this server, or did in the test before.
        self.prefix = uuid.uuid4().hex
        self.layer, self._publisher = (
            self.kind(hosts=[{"address": url, **host}], prefix=self.prefix, **options) for _ in range(2)
        )
        self.redis = redis.asyncio.Redis.from_url(url)

    async def send(self, message):
        await again_if_cut(lambda: self._publisher.group_send(NAME, message))

    async def close(self):
        for layer in (self.layer, self._publisher):
            await again_if_cut(layer.flush)
        await self.redis.aclose()


class PubSubGroup(RedisGroup):
    kind = RedisPubSubChannelLayer

    @property
    def _key(self):
        return f"{self.prefix}__group__{NAME}"

    async def send_raw(self, raw):
        await self.redis.publish(self._key, packed(raw))

    async def members(self):
        [(_, count)] = await self.redis.pubsub_numsub(self._key)
        return count


class CoreGroup(RedisGroup):
    kind = RedisChannelLayer

    @property
    def _key(self):
        return f"{self.prefix}:group:{NAME}"

    async def send_raw(self, raw):
        for channel in await self.redis.zrange(self._key, 0, -1):
            mailbox = self.prefix + self.layer.non_local_name(channel.decode())
            await self.redis.zadd(mailbox, {os.urandom(12) + packed(raw): time.time()})

    async def members(self):
        return await self.redis.zcard(self._key)

    async def asked_again(self, times):
        """The server has been asked for messages so many times, and had none."""
        before = await self._asked()
        async with asyncio.timeout(30):
            while await self._asked() < before + times:
                await asyncio.sleep(0.05)

    async def _asked(self):
        return (await self.redis.info("commandstats"))["cmdstat_bzpopmin"]["calls"]


KINDS = {"memory": MemoryGroup, "pubsub": PubSubGroup, "core": CoreGroup}
REDIS_KINDS = ("pubsub", "core")


@asynccontextmanager
async def open_group(kind, url, **options):
    group = KINDS[kind](url, **options)
    try:
        yield group
    finally:
        await group.close()
        # The tasks that a killed server has left to the collector complain now, and not in a later test.
        gc.collect()


async def again_if_cut(do):
    """Until no connection is left in the pool that was cut since it was used: a server was killed, perhaps."""
    for _ in range(10):
        with suppress(redis.ConnectionError):
            return await do()
    return await do()


def packed(raw):
    return raw if isinstance(raw, bytes) else msgpack.packb(raw)
