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


async def business(layer):
    """An event a message, and after each what was noted of it."""
    for position in count(1):
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
    works = [asyncio.create_task(work) for work in (stranger.run(), member.run(), business(layer))]
    forged = []

    async with asyncio.timeout(10):
        await stranger.forge()
        while len(forged) < TIMES:
            if unseal(raw := await heard.get(), KEY) is None:
                forged.append(raw)
    for work in works:
        work.cancel()
    await asyncio.wait(works)
    await layer.flush()

    for raw in forged:
        genuine, *more = raw["lines"]
        assert genuine == EVENT % (raw["start"], raw["start"])
        assert more and all('"mark":"forged-sync:' in line for line in more)
