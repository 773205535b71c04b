"""Plain CloudEvents, one a frame, for a client that says nothing: on every server."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from consumers import moment

from .client import SECONDS, plain_events


def sequences(events):
    return [int(event["sequence"]) for event in events]


async def test_without_a_query_it_is_live(server, send):
    await send(3)
    # What is not read must not be in the way of the close.
    async with connect(server.url, subprotocols=["cloudevents.json"], max_queue=None) as socket:
        # The hub may not know yet that somebody is there: events go on until the first one is heard.
        hearing = asyncio.create_task(plain_events(socket, 5))
        while not hearing.done():
            await send(1)
        first, *rest = sequences(await hearing)

    assert first > 3
    assert rest == list(range(first + 1, first + 5))


QUERIES = [
    ("after=0", range(1, 21)),
    ("after=15", range(16, 21)),
    ("after=earliest", range(1, 21)),
    ("last=5", range(16, 21)),
    ("after=0&type=academy.order_*", range(1, 11)),
    ("after=0&type=academy.course_completed", range(11, 21)),
    ("after=0&type=academy.course_completed&type=academy.order_paid", range(1, 21)),
    ("after=5&type=academy.*", range(6, 21)),
    ("last=3&type=academy.order_paid", range(8, 11)),
    ("after=0&type=*", range(1, 21)),
    ("since=2026-11-01", range(1, 21)),
    ("since=1h&type=academy.course_*", range(11, 21)),
    ("after=0&data.number.gte=17", range(18, 21)),
    ("after=0&data.number=3&data.number=5", [4, 6]),
]


async def test_the_query_chooses(server, send):
    await send(10)
    await send(10, send.completed)

    for query, expected in QUERIES:
        async with connect(server.url + "?" + query) as socket:
            assert sequences(await plain_events(socket, len(expected))) == list(expected), query


async def test_every_event_is_a_cloudevent(server, send):
    await send(1, note="hello")
    async with connect(server.url + "?after=0", subprotocols=["cloudevents.json"]) as socket:
        (event,) = await plain_events(socket, 1)

    assert event["specversion"] == "1.0"
    assert event["type"] == "academy.order_paid"
    assert event["source"].startswith("/signalcast/main/")
    assert event["data"] == {"order": None, "user": None, "number": 0, "note": "hello"}
    for name, value in event.items():
        assert name == "data" or isinstance(value, str)


WRONG_QUERIES = [
    ("after=x", 'after is "x"; it must be a number, 0 or more, "earliest", or an epoch, a colon and a number.'),
    ("last=-1", 'last is "-1"; it must be a number, 0 or more.'),
    ("type=*.paid", "type is '*.paid'; write a whole type, or the start of one and a star: academy.*."),
    ("since=soon", f'since is "soon"; it must be {moment.EXPECTED}.'),
    ("from=1", 'The query has "from"; it may have after, last, since, type, subject, sender, data.….'),
]


async def test_a_wrong_query_is_told_in_a_cloudevent_and_closed_with_4400(server):
    for query, message in WRONG_QUERIES:
        async with connect(server.url + "?" + query) as socket, asyncio.timeout(SECONDS):
            error = json.loads(await socket.recv())
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()

        assert error["type"] == "signalcast.error"
        assert "sequence" not in error
        assert error["data"] == {"code": 4400, "message": message}
        assert closed.value.rcvd.code == 4400


async def test_what_a_plain_client_says_is_not_read_and_not_for_ever(server, send):
    async with connect(server.url) as socket, asyncio.timeout(SECONDS):
        await socket.send("hello?")
        assert json.loads(await socket.recv())["data"] == {"code": 0, "message": "Nothing that you send is read here."}

        for _ in range(100):
            await socket.send("hello??")
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.recv()

    assert closed.value.rcvd.code == 4400


async def test_a_position_beyond_the_log_is_a_gap_and_then_the_log_from_its_start(server, send):
    await send(3)
    async with connect(server.url + "?after=1000") as socket:
        gap, *events = await plain_events(socket, 4)

    assert gap["type"] == "signalcast.gap"
    assert gap["data"] == {"from": 1001, "to": 1, "reason": "epoch"}
    assert sequences(events) == [1, 2, 3]


async def test_a_position_of_another_log_is_a_gap_and_then_the_log_from_its_start(server, send):
    await send(3)
    async with connect(server.url + "?after=0") as socket:
        epoch = (await plain_events(socket, 1))[0]["source"].rpartition("/")[2]

    async with connect(f"{server.url}?after={epoch}:2") as socket:
        assert sequences(await plain_events(socket, 1)) == [3]
    async with connect(f"{server.url}?after=another:2") as socket:
        gap, *events = await plain_events(socket, 4)

    assert gap["data"] == {"from": 3, "to": 1, "reason": "epoch"}
    assert sequences(events) == [1, 2, 3]
