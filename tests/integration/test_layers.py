"""Two server processes on one log, with a real Valkey between them, by both layers of channels-redis."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from .client import Client

ALL = {"from": 1}


@pytest.fixture(params=["pubsub", "core"])
def layer(request, valkey):
    """The environment of processes that share this layer."""
    return {"REDIS_URL": valkey.url, "LAYER": request.param, "DJANGO_SETTINGS_MODULE": "tests.integration.settings"}


@pytest.fixture
def start_two(layer, start_server):
    def start(**environment):
        return [start_server("ours", **layer, **environment) for _ in range(2)]

    return start


async def test_a_shell_in_another_process_is_heard_by_both_servers_through_the_layer_alone(start_two, layer, shell):
    # Neither server looks at the log by itself.
    servers = start_two(WATCH_SECONDS="3600")
    clients = [Client(server.url) for server in servers for _ in range(2)]
    async with AsyncExitStack() as stack:
        for client in clients:
            await stack.enter_async_context(client.connected())
        shell(
            "from events import nudge\n"
            "nudge.DEADLINE = 30.0\n"
            "for n in range(100): order_paid.send(sender=Order, number=n, note='é' * n)",
            **layer,
        )
        await asyncio.gather(
            *(client.hear_until(lambda client=client: len(client.events) == 100) for client in clients)
        )
    replaying = Client(servers[0].url, **ALL)
    async with replaying.connected():
        await replaying.hear_until(lambda: len(replaying.events) == 100)

    assert replaying.sequences == list(range(1, 101))
    assert replaying.numbers == list(range(100))
    assert all(client.lines == replaying.lines for client in clients)


async def test_a_valkey_that_is_killed_under_open_sockets_closes_none_and_loses_nothing(
    start_two, layer, shell, send, valkey
):
    servers = start_two()
    for server in servers:
        # It shows a traceback for each second that its server is away.
        server.forgiven = ("channels_redis", "asyncio")
    clients = [Client(server.url) for server in servers for _ in range(5)]
    async with AsyncExitStack() as stack:
        for client in clients:
            await stack.enter_async_context(client.connected())

        async def hear(count):
            await asyncio.gather(
                *(client.hear_until(lambda client=client: len(client.events) == count) for client in clients)
            )

        await asyncio.to_thread(shell("order_paid.send(sender=Order, number=0)", **layer).wait)
        await hear(1)
        await asyncio.to_thread(valkey.kill)
        complaining = shell("for n in range(1, 51): order_paid.send(sender=Order, number=n)", **layer)
        await hear(51)
        await asyncio.to_thread(complaining.wait)
        await asyncio.to_thread(valkey.start)
        shell("for n in range(51, 101): order_paid.send(sender=Order, number=n)", **layer)
        await hear(101)

    for client in clients:
        assert client.sequences == list(range(1, 102))
        assert client.numbers == list(range(101))
        assert client.gaps == []
