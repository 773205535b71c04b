"""Log is truth, on each of the three channel layers, two of them on a real Valkey: whatever becomes of the group's
messages, a subscription sees every event, once, in order.
"""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers import membership
from consumers.filter import EVERYTHING

from .conftest import make_hub, positions, until
from .layers import KINDS, open_group
from .memory import MemoryLog
from .messages import GARBAGE, invented, message


@pytest.fixture(params=KINDS)
async def group(request, redis_url):
    async with open_group(request.param, redis_url) as group:
        yield group


@pytest.fixture
async def start(group):
    """A hub on a log of so many events, in the group, which has taken its first look since."""
    hubs = []

    async def start(events=0, *, layer=None, **parts):
        log = MemoryLog(events)
        # From here on only a message makes the hub look.
        log.interval = 3600
        hub = make_hub(log, layer=layer or group.layer, **parts)
        await hub.start()
        hubs.append(hub)
        await group.joined()
        await until(lambda: log.calls.count("head") == 2)
        return hub, log

    yield start

    for hub in hubs:
        await hub.stop()


async def test_a_genuine_message_that_continues_the_head_needs_no_read(group, start):
    hub, log = await start(3)
    asked = len(log.calls)

    with hub.subscribe(EVERYTHING, 4) as subscription:
        await group.send(message(log.append(5)))

        assert await positions(subscription, 8) == [4, 5, 6, 7, 8]
    assert len(log.calls) == asked


async def test_a_gap_between_messages_is_filled_from_the_log(group, start):
    hub, log = await start()

    with hub.subscribe(EVERYTHING, 1) as subscription:
        log.append(7)
        await group.send(message(log.append(2)))

        assert await positions(subscription, 9) == list(range(1, 10))


async def test_a_forged_message_is_only_a_nudge(group, start):
    hub, log = await start(2)
    asked = len(log.calls)

    await group.send(message([invented(3)], key=b"x" * 32))

    await until(lambda: len(log.calls) > asked)
    assert hub.head == 2


async def test_a_genuine_message_that_was_tampered_with_is_only_a_nudge(group, start):
    hub, log = await start(2)
    genuine = message(log.append(2))

    for change in ({"lines": [invented(3).line]}, {"start": 4}, {"lines": genuine["lines"][:1]}, {"seal": "é"}):
        await group.send(genuine | change)

    with hub.subscribe(EVERYTHING, 3) as subscription:
        async with asyncio.timeout(5):
            while (batch := await subscription.take(1000)) is None:
                await subscription.wait()
        assert [entry.line for entry in batch.entries] == [entry.line for entry in log.held[2:]]


async def test_garbage_costs_a_moment_and_neither_the_membership_nor_a_message(group, start, monkeypatch):
    monkeypatch.setattr(membership, "MIN_BACKOFF", 0.001)
    hub, log = await start()

    with hub.subscribe(EVERYTHING, 1) as subscription:
        for position, raw in enumerate([*GARBAGE, b"\xc1", b""], start=1):
            await group.send_raw(raw)
            await group.send(message(log.append(1)))
            assert await positions(subscription, position) == [position]
    assert await group.members() == 1


async def test_more_messages_than_the_layer_holds_while_the_hub_is_stalled_are_read_from_the_log(group, start):
    stalled = Stalled(group.layer)
    hub, log = await start(layer=stalled)

    with hub.subscribe(EVERYTHING, 1) as subscription:
        for _ in range(250):
            await group.send(message(log.append(1)))
        stalled.may_go_on.set()
        await until(lambda: hub.head > 0)
        # What was dropped is noticed by what comes after it.
        await group.send(message(log.append(1)))

        assert await positions(subscription, 251) == list(range(1, 252))


class Stalled:
    """A layer of which nobody takes a message for a while."""

    def __init__(self, layer):
        self.may_go_on = asyncio.Event()
        self.new_channel, self.group_add, self.group_discard = layer.new_channel, layer.group_add, layer.group_discard
        self._receive = layer.receive

    async def receive(self, channel):
        await self.may_go_on.wait()
        return await self._receive(channel)


async def test_a_stopped_hub_has_left_its_group(group, start):
    hub, _ = await start()

    await hub.stop()

    async with asyncio.timeout(10):
        while await group.members():
            await asyncio.sleep(0.005)


FATES = st.sampled_from(["genuine", "lost", "doubled", "late", "forged", "garbage", "foreign epoch", "foreign stream"])
STEPS = st.lists(st.tuples(st.integers(1, 4), FATES, st.sampled_from(range(len(GARBAGE)))), min_size=1, max_size=25)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, ring=st.integers(1, 20), lag=st.booleans())
async def test_any_fate_of_messages_neither_loses_nor_doubles_nor_invents(redis_url, kind, steps, ring, lag):
    async with open_group(kind, redis_url) as group:
        log = MemoryLog()
        hub = make_hub(log, layer=group.layer, ring=ring)
        await hub.start()
        try:
            await group.joined()
            with hub.subscribe(EVERYTHING, 1) as subscription:
                total = sum(count for count, _, _ in steps)
                reading = None if lag else asyncio.create_task(positions(subscription, total))
                await _run(steps, log, group)

                found = await (reading or positions(subscription, total))

                assert found == list(range(1, total + 1))
                assert await subscription.take(10) is None
                held = hub._ring.slice(hub._ring.start, hub._ring.next)
                assert [each.line for each in held] == [each.line for each in log.held[hub._ring.start - 1 :]]
        finally:
            await hub.stop()


async def _run(steps, log, group):
    late = []
    for count, fate, garbage in steps:
        added = log.append(count)
        position = added[0].position
        match fate:
            case "genuine":
                await group.send(message(added))
            case "doubled":
                await group.send(message(added))
                await group.send(message(added))
            case "late":
                late.insert(0, message(added))
            case "forged":
                await group.send(message([invented(position)], key=b"y" * 32))
            case "garbage":
                await group.send_raw(GARBAGE[garbage])
            case "foreign epoch":
                await group.send(message([invented(position)], epoch="two"))
            case "foreign stream":
                await group.send(message([invented(position)], stream="other"))
        await asyncio.sleep(0)
        if len(late) > 2:
            await group.send(late.pop(0))
    for each in late:
        await group.send(each)
