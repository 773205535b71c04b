"""How a server ends: every client hears of it, and nothing is left behind."""

import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from .client import SECONDS, Client


async def goodbye(client):
    """The last message that the client heard, and the code of the close."""
    last = None
    async with asyncio.timeout(SECONDS):
        try:
            while True:
                last = await client.hear()
        except ConnectionClosed as closed:
            return last, closed.rcvd and closed.rcvd.code


async def test_every_client_of_our_server_hears_a_bye_before_it_stops(start_server, send):
    server = start_server("ours")
    clients = [Client(server.url) for _ in range(20)]
    connections = [client.connected() for client in clients]
    for connection in connections:
        await connection.__aenter__()
    await send(3)
    children = server.children()
    async with (
        connect(server.url + "?after=1000") as plain,
        connect(server.url, subprotocols=["signalcast.v1"]) as mute,
    ):
        server.terminate()
        goodbyes = await asyncio.gather(*map(goodbye, clients))
        for socket in (plain, mute):
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    await socket.recv()
            assert closed.value.rcvd.code == 4012

    status = await asyncio.to_thread(server.wait)

    for last, code in goodbyes:
        assert (last["op"], last["code"], code) == ("bye", 4012, 4012)
        assert 1000 <= last["retry_ms"] <= 60_000
    assert status == 0
    assert children == []


async def test_uvicorn_closes_with_its_own_code_for_a_restart_and_ends(start_server):
    server = start_server("uvicorn")
    client = Client(server.url)
    async with client.connected():
        server.terminate()
        _, code = await goodbye(client)

    assert code in (1012, 4012)
    assert await asyncio.to_thread(server.wait) in (0, -15)


async def test_stock_daphne_cuts_its_clients_off_and_ends_without_a_word_in_its_log(start_server):
    server = start_server("daphne")
    client = Client(server.url)
    async with client.connected():
        server.terminate()
        _, code = await goodbye(client)

    assert code in (None, 4012)
    await asyncio.to_thread(server.wait)


async def test_our_server_ends_though_a_client_reads_nothing(start_server, send, frozen):
    server = start_server("ours")
    await send(30, note="x" * 60_000)
    frozen(server, "/ws/?after=0")
    client = Client(server.url, **{"from": 1})
    async with client.connected():
        await client.hear_until(lambda: len(client.events) == 30)
        server.terminate()
        last, code = await goodbye(client)

    assert (last["op"], code) == ("bye", 4012)
    assert await asyncio.to_thread(server.wait) == 0


@pytest.mark.parametrize("kind", ["ours", "runserver"])
async def test_a_server_stopped_by_ctrl_c_ends_as_quietly(start_server, kind):
    server = start_server(kind)
    async with Client(server.url).connected() as client:
        server.interrupt()
        last, code = await goodbye(client)

    assert (last["op"], code) == ("bye", 4012)
    assert await asyncio.to_thread(server.wait) == 0
