"""What a stranger makes of a message must come where it would matter, if it were believed."""

import asyncio
from itertools import count

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer

from consumers.membership import Member
from events.streams import MAIN, Message, group, seal, unseal
from tests import valkey

from .wiretap import TIMES, Wiretap

KEY = b"ours"
MS = 0.001
EVENT = '{"sequence":"%d","data":{"mark":"sync:%d"}}'


@pytest.fixture(scope="module")
def broker():
    with valkey.server() as server:
        yield server


async def business(layer, *, has_closed):
    """An event a message, and after each what was noted of it.

    It is told when to end, for redis-py may lose a cancellation while it sends (before Python 3.12).
    """
    for position in count(1):
        if has_closed():
            break
        lines = [EVENT % (position, position)]
        for message in (
            Message(stream=MAIN, epoch="e", start=position, lines=lines),
            Message(stream=MAIN, epoch="e", start=1000 + position, lines=[]),
        ):
            await layer.group_send(group(MAIN), seal(message, KEY))
        await asyncio.sleep(MS)


async def test_forged_events_begin_with_the_newest_ones_though_what_was_noted_is_newer(broker):
    layer, stranger, heard = RedisPubSubChannelLayer(hosts=[broker.url]), Wiretap(broker.url), asyncio.Queue()
    member = Member(layer, group(MAIN), accept=heard.put_nowait, missed=lambda: None)
    forged = []
    members = [asyncio.create_task(work.run()) for work in (stranger, member)]
    sending = asyncio.create_task(business(layer, has_closed=lambda: len(forged) >= TIMES))

    async with asyncio.timeout(60):
        await stranger.forge()
        while len(forged) < TIMES:
            if unseal(raw := await heard.get(), KEY) is None:
                forged.append(raw)
        await sending
    for work in members:
        work.cancel()
    await asyncio.wait(members)
    await layer.flush()

    for raw in forged:
        genuine, *more = raw["lines"]
        assert genuine == EVENT % (raw["start"], raw["start"])
        assert more and all('"mark":"forged-sync:' in line for line in more)
