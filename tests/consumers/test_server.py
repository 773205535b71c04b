"""Our Daphne: how it ends what still runs."""

import asyncio

import pytest

from consumers.server import Server


@pytest.fixture
def server():
    server = Server(None, ["tcp:port=0:interface=127.0.0.1"])
    server.connections = {}
    return server


class Application:
    """Says goodbye for as long as it likes, once it is cancelled."""

    application_type = "websocket"

    def __init__(self, goodbye):
        self.has_left = False
        self._goodbye = goodbye

    async def run(self):
        try:
            await asyncio.Event().wait()
        finally:
            await self._goodbye.wait()
            self.has_left = True


async def test_it_waits_for_every_goodbye_and_not_only_the_first(server):
    said = asyncio.Event()
    soon = asyncio.Event()
    soon.set()
    applications = [Application(soon), Application(said), Application(said)]
    for application in applications:
        server.connections[application] = {"application_instance": asyncio.ensure_future(application.run())}
    await asyncio.sleep(0)

    ended = asyncio.ensure_future(server.kill_all_applications().asFuture(asyncio.get_running_loop()))
    async with asyncio.timeout(2):
        while not applications[0].has_left:
            await asyncio.sleep(0)
    assert not ended.done()
    said.set()
    async with asyncio.timeout(2):
        await ended

    assert all(application.has_left for application in applications)


async def test_connections_without_an_application_and_those_that_ended_are_passed_over(server):
    done = asyncio.ensure_future(asyncio.sleep(0))
    failed = asyncio.ensure_future(_fail())
    await asyncio.wait([done, failed])
    applications = [
        {},
        {"application_instance": None},
        {"application_instance": done},
        {"application_instance": failed},
    ]
    server.connections = dict(enumerate(applications))

    async with asyncio.timeout(2):
        await server.kill_all_applications().asFuture(asyncio.get_running_loop())

    assert failed.exception()


async def _fail():
    raise OSError("an application that failed")
