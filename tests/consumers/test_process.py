"""What a server process has once: made by its first client, ended by its last."""

import asyncio
import threading

import pytest

from consumers import process as processes
from consumers.database import Database
from consumers.process import process

from .conftest import until


@pytest.fixture(autouse=True)
def nothing_left(transactional_db):
    yield

    assert not processes._running
    assert not database_threads()


def database_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("signalcast-database")]


async def test_clients_share_one_hub_until_the_last_has_left():
    async with process() as one:
        hub = await one.hub()
        async with process() as other:
            assert other is one
            assert await other.hub() is hub
            assert one.users == 2
        assert one.users == 1
        assert hub._tasks
    assert hub._tasks == []


async def test_many_first_clients_start_one_hub():
    async with process() as shared:
        hubs = await asyncio.gather(*(shared.hub() for _ in range(20)))

    assert len(set(map(id, hubs))) == 1


async def test_who_comes_after_the_last_gets_parts_of_its_own():
    async with process() as first:
        hub = await first.hub()
    async with process() as second:
        assert second is not first
        assert await second.hub() is not hub


async def test_who_comes_while_the_last_is_still_leaving_gets_parts_that_work():
    let_go = threading.Event()

    async def come_and_leave():
        async with process() as shared:
            await shared.hub()
            busy = asyncio.create_task(shared.database.run(let_go.wait, 10))
            await asyncio.sleep(0)
        await busy
        return shared

    leaving = asyncio.create_task(come_and_leave())
    await until(lambda: processes._running)
    await until(lambda: not processes._running)
    try:
        async with process() as again:
            assert (await again.hub()).epoch
            assert not leaving.done()
            let_go.set()
            assert await leaving is not again
    finally:
        let_go.set()


async def test_a_last_one_who_is_cut_off_while_leaving_leaves_nothing_behind():
    may_leave = asyncio.Event()

    async def come_and_leave():
        async with process() as shared:
            await shared.hub()
            await may_leave.wait()

    leaving = asyncio.create_task(come_and_leave())
    await until(lambda: processes._running)
    may_leave.set()
    await until(lambda: not processes._running)
    leaving.cancel()

    with pytest.raises(asyncio.CancelledError):
        await leaving
    await until(lambda: not database_threads())


def test_two_loops_do_not_share_a_hub():
    async def use():
        async with process() as shared:
            return shared, await shared.hub()

    one, other = asyncio.run(use()), asyncio.run(use())

    assert one[0] is not other[0]
    assert one[1] is not other[1]


async def test_a_hub_that_could_not_start_is_started_by_the_next_client(monkeypatch):
    run = Database.run
    failures = [OSError("the database is not there yet")]

    async def run_or_fail(self, *work):
        if failures:
            raise failures.pop()
        return await run(self, *work)

    monkeypatch.setattr(Database, "run", run_or_fail)

    async with process() as shared:
        with pytest.raises(OSError, match="not there yet"):
            await shared.hub()
        hub = await shared.hub()
        assert hub.epoch


async def test_a_process_of_which_nobody_wanted_the_hub_ends_too():
    async with process() as shared:
        assert await shared.database.run(threading.get_ident)


async def test_a_complaint_may_be_said_once_in_a_while_whatever_else_is_said(monkeypatch):
    async with process() as shared:
        said = [shared.may_say(complaint) for complaint in ("one", "one", "another", "one")]
        monkeypatch.setattr(processes, "QUIET_SECONDS", 0.0)
        later = shared.may_say("one")

    assert said == [True, False, True, False]
    assert later
