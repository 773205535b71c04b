"""The server's end of one websocket: what goes wrong behind it is told, and the client comes back."""

import asyncio
import json

import pytest
from autobahn.exception import Disconnected
from channels.testing import WebsocketCommunicator

from consumers import access, consumer, goodbye
from consumers.consumer import StreamConsumer
from consumers.metrics import meter
from consumers.process import process

from .conftest import until
from .memory import MemoryLog


@pytest.fixture
def connect(transactional_db, settings):
    """Opens sockets from this machine, under DEBUG."""
    settings.DEBUG = True

    async def connect(subprotocol="signalcast.v1", query=""):
        headers = [(b"host", b"localhost")]
        offered = [subprotocol] if subprotocol else []
        socket = WebsocketCommunicator(StreamConsumer.as_asgi(), f"/ws/{query}", headers, offered)
        socket.scope["client"] = ["127.0.0.1", 1]
        assert await socket.connect(timeout=5) == (True, subprotocol)
        return socket

    return connect


@pytest.fixture
async def hub_on(transactional_db, start_hub):
    """Has this process follow a log in memory, which nobody looks at until something asks for it."""
    async with process() as shared:

        async def follow(log):
            log.interval = 3600
            shared._hub = await start_hub(log)
            return shared._hub

        yield follow

        shared._hub = None


async def heard(socket):
    """The messages until the close, and its code."""
    messages = []
    while (output := await socket.receive_output(timeout=5))["type"] == "websocket.send":
        messages.append(json.loads(output["text"]))
    return messages, output["code"]


async def end(socket):
    await socket.disconnect()


async def test_a_client_that_says_no_hello_in_time_is_told_what_to_say(connect, settings):
    settings.SIGNALCAST = {"HELLO_SECONDS": 0.01}
    socket = await connect()

    (error, bye), code = await heard(socket)

    assert error["message"] == 'Say hello within 0.01 s: {"op":"hello"}.'
    assert (error["code"], bye["op"], bye["code"], code) == (4008, "bye", 4008, 4008)
    await end(socket)


async def test_who_is_sent_away_since_a_limit_is_reached_is_counted(connect, settings):
    settings.SIGNALCAST = {"HELLO_SECONDS": 0.01}
    before = meter._limits["hello_seconds"]
    socket = await connect()

    await heard(socket)

    assert meter._limits["hello_seconds"] == before + 1
    await end(socket)


async def test_what_a_client_has_shown_is_not_held_for_as_long_as_it_stays(connect):
    socket = await connect()
    await socket.send_json_to({"op": "hello"})
    assert (await socket.receive_json_from(timeout=5))["op"] == "welcome"

    assert socket.scope["headers"] == []
    await end(socket)


async def test_clients_of_a_log_that_cannot_be_read_are_sent_away_for_a_while_which_is_told_once(
    connect, monkeypatch, caplog
):
    async def unreadable(*arguments, **options):
        raise OSError("the disk is gone")

    monkeypatch.setattr(consumer, "open_at", unreadable)
    sockets = [await connect() for _ in range(3)]
    for socket in sockets:
        await socket.send_to(text_data='{"op":"hello"}')

        (bye,), code = await heard(socket)

        assert (bye["op"], bye["code"], code) == ("bye", 4012, 4012)
        assert bye["retry_ms"] >= 5000
    assert caplog.text.count("Clients are sent away") == 1
    for socket in sockets:
        await end(socket)


async def test_where_nobody_can_be_let_in_clients_are_sent_away_which_is_told_once(connect, monkeypatch, caplog):
    def unknown(claim):
        raise OSError("the sessions are gone")

    monkeypatch.setattr(access, "viewer_of", unknown)
    sockets = [await connect() for _ in range(3)]
    for socket in sockets:
        (bye,), _ = await heard(socket)
        assert bye["retry_ms"] >= 5000

    assert caplog.text.count("Nobody can be let in") == 1
    for socket in sockets:
        await end(socket)


