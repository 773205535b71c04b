"""Failed over behind: another database takes over that had not got everything, under servers that run."""

import asyncio
from contextlib import suppress

import pytest
from django.db import connection, connections
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from .client import SECONDS, Client, plain_events
from .server import COMMANDS

KEPT = 20
SERVER = "a server that is failed over"


def fail_over():
    """What a replica is that lags, as a server sees it: the end is gone, and so are its connections."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM signalcast_event WHERE position > %s", [KEPT])
            cursor.execute("UPDATE signalcast_stream SET head = %s WHERE name = 'main'", [KEPT])
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
                    [SERVER],
                )
    finally:
        connections.close_all()


async def come_back_until(client, condition):
    async with asyncio.timeout(SECONDS):
        while not condition():
            # As long as the server is not sure, it says 4012 again.
            with suppress(ConnectionClosed):
                async with client.connected():
                    await client.hear_until(condition)


@pytest.mark.parametrize("kind", COMMANDS)
async def test_clients_are_told_what_the_new_primary_lacks_and_go_on_with_what_it_has(start_server, send, kind):
    server = start_server(kind, PGAPPNAME=SERVER)
    # A connection that was cut is a complaint, and no fault of ours.
    server.forgiven = ("signalcast",)
    await send(15)
    behind = Client(server.url, **{"from": 1})
    async with behind.connected():
        await behind.hear_until(lambda: len(behind.events) == 15)
    await send(15)
    ahead = Client(server.url, **{"from": 1})
    async with ahead.connected(), connect(server.url + "?after=29") as plain:
        await ahead.hear_until(lambda: len(ahead.events) == 30)
        await plain_events(plain, 1)

        await asyncio.to_thread(fail_over)

        gap, bye = await plain_events(plain, 2)
        assert (await ahead.hear_op("bye"))["code"] == 4012
    # The positions that were lost are given again, to other events.
    await send(15)
    await come_back_until(ahead, lambda: ahead.position == 36 and ahead.gaps)
    await come_back_until(behind, lambda: behind.position == 36)

    assert gap["data"] == {"from": 31, "to": 1, "reason": "epoch"}
    assert bye["data"]["code"] == 4012
    assert ahead.gaps == [(31, 1, "epoch")]
    assert ahead.numbers[30:] == [*range(20), *range(30, 45)]
    # What it had is still so.
    assert behind.gaps == []
    assert behind.numbers == [*range(20), *range(30, 45)]
