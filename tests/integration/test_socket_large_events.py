"""The largest events that there may be: they come like any other, and send nobody away, on every server."""

import asyncio

from websockets.asyncio.client import connect

from events.checks import MOST_DATA_BYTES

from .client import Client, plain_events

LONG = {"note": "é" * (MOST_DATA_BYTES // 6 - 50)}


async def test_an_event_as_large_as_they_may_be_comes_live_and_replayed_and_so_does_the_next(server, send, settings):
    settings.SIGNALCAST = settings.SIGNALCAST | {"MAX_DATA_BYTES": MOST_DATA_BYTES}
    live, replayed = Client(server.url), Client(server.url, **{"from": 1})
    async with live.connected(), connect(server.url + "?after=0") as plain:
        for arguments in ({}, LONG, LONG, {}):
            await send(1, **arguments)
        await live.hear_until(lambda: len(live.events) == 4)
        events = await plain_events(plain, 4)
        await asyncio.gather(live.say(op="ack", pos=live.position), plain.ping())
    async with replayed.connected():
        await replayed.hear_until(lambda: len(replayed.events) == 4)

    assert live.numbers == replayed.numbers == [event["data"]["number"] for event in events] == [0, 1, 2, 3]
    assert live.lines == replayed.lines
    assert MOST_DATA_BYTES * 0.99 < len(live.lines[1]) < 1024 * 1024
