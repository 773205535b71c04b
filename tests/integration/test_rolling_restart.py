"""Servers that are restarted one after the other, as a deployment does it, while business goes on."""

import asyncio

import pytest
from django.db import connections

from events import log
from events.streams import MAIN

from .client import SECONDS
from .returning import Returning

CLIENTS = 20
# A client is away for no longer than 2 s: it waits for less, and is let in at its first try.
MOST_MS = 2000
SEND = """
import os, time
while not os.path.exists({!r}):
    order_paid.send(sender=Order)
    time.sleep(0.005)
"""


@pytest.fixture
def servers(valkey, start_server):
    return [start_server("ours", REDIS_URL=valkey.url) for _ in range(2)]


@pytest.fixture
def business(valkey, shell, tmp_path):
    """Signals without end, from a process of its own; until the function that this is has returned."""
    finish = tmp_path / "finish"
    sending = shell(SEND.format(str(finish)), REDIS_URL=valkey.url)

    def finished():
        finish.touch()
        assert sending.wait(timeout=SECONDS) == 0

    yield finished

    finish.touch()


def head():
    try:
        return log.head(MAIN).position
    finally:
        connections.close_all()


async def test_a_rolling_restart_under_load_loses_nothing_and_keeps_nobody_away_for_long(servers, business, send):
    clients = [Returning(servers[number % 2 :] + servers[: number % 2], **{"from": 1}) for number in range(CLIENTS)]
    end = float("inf")
    hearing = [
        asyncio.create_task(client.hear_all(lambda client=client: client.position and client.position > end))
        for client in clients
    ]

    async def until_they_have_come(times):
        async with asyncio.timeout(SECONDS):
            while sum(client.connections for client in clients) < times:
                await asyncio.sleep(0.01)

    await until_they_have_come(CLIENTS)
    for server, times in zip(servers, (CLIENTS * 3 // 2, CLIENTS * 5 // 2), strict=True):
        server.terminate()
        assert await asyncio.to_thread(server.wait) == 0
        await asyncio.to_thread(server.start)
        await until_they_have_come(times)
    await asyncio.to_thread(business)
    # With one more, nobody waits for what has come already.
    end = await asyncio.to_thread(head) + 1
    await send(1)
    await asyncio.gather(*hearing)

    for client in clients:
        assert client.sequences == list(range(1, end + 1))
        assert client.lines == clients[0].lines
        assert client.gaps == []
        # How long that takes is up to the machine; what it may take was up to the servers.
        assert {bye["code"] for bye in client.byes} == {4012}
        assert max(bye["retry_ms"] for bye in client.byes) < MOST_MS
        assert set(client.tries) == {1}
    print(f"{end} events; the longest that a client was away: {max(max(client.away) for client in clients):.2f} s")