async def test_a_log_that_is_replaced_while_a_client_comes_does_not_leave_it_between_two(connect, hub_on):
    log = MemoryLog(3)
    hub = await hub_on(log)
    log.append(2)
    await hub.catch_up()
    socket = await connect()
    log.calls.clear()
    log.may_answer.clear()
    await socket.send_json_to({"op": "hello", "from": 6, "epoch": "one", "reactions_after": 99})
    await until(lambda: log.calls)

    log.replace("two", events=5)
    log.may_answer.set()

    welcome, gap = [await socket.receive_json_from(timeout=5) for _ in range(2)]
    assert (welcome["op"], welcome["epoch"]) == ("welcome", "two")
    assert gap == {"op": "gap", "from": 6, "to": 1, "reason": "epoch"}
    await end(socket)


async def test_a_client_of_a_log_that_is_replaced_and_cannot_be_read_is_sent_away(connect, hub_on):
    log = MemoryLog(1)
    hub = await hub_on(log)
    socket = await connect(None, "?after=0")
    await socket.receive_output(timeout=5)

    log.replace("two", events=2)
    await hub.catch_up()
    log.error = OSError("it is being restored")

    (bye,), code = await heard(socket)
    assert (bye["type"], bye["data"]["code"], code) == ("signalcast.bye", 4012, 4012)
    await end(socket)


async def test_what_is_said_after_the_close_is_not_answered(connect):
    socket = await connect()
    await socket.send_to(text_data="nonsense")
    await heard(socket)

    await socket.send_to(text_data="nonsense")

    assert await socket.receive_nothing(timeout=0.05)
    await end(socket)


async def test_a_cancelled_consumer_says_goodbye_and_ends_without_an_error(connect, monkeypatch):
    monkeypatch.setattr(goodbye, "SECONDS", 0)
    socket = await connect()
    await socket.send_to(text_data='{"op":"hello"}')
    assert json.loads((await socket.receive_output(timeout=5))["text"])["op"] == "welcome"

    socket.future.cancel()
    (bye,), code = await heard(socket)

    assert (bye["op"], code) == ("bye", 4012)
    async with asyncio.timeout(5):
        await socket.future


@pytest.mark.parametrize(("of_each", "spread"), [(300, 1000), (400, 1200)])
async def test_clients_come_back_spread_over_a_second_and_over_more_where_they_are_many(
    connect, monkeypatch, of_each, spread
):
    monkeypatch.setattr(goodbye, "SECONDS", 0)
    monkeypatch.setattr(goodbye, "RETRY_MS_A_CLIENT", of_each)
    sockets = [await connect() for _ in range(3)]

    sockets[0].future.cancel()
    (bye,), _ = await heard(sockets[0])

    assert bye["retry_ms"] == spread
    await sockets[0].future
    for socket in sockets[1:]:
        await end(socket)


@pytest.mark.parametrize("gone", [OSError, Disconnected])
@pytest.mark.parametrize("last", ["websocket.accept", "websocket.send"])
async def test_a_client_that_has_gone_is_no_error(transactional_db, settings, caplog, last, gone):
    settings.DEBUG = True
    incoming, told = asyncio.Queue(), asyncio.Event()
    incoming.put_nowait({"type": "websocket.connect"})
    incoming.put_nowait({"type": "websocket.receive", "text": '{"op":"hello"}'})

    async def send(message):
        if message["type"] == last:
            told.set()
            raise gone("the client has gone")

    scope = {
        "type": "websocket",
        "path": "/ws/",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ["127.0.0.1", 1],
        "subprotocols": ["signalcast.v1"],
    }
    served = asyncio.create_task(StreamConsumer.as_asgi()(scope, incoming.get, send))
    async with asyncio.timeout(5):
        await told.wait()
        incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await served

    assert [record for record in caplog.records if record.name != "signalcast.audit"] == []
