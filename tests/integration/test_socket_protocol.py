"""`signalcast.v1` over real sockets: what is answered to whom, on every server."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from .client import SECONDS, Client

PAID = {"exact": {"type": "academy.order_paid"}}
DONE = {"prefix": {"type": "academy.course"}}


async def closing(socket):
    """The last messages before the server closed, and the code with which it did."""
    heard = []
    async with asyncio.timeout(SECONDS):
        try:
            while True:
                heard.append(json.loads(await socket.recv()))
        except ConnectionClosed as closed:
            return heard, closed.rcvd.code


async def test_the_welcome_says_where_the_client_is(server, send):
    await send(10)
    client = Client(server.url, **{"from": 4, "window": 100})

    async with client.connected():
        assert client.welcome.pop("epoch")
        assert len(client.welcome.pop("tip")) == 36
        # What receivers did is noted a moment later.
        assert client.welcome.pop("reactions_after") in range(11)
        assert client.welcome == {
            "op": "welcome",
            "stream": "main",
            "from": 4,
            "head": 10,
            "oldest": 1,
            "heartbeat_ms": 10_000,
            "window": 100,
        }


STARTS = [("earliest", range(1, 31)), ({"last": 5}, range(26, 31)), ({"last": 99}, range(1, 31)), (28, range(28, 31))]
STARTS += [({"since": "1h"}, range(1, 31)), ({"since": "2026-11-01 10:00+02:00"}, range(1, 31))]


async def test_a_client_begins_where_it_wants_to(server, send):
    await send(30)

    for start, sequences in STARTS:
        client = Client(server.url, **{"from": start})
        async with client.connected():
            await client.hear_until(lambda client=client: client.position > 30)
        assert client.sequences == list(sequences)


async def test_the_last_events_that_match_are_found_behind_others(server, send):
    await send(5)
    await send(40, send.completed)
    client = Client(server.url, filter=PAID, **{"from": {"last": 3}})

    async with client.connected():
        await client.hear_until(lambda: len(client.events) == 3)

    assert client.sequences == [3, 4, 5]


INVALID = [
    ("hello", "This is not JSON."),
    ('{"op":"ack","pos":NaN}', "This is not JSON."),
    ("[" * 30_000, "A message may be nested 32 levels deep at most."),
    ('{"op":"hello","from":' + "9" * 5000 + "}", "This is not JSON."),
    ("x" * 65_537, "A message may have 65536 bytes at most."),
    ("[]", 'A message is a JSON object, e.g. {"op":"hello"}.'),
    (b'{"op":"hello"}', "Messages are text frames."),
    ('{"op":"subscribe"}', 'op is "subscribe"; it must be hello, ack or filter.'),
    ('{"op":"hello","from":-1}', "hello.from is -1; it must be a position, 1 or more."),
    ('{"op":"hello","filter":{"sql":"x"}}', "filter.sql is no dialect that is spoken here"),
    ('{"op":"ack","pos":1}', "Say hello, and wait for the welcome."),
    ('{"op":"filter","filter":null}', "Say hello, and wait for the welcome."),
    ('{"op":"hello"}{"op":"hello"}', "This is not JSON."),
]


async def test_what_cannot_be_understood_is_answered_with_the_reason_and_4400(server):
    for frame, message in INVALID:
        async with connect(server.url, subprotocols=["signalcast.v1"]) as socket:
            await socket.send(frame)

            (error,), code = await closing(socket)

        assert (error["op"], error["code"]) == ("error", 4400)
        assert error["message"].startswith(message)
        assert code == 4400


async def test_a_second_hello_is_refused(server):
    client = Client(server.url)
    async with client.connected():
        await client.say(op="hello")

        assert (await client.hear_op("error"))["message"] == "hello was said already."


async def test_another_stream_does_not_exist(server):
    async with connect(server.url, subprotocols=["signalcast.v1"]) as socket:
        await socket.send('{"op":"hello","stream":"orders"}')

        (error,), code = await closing(socket)

    assert (error["code"], code, error["message"]) == (4404, 4404, 'There is no stream "orders"; there is one, "main".')


async def test_an_acknowledgement_of_what_was_not_sent_is_an_error_and_the_socket_stays(server, send):
    client = Client(server.url)
    async with client.connected():
        await client.say(op="ack", pos=1000)
        assert await client.hear_op("error") == {
            "op": "error",
            "code": 0,
            "message": "ack.pos is 1000; so far everything before 1 was sent.",
        }

        await send(3)
        await client.hear_until(lambda: len(client.events) == 3)


async def test_what_was_told_already_may_be_acknowledged_again(server, send):
    await send(5)
    client = Client(server.url, **{"from": 4, "reactions": False})
    async with client.connected():
        await client.say(op="ack", pos=4)
        await client.say(op="ack", pos=1)
        await client.hear_until(lambda: client.position == 6)
        await client.say(op="filter", filter=DONE)

        assert (await client.hear())["op"] == "filtered"


async def test_a_filter_changed_on_the_way_holds_from_the_place_that_is_said(server, send):
    client = Client(server.url, filter=PAID)
    async with client.connected():
        await send(5)
        await send(5, send.completed)
        await client.hear_until(lambda: len(client.events) == 5)

        await client.say(op="filter", filter=DONE)
        filtered = await client.hear_op("filtered")
        assert filtered["from"] == client.position
        await send(5)
        await send(5, send.completed)
        await client.hear_until(lambda: client.sequences[-1:] == [20])

        await client.say(op="filter", filter={"exact": {"type": ""}})
        error = await client.hear_op("error")
        assert error["code"] == 0
        assert error["message"].endswith("must be a string that is not empty. The filter stays as it was.")

        await client.say(op="filter", filter=None)
        await client.hear_op("filtered")
        await send(2)
        await client.hear_until(lambda: client.sequences[-2:] == [21, 22])

    done_since = range(max(filtered["from"], 6), 11)
    assert client.sequences == [1, 2, 3, 4, 5, *done_since, 16, 17, 18, 19, 20, 21, 22]


async def header(socket):
    return json.loads((await socket.recv()).partition("\n")[0])


async def test_a_filter_is_answered_when_there_is_room_again_and_of_many_the_newest(server, send):
    await send(3)
    async with connect(server.url, subprotocols=["signalcast.v1"]) as socket, asyncio.timeout(SECONDS):
        await socket.send('{"op":"hello","from":1,"window":1,"reactions":false}')
        before = [await header(socket) for _ in range(2)]
        for type in ("a.first", "a.second", "academy.order_paid"):
            await socket.send(json.dumps({"op": "filter", "filter": {"exact": {"type": type}}}))
        # It is answered behind whatever is said to the filters.
        await socket.send('{"op":"ack","pos":9999}')
        meanwhile = await header(socket)
        await socket.send('{"op":"ack","pos":2}')
        after = [await header(socket) for _ in range(2)]

    assert [said["op"] for said in before] == ["welcome", "batch"]
    assert (meanwhile["op"], meanwhile["code"]) == ("error", 0)
    assert [(said["op"], said["from"]) for said in after] == [("filtered", 2), ("batch", 2)]


async def test_the_first_sub_protocol_that_is_spoken_here_is_chosen(server):
    for offered, spoken in [
        (["signalcast.v1"], "signalcast.v1"),
        (["other", "cloudevents.json"], "cloudevents.json"),
        (["cloudevents.json", "signalcast.v1"], "cloudevents.json"),
        (None, None),
    ]:
        async with connect(server.url, subprotocols=offered) as socket:
            assert socket.subprotocol == spoken


async def test_no_sub_protocol_in_common_is_4406(server):
    async with connect(server.url, subprotocols=["mqtt", "signalcast.v9"]) as socket:
        (error,), code = await closing(socket)

    assert (error["code"], code) == (4406, 4406)
    assert error["message"] == "Offer one of the sub-protocols signalcast.v1, cloudevents.json, or none."


async def test_a_query_beside_a_hello_is_refused(server):
    async with connect(server.url + "?after=1", subprotocols=["signalcast.v1"]) as socket:
        (error,), code = await closing(socket)

    assert code == 4400
    assert error["message"].startswith("In signalcast.v1 the hello says where to begin")


async def test_another_address_is_4404(server):
    for path in ("/", "/ws", "/nowhere/", "/ws/main/", "/ws/%00/x"):
        async with connect(server.url.removesuffix("/ws/") + path) as socket:
            (error,), code = await closing(socket)

        assert (error["code"], code) == (4404, 4404)


async def test_the_stream_is_below_whatever_page_it_belongs_to(server):
    async with Client(server.url.replace("/ws/", "/school/live/ws/")).connected() as client:
        assert client.welcome["stream"] == "main"


@pytest.mark.parametrize("kind", ["ours", "daphne", "uvicorn"])
async def test_heartbeats_come_and_move_a_client_whose_filter_matches_nothing(keep_server, send, kind):
    server = keep_server(kind, HEARTBEAT="0.2")
    client = Client(server.url, filter={"exact": {"type": "nothing"}})
    async with client.connected():
        assert client.welcome["heartbeat_ms"] == 200
        await send(7)

        await client.hear_until(lambda: client.position == 8)
        beat = await client.hear_op("heartbeat")

    assert beat["head"] == 7
    assert beat["time"].endswith("Z")
    assert client.events == []


@pytest.mark.parametrize("kind", ["ours", "daphne", "uvicorn"])
async def test_more_clients_than_a_server_takes_are_told_to_come_later(keep_server, kind):
    server = keep_server(kind, MAX_CLIENTS="3")
    sockets = [connect(server.url, subprotocols=["signalcast.v1"]) for _ in range(8)]
    opened = await asyncio.gather(*(socket.__aenter__() for socket in sockets))

    await asyncio.gather(*(socket.send('{"op":"hello"}') for socket in opened))
    first = [json.loads(await socket.recv()) for socket in opened]

    assert sorted(message["op"] for message in first) == ["error"] * 5 + ["welcome"] * 3
    assert {message["code"] for message in first if message["op"] == "error"} == {4013}
    await asyncio.gather(*(socket.__aexit__(None, None, None) for socket in sockets))
