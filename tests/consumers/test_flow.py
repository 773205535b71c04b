"""A streamed response waits for its client where the server tells what it holds, and keeps to a pace where not."""

import asyncio

from consumers import window
from consumers.flow import Flow
from consumers.window import HELD_BYTES


class Server:
    """Holds what a test says, for one request."""

    def __init__(self):
        self.held = 0
        self.is_cut = False
        self.tell = None

    @property
    def scope(self):
        outbox = {
            "buffered": lambda: self.held,
            "on_drained": lambda tell: setattr(self, "tell", tell),
            "abort": lambda: self.change(0, is_cut=True),
        }
        return {"type": "http", "extensions": {"signalcast.outbox": outbox}}

    def change(self, held, is_cut=False):
        self.held, self.is_cut = held, is_cut
        self.tell()


async def waiting(flow):
    """A task that waits, and has begun to."""
    task = asyncio.create_task(flow.wait(1_000_000_000))
    for _ in range(3):
        await asyncio.sleep(0)
    return task


async def test_nobody_waits_while_the_server_holds_little():
    server = Server()
    server.held = HELD_BYTES

    task = await waiting(Flow(server.scope))

    assert task.done()


async def test_it_waits_until_the_client_has_taken_what_was_held():
    server = Server()
    flow = Flow(server.scope)
    server.held = HELD_BYTES + 1

    task = await waiting(flow)
    assert not task.done()
    server.change(HELD_BYTES + 1)
    await asyncio.sleep(0)
    assert not task.done()
    server.change(0)

    async with asyncio.timeout(5):
        await task
    assert not server.is_cut


async def test_a_client_that_takes_nothing_for_a_minute_is_cut_off(monkeypatch):
    monkeypatch.setattr(window, "STALLED_SECONDS", 0.01)
    server = Server()
    flow = Flow(server.scope)
    server.held = HELD_BYTES + 1

    async with asyncio.timeout(5):
        await flow.wait(1)

    assert server.is_cut


async def test_a_client_that_takes_a_little_is_waited_for(monkeypatch):
    monkeypatch.setattr(window, "STALLED_SECONDS", 0.01)
    server = Server()
    flow = Flow(server.scope)
    looks = iter(range(HELD_BYTES + 20, HELD_BYTES, -1))
    flow._outbox["buffered"] = lambda: next(looks, 0)

    async with asyncio.timeout(5):
        await flow.wait(1)

    assert not server.is_cut


async def test_where_the_server_tells_nothing_a_megabyte_takes_a_second():
    flow = Flow({"type": "http"})
    started = asyncio.get_running_loop().time()

    for _ in range(6):
        await flow.wait(50_000)

    # A quarter of a second is given in advance.
    assert asyncio.get_running_loop().time() - started >= 0.04
