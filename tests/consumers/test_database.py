"""Database threads: their connections, and the log of a stream as the hub wants it."""

import asyncio
import threading

import pytest
from django.db import OperationalError, connection, connections

from consumers.database import THREADS, Database, StreamLog
from events import log


@pytest.fixture
async def database(transactional_db):
    database = Database()
    yield database
    await database.close()


def one():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()[0]


async def test_work_is_done_off_the_loop_and_its_result_and_its_errors_come_back(database):
    assert await database.run(threading.get_ident) != threading.get_ident()
    assert await database.run(one) == 1
    with pytest.raises(ZeroDivisionError):
        await database.run(lambda: 1 / 0)


async def test_one_slow_query_does_not_hold_up_another(database):
    let_go = threading.Event()
    slow = [asyncio.create_task(database.run(let_go.wait, 10)) for _ in range(THREADS - 1)]
    try:
        async with asyncio.timeout(5):
            assert await database.run(one) == 1
    finally:
        let_go.set()
        await asyncio.gather(*slow)


async def test_work_that_the_database_refuses_once_is_done_again_on_a_new_connection(database):
    calls = []

    def refused_once():
        calls.append(connection.connection)
        if len(calls) == 1:
            one()
            raise OperationalError("terminating connection due to administrator command")
        return one()

    assert await database.run(refused_once) == 1
    assert len(calls) == 2


async def test_work_that_is_refused_twice_fails(database):
    def refused():
        raise OperationalError("gone")

    with pytest.raises(OperationalError, match="gone"):
        await database.run(refused)


async def test_after_a_reconnect_every_thread_has_another_connection(database):
    barrier = threading.Barrier(THREADS, timeout=10)

    def used():
        barrier.wait()
        one()
        return id(connection.connection), connection.connection

    before = await asyncio.gather(*(database.run(used) for _ in range(THREADS)))
    database.reconnect()
    after = await asyncio.gather(*(database.run(used) for _ in range(THREADS)))

    assert not {name for name, _ in before} & {name for name, _ in after}


async def test_no_connection_and_no_thread_is_left_after_the_close(transactional_db):
    database = Database()
    barrier = threading.Barrier(THREADS, timeout=10)
    wrappers = []

    def used():
        barrier.wait()
        one()
        wrappers.append(connections["default"])

    await asyncio.gather(*(database.run(used) for _ in range(THREADS)))
    assert len(set(map(id, wrappers))) == THREADS
    assert all(wrapper.connection is not None for wrapper in wrappers)

    await database.close()

    assert all(wrapper.connection is None for wrapper in wrappers)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("signalcast-database")]


@pytest.mark.only_on("postgresql")
async def test_what_is_of_a_pool_goes_back_after_each_use(pool, database):
    barrier = threading.Barrier(THREADS, timeout=10)

    def used():
        one()
        barrier.wait()
        return connection.connection in pool.taken

    assert all(await asyncio.gather(*(database.run(used) for _ in range(THREADS))))
    assert not pool.taken


async def test_a_reader_that_is_there_before_the_first_event_opens_the_stream(database):
    stream = StreamLog("main", database)
    try:
        head = await stream.head()

        assert head.position == 0
        assert head.epoch
        assert await stream.head() == head
        page = await stream.read(1, 10)
        assert (page.head, list(page.entries), page.oldest) == (head, [], 1)
    finally:
        stream.close()


async def test_the_watch_tells_when_another_connection_has_written(database):
    stream = StreamLog("main", database)
    try:
        assert stream.interval <= 1
        stream.changed()

        await database.run(log.open_stream, "other")

        assert stream.changed()
    finally:
        stream.close()
