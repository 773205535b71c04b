"""Bounded: what a client that reads nothing, or little, costs the server and the others."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from .client import SECONDS, Client

MEGABYTE = 1024  # as /proc has it, in kB


async def test_clients_that_never_read_cost_the_server_little_and_the_others_nothing(server, send, frozen):
    client = Client(server.url, **{"from": 1})
    async with client.connected():
        # The ring is filled before the server is weighed.
        await send(330, note="x" * 60_000)
        await client.hear_until(lambda: len(client.events) == 330)
        before = server.status("VmRSS")

        for _ in range(3):
            frozen(server, "/ws/", subprotocol="signalcast.v1").hello()
            frozen(server, "/ws/?after=0")
        await send(300, note="y" * 60_000)
        await client.hear_until(lambda: len(client.events) == 630)
        grown = server.status("VmRSS") - before

    assert client.numbers == list(range(630))
    # Each of the six has 36 MB to come.
    assert grown < 40 * MEGABYTE


async def test_a_client_gets_no_more_than_its_window_until_it_acknowledges(server, send):
    await send(500)
    async with connect(server.url, subprotocols=["signalcast.v1"]) as socket, asyncio.timeout(SECONDS):
        await socket.send('{"op":"hello","from":1,"window":100,"reactions":false}')
        assert json.loads(await socket.recv())["op"] == "welcome"

        position = acknowledged = 1
        while position <= 400:
            message = _header(await socket.recv())
            # It is answered behind whatever was sent before the real acknowledgement.
            await socket.send('{"op":"ack","pos":9999}')
            while message["op"] == "batch":
                assert message["from"] == position
                position = message["to"]
                message = _header(await socket.recv())
            assert message["op"] == "error"
            assert position - acknowledged <= 100
            acknowledged = position
            await socket.send(json.dumps({"op": "ack", "pos": acknowledged}))


def _header(frame):
    return json.loads(frame.split("\n")[0])


async def test_a_slow_client_gets_everything(server, send):
    client = Client(server.url, window=10, **{"from": 1})
    async with client.connected():
        sending = asyncio.create_task(send(600))
        while len(client.events) < 600:
            async with asyncio.timeout(SECONDS):
                await client.hear()
        await sending

    assert client.numbers == list(range(600))


async def test_fifty_sockets_go_on_while_the_thread_that_sync_code_shares_is_blocked(server, send, get):
    clients = [Client(server.url) for _ in range(50)]
    await get(server, "/hold/")
    try:
        connections = [client.connected() for client in clients]
        await asyncio.gather(*(connection.__aenter__() for connection in connections))
        await send(20)
        for client in clients:
            await client.hear_until(lambda client=client: len(client.events) == 20)
    finally:
        await get(server, "/let-go/")
    await asyncio.gather(*(connection.__aexit__(None, None, None) for connection in connections))

    assert all(client.numbers == list(range(20)) for client in clients)


async def test_two_hundred_clients_that_came_and_went_leave_nothing(server, send):
    await send(10)
    await _come_and_go(server, 100)
    threads, files, memory = server.status("Threads"), server.open_files(), server.status("VmRSS")

    await _come_and_go(server, 200)

    async with asyncio.timeout(SECONDS):
        # A pool of threads, or a connection to the database, may have been there or not when it was counted first.
        while server.status("Threads") > threads + 3 or server.open_files() > files + 6:
            await asyncio.sleep(0.02)
    assert server.status("VmRSS") - memory < 8 * MEGABYTE


async def _come_and_go(server, count):
    for _ in range(count // 20):
        await asyncio.gather(*(_come_and_leave(server, abruptly=number % 2) for number in range(20)))


async def _come_and_leave(server, *, abruptly):
    client = Client(server.url, **{"from": 1})
    async with client.connected():
        await client.hear_until(lambda: len(client.events) == 10)
        if abruptly:
            client.drop()


@pytest.mark.parametrize("kind", ["ours", "daphne", "uvicorn"])
async def test_a_stalled_client_is_sent_away(keep_server, send, kind):
    server = keep_server(kind, HEARTBEAT="0.1", STALLED_SECONDS="0.5")
    await send(500)
    async with connect(server.url, subprotocols=["signalcast.v1"]) as socket, asyncio.timeout(SECONDS):
        await socket.send('{"op":"hello","from":1,"window":100}')

        heard = []
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                heard.append(json.loads((await socket.recv()).split("\n")[0]))

    assert heard[-1]["op"] == "bye"
    assert heard[-1]["code"] == closed.value.rcvd.code == 4008
