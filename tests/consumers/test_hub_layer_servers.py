"""Log is truth: a Valkey that forgets, is killed, emptied, paused or slow costs a hub time, and no event."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from consumers.filter import EVERYTHING

from .conftest import make_hub, positions, until
from .layers import NAME, REDIS_KINDS, open_group
from .memory import MemoryLog
from .messages import message


@pytest.fixture(params=REDIS_KINDS)
def kind(request):
    return request.param


@asynccontextmanager
async def hub_in(group, log, **parts):
    """A hub in the group, for as long as the context lasts. Only messages make it look at the log."""
    log.interval = 3600
    hub = make_hub(log, layer=group.layer, **parts)
    await hub.start()
    try:
        await group.joined()
        with hub.subscribe(EVERYTHING, log.head_position + 1) as subscription:
            yield hub, subscription
    finally:
        async with asyncio.timeout(10):
            await hub.stop()


async def test_a_member_of_the_core_layer_outlives_the_time_after_which_that_forgets(redis_url):
    async with open_group("core", redis_url, group_expiry=1) as group:
        log = MemoryLog()
        await group.layer.group_add(NAME, "somebody.who!does-not-renew")
        async with hub_in(group, log, renew=0.2) as (_, subscription):
            async with asyncio.timeout(20):
                while await group.members() > 1:
                    await group.send({})
                    await asyncio.sleep(0.05)
            await group.send(message(log.append(1)))

            assert await positions(subscription, 1) == [1]


async def test_a_server_that_was_emptied_is_joined_again(valkey, kind):
    async with open_group(kind, valkey.url) as group:
        log = MemoryLog()
        async with hub_in(group, log, renew=0.05) as (_, subscription):
            await asyncio.to_thread(valkey.flush)
            await group.joined()
            await group.send(message(log.append(1)))

            assert await positions(subscription, 1) == [1]


async def test_a_server_that_was_killed_is_joined_again_when_it_is_back_and_nothing_is_lost(valkey, kind):
    async with open_group(kind, valkey.url) as group:
        log = MemoryLog()
        async with hub_in(group, log) as (hub, subscription):
            await group.send(message(log.append(1)))
            assert await positions(subscription, 1) == [1]

            await asyncio.to_thread(valkey.kill)
            log.append(2)
            await asyncio.to_thread(valkey.start)
            await group.joined()
            await group.send(message(log.append(1)))

            assert await positions(subscription, 4) == [2, 3, 4]


async def test_a_server_that_comes_later_is_joined_then(valkey, kind, caplog):
    await asyncio.to_thread(valkey.kill)
    async with open_group(kind, valkey.url) as group:
        log = MemoryLog()
        log.interval = 3600
        hub = make_hub(log, layer=group.layer)
        await hub.start()
        try:
            await until(lambda: "The channel layer cannot be reached" in caplog.text)
            await asyncio.to_thread(valkey.start)
            await group.joined()
            with hub.subscribe(EVERYTHING, 1) as subscription:
                await group.send(message(log.append(1)))

                assert await positions(subscription, 1) == [1]
        finally:
            await hub.stop()


async def test_a_server_that_pauses_delays_what_it_carries_and_nothing_else(valkey, kind):
    async with open_group(kind, valkey.url) as group:
        log = MemoryLog()
        async with hub_in(group, log) as (hub, subscription):
            valkey.pause()
            sending = asyncio.create_task(group.send(message(log.append(1))))
            await hub.catch_up()
            assert await positions(subscription, 1) == [1]

            valkey.resume()
            await sending
            await group.send(message(log.append(1)))

            assert await positions(subscription, 2) == [2]


async def test_a_hub_stops_though_its_server_answers_nobody(valkey, kind):
    async with open_group(kind, valkey.url, host={"socket_timeout": 15}) as group:
        try:
            async with hub_in(group, MemoryLog()):
                valkey.pause()
        finally:
            valkey.resume()


@pytest.mark.parametrize("kind", ["core"], indirect=True)
async def test_a_connection_that_gives_up_too_soon_costs_moments_and_no_message(redis_url, kind, caplog):
    # redis-py 8 waits 5 s, as long as the layer has its server wait: here both wait less.
    async with open_group(kind, redis_url, host={"socket_timeout": 0.2}) as group:
        log = MemoryLog()
        async with hub_in(group, log) as (hub, subscription):
            for failures in range(1, 4):
                await until(lambda count=failures: caplog.text.count("Timeout reading") >= count)
                await group.send(message(log.append(1)))
                assert await positions(subscription, failures) == [failures]


@pytest.mark.parametrize("kind", ["core"], indirect=True)
async def test_a_connection_as_patient_as_the_check_wants_it_idles_in_peace(redis_url, kind, caplog):
    async with open_group(kind, redis_url, host={"socket_timeout": 1.5}) as group:
        # Channels-redis asks its server again after 5 s: here sooner.
        group.layer.brpop_timeout = 0.3
        log = MemoryLog()
        async with hub_in(group, log) as (hub, subscription):
            await group.asked_again(4)
            await group.send(message(log.append(1)))

            assert await positions(subscription, 1) == [1]
    assert caplog.text == ""
