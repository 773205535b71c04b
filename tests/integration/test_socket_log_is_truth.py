"""Log is truth: pruned, replaced or restored, what the log says is what clients are told, on every server."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import suppress

import pytest
from django.db import connection, connections
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from events import log

from .client import SECONDS, Client, plain_events
from .server import COMMANDS, ROOT


def change(*statements):
    """Somebody else's hand in the database."""
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connections.close_all()


def prune(before):
    try:
        log.prune("main", before)
    finally:
        connections.close_all()


async def bye(client):
    async with asyncio.timeout(SECONDS):
        message = await client.hear_op("bye")
        with pytest.raises(ConnectionClosed) as closed:
            await client.hear()
    return message["code"], closed.value.rcvd.code


async def test_what_was_pruned_is_a_gap_with_the_right_numbers(server, send):
    await send(50)
    await asyncio.to_thread(prune, 31)
    client = Client(server.url, **{"from": 5})

    async with client.connected():
        await client.hear_until(lambda: client.position > 50)
        assert client.welcome["oldest"] == 31

    assert client.gaps == [(5, 31, "retention")]
    assert client.sequences == list(range(31, 51))


async def test_a_plain_client_is_told_the_same_gap_in_a_cloudevent(server, send):
    await send(50)
    await asyncio.to_thread(prune, 31)

    async with connect(server.url + "?after=4") as socket:
        gap, *events = await plain_events(socket, 21)

    assert gap["type"] == "signalcast.gap"
    assert "sequence" not in gap
    assert gap["data"] == {"from": 5, "to": 31, "reason": "retention"}
    assert [int(event["sequence"]) for event in events] == list(range(31, 51))


async def test_a_log_pruned_to_its_end_goes_on_where_it_was(server, send):
    await send(20)
    await asyncio.to_thread(prune, 21)
    client = Client(server.url, **{"from": 1})

    async with client.connected():
        await client.hear_until(lambda: client.position == 21)
        await send(3)
        await client.hear_until(lambda: len(client.events) == 3)

    assert client.gaps == [(1, 21, "retention")]
    assert client.sequences == [21, 22, 23]


async def test_a_database_with_another_epoch_sends_clients_away_and_tells_them_when_they_return(server, send):
    await send(30)
    client = Client(server.url, **{"from": 1})
    async with client.connected():
        await client.hear_until(lambda: len(client.events) == 30)

        await asyncio.to_thread(
            change,
            "DELETE FROM signalcast_event WHERE position > 12",
            "UPDATE signalcast_stream SET epoch = 'another', head = 12 WHERE name = 'main'",
        )
        assert await bye(client) == (4012, 4012)

    async with client.connected():
        await client.hear_until(lambda: len(client.events) == 42)
        assert client.welcome["epoch"] == "another"
    assert client.gaps == [(31, 1, "epoch")]
    assert client.sequences[30:] == list(range(1, 13))


async def test_a_log_restored_from_a_backup_is_not_mistaken_for_the_one_that_went_on(server, send):
    await send(30)
    client = Client(server.url, **{"from": 1})
    async with client.connected():
        await client.hear_until(lambda: len(client.events) == 30)
    await asyncio.to_thread(
        change,
        "DELETE FROM signalcast_event WHERE position > 20",
        "UPDATE signalcast_stream SET head = 20 WHERE name = 'main'",
    )
    # The log grows beyond the client's position, with other events.
    await send(15)

    async with asyncio.timeout(SECONDS):
        while client.position != 36 or not client.gaps:
            # A server that did not know yet says 4012, and the client comes back.
            with suppress(ConnectionClosed):
                async with client.connected():
                    await client.hear_until(lambda: client.gaps and client.position == 36)

    assert client.gaps == [(31, 1, "epoch")]
    assert client.sequences[30:] == list(range(1, 36))


async def test_a_plain_client_of_a_replaced_log_is_told_before_it_is_sent_away(server, send):
    await send(5)
    async with connect(server.url + "?after=0") as socket:
        await plain_events(socket, 5)
        await asyncio.to_thread(change, "UPDATE signalcast_stream SET epoch = 'another' WHERE name = 'main'")

        gap, bye = await plain_events(socket, 2)

    assert (gap["type"], gap["data"]) == ("signalcast.gap", {"from": 6, "to": 1, "reason": "epoch"})
    assert (bye["type"], bye["data"]["code"]) == ("signalcast.bye", 4012)


@pytest.fixture
def database_file(tmp_path):
    """A SQLite file of its own, migrated: the one to be replaced, whatever the other tests use."""
    path = tmp_path / "replaced.sqlite3"
    _manage(path, "migrate", "--verbosity", "0")
    return path


def _manage(path, *arguments):
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{path}", "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)


def _emit(path, count):
    _manage(path, "shell", "-c", f"for n in range({count}): order_paid.send(sender=Order, number=n)")


def _copy(path, copy, statement):
    with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        target.execute(statement)
    source.close()
    target.commit()
    target.close()


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("kind", COMMANDS)
async def test_a_database_file_that_was_replaced_is_noticed(start_server, database_file, tmp_path, kind):
    await asyncio.to_thread(_emit, database_file, 10)
    other = tmp_path / "other.sqlite3"
    _copy(database_file, other, "UPDATE signalcast_stream SET epoch = 'another'")
    server = start_server(kind, f"sqlite:///{database_file}")
    client = Client(server.url, **{"from": 1})

    async with client.connected():
        await client.hear_until(lambda: len(client.events) == 10)
        for leftover in tmp_path.glob("replaced.sqlite3-*"):
            leftover.unlink()
        other.rename(database_file)
        assert await bye(client) == (4012, 4012)

    async with asyncio.timeout(SECONDS):
        while len(client.events) < 20:
            # As long as the server is not sure, it says 4012 again.
            with suppress(ConnectionClosed):
                async with client.connected():
                    await client.hear_until(lambda: len(client.events) == 20)
    await asyncio.to_thread(_emit, database_file, 2)
    async with client.connected():
        await client.hear_until(lambda: len(client.events) == 22)
        assert client.welcome["epoch"] == "another"
    assert client.gaps == [(11, 1, "epoch")]
    assert client.sequences[10:] == list(range(1, 13))


async def test_an_event_that_no_publisher_numbered_is_swept_up_by_the_server(server, send, transactional_db):
    await send(1)
    client = Client(server.url)
    async with client.connected():
        # What a sender leaves behind that is killed between its commit and the pass.
        await asyncio.to_thread(
            change,
            "INSERT INTO signalcast_event (event_id, stream, type, source, sender, subject, time, correlation_id,"
            " causation_id, origin, text) SELECT '019ab000-0000-7000-8000-000000000001', stream, type, source, sender,"
            " subject, time, correlation_id, causation_id, origin, text FROM signalcast_event",
        )

        await client.hear_until(lambda: client.sequences == [2])


async def test_a_signal_whose_transaction_is_rolled_back_never_comes(server, send, shell):
    client = Client(server.url)
    async with client.connected():
        shell(
            "from django.db import transaction\n"
            "for n in range(20):\n"
            "    with transaction.atomic():\n"
            "        order_paid.send(sender=Order, number=n)\n"
            "        transaction.set_rollback(n % 2 == 1)\n"
        )
        await client.hear_until(lambda: len(client.events) == 10)
        await send(1, mark="last")
        await client.hear_until(lambda: client.events[-1]["data"].get("mark") == "last")

    assert client.numbers == [*range(0, 20, 2), 0]
    assert json.loads(client.lines[0])["sequence"].endswith("1")
