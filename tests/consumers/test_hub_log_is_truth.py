"""Log is truth: whatever becomes of group messages, a subscription sees every event, once, in order."""

import asyncio
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.filter import EVERYTHING
from events.event import Entry
from events.streams import Message, seal

from .conftest import KEY, make_hub, positions, until
from .memory import MemoryLayer, MemoryLog


def message(entries, *, key=KEY, epoch="one", start=None, stream="main"):
    lines = [each.line for each in entries]
    first = start if start is not None else entries[0].position
    return seal(Message(stream=stream, epoch=epoch, start=first, lines=lines), key)


def invented(position):
    line = json.dumps({"specversion": "1.0", "id": "f" * 36, "type": "evil", "data": position})
    return Entry(position, line)


async def joined(layer):
    await until(lambda: layer.groups.get("signalcast.main"))


async def test_a_genuine_message_that_continues_the_head_needs_no_read(start_hub):
    log, layer = MemoryLog(events=3), MemoryLayer()
    log.interval = 60
    hub = await start_hub(log, layer=layer)
    await joined(layer)
    asked = len(log.calls)

    with hub.subscribe(EVERYTHING, 4) as subscription:
        layer.send(message(log.append(5)))

        assert await positions(subscription, 8) == [4, 5, 6, 7, 8]
    assert len(log.calls) == asked


async def test_a_gap_between_messages_is_filled_from_the_log(start_hub):
    log, layer = MemoryLog(), MemoryLayer()
    log.interval = 60
    hub = await start_hub(log, layer=layer)
    await joined(layer)

    with hub.subscribe(EVERYTHING, 1) as subscription:
        log.append(7)
        layer.send(message(log.append(2)))

        assert await positions(subscription, 9) == list(range(1, 10))


async def test_a_lost_last_message_is_found_without_another(start_hub):
    log, layer = MemoryLog(), MemoryLayer()
    hub = await start_hub(log, layer=layer)
    await joined(layer)

    with hub.subscribe(EVERYTHING, 1) as subscription:
        log.append(4)

        assert await positions(subscription, 4) == [1, 2, 3, 4]


async def test_a_forged_message_is_only_a_nudge(start_hub):
    log, layer = MemoryLog(events=2), MemoryLayer()
    log.interval = 60
    hub = await start_hub(log, layer=layer)
    await joined(layer)
    asked = len(log.calls)

    layer.send(message([invented(3)], key=b"x" * 32))

    await until(lambda: len(log.calls) > asked)
    assert hub.head == 2


async def test_a_genuine_message_that_was_tampered_with_is_only_a_nudge(start_hub):
    log, layer = MemoryLog(events=2), MemoryLayer()
    log.interval = 60
    hub = await start_hub(log, layer=layer)
    await joined(layer)
    genuine = message(log.append(2))

    for change in ({"lines": [invented(3).line]}, {"start": 4}, {"lines": genuine["lines"][:1]}, {"seal": "é"}):
        layer.send(genuine | change)

    with hub.subscribe(EVERYTHING, 3) as subscription:
        batch = await _next(subscription)
        assert [entry.line for entry in batch.entries] == [entry.line for entry in log.held[2:]]


async def _next(subscription):
    async with asyncio.timeout(5):
        while (batch := await subscription.take(1000)) is None:
            await subscription.wait()
    return batch


async def test_messages_while_the_log_is_being_read_are_no_sign_of_another_log(start_hub):
    log, layer = MemoryLog(events=5), MemoryLayer()
    hub = await start_hub(log, layer=layer)
    await joined(layer)
    life = hub.life
    log.may_answer.clear()
    asked = len(log.calls)
    await until(lambda: len(log.calls) > asked)

    layer.send(message(log.append(3)))
    await until(lambda: hub.head == 8)
    log.may_answer.set()

    with hub.subscribe(EVERYTHING, 9) as subscription:
        log.append(2)
        assert await positions(subscription, 10) == [9, 10]
    assert hub.life == life


async def test_a_hub_joins_again_after_every_failure_of_the_layer(start_hub, monkeypatch, caplog):
    monkeypatch.setattr("consumers.hub.MIN_BACKOFF", 0.001)
    # A hub that remembered failures it has got over would wait too long for this test.
    monkeypatch.setattr("consumers.hub.MAX_BACKOFF", 60)
    log, layer = MemoryLog(), MemoryLayer()
    log.interval = 60
    layer.error = ConnectionError("not yet")
    hub = await start_hub(log, layer=layer)
    await until(lambda: "The channel layer cannot be reached" in caplog.text)
    layer.error = None

    with hub.subscribe(EVERYTHING, 1) as subscription:
        for round in range(16):
            await joined(layer)
            layer.send(message(log.append(1)))
            assert await positions(subscription, round + 1) == [round + 1]
            layer.break_with(ConnectionError("gone"))
            layer.error = None


async def test_membership_is_renewed(start_hub, monkeypatch):
    monkeypatch.setattr("consumers.membership.RENEW_SECONDS", 0.001)
    log, layer = MemoryLog(), MemoryLayer()
    log.interval = 60
    hub = await start_hub(log, layer=layer)
    await joined(layer)

    layer.groups.clear()
    await joined(layer)

    with hub.subscribe(EVERYTHING, 1) as subscription:
        layer.send(message(log.append(1)))
        assert await positions(subscription, 1) == [1]


async def test_a_stopped_hub_has_left_its_group(start_hub):
    layer = MemoryLayer()
    hub = await start_hub(MemoryLog(), layer=layer)
    await joined(layer)

    await hub.stop()

    assert not layer.groups["signalcast.main"]


GARBAGE = [
    None,
    "stream.events",
    b"\xff",
    42,
    [],
    {},
    {"type": "stream.events"},
    {"type": "websocket.disconnect"},
    {"stream": "main", "epoch": "one", "start": 1, "lines": "abc", "seal": "x"},
    {"stream": "main", "epoch": "one", "start": "1", "lines": [], "seal": ""},
    {"stream": "main", "epoch": "one", "start": 1, "lines": [None], "seal": "x"},
]

FATES = st.sampled_from(["genuine", "lost", "doubled", "late", "forged", "garbage", "foreign epoch", "foreign stream"])
STEPS = st.lists(st.tuples(st.integers(1, 4), FATES, st.sampled_from(range(len(GARBAGE)))), min_size=1, max_size=25)


@settings(max_examples=60)
@given(steps=STEPS, ring=st.integers(1, 20), lag=st.booleans())
async def test_any_fate_of_messages_neither_loses_nor_doubles_nor_invents(steps, ring, lag):
    log, layer = MemoryLog(), MemoryLayer()
    hub = make_hub(log, layer=layer, ring=ring)
    await hub.start()
    try:
        await joined(layer)
        with hub.subscribe(EVERYTHING, 1) as subscription:
            total = sum(count for count, _, _ in steps)
            reading = None if lag else asyncio.create_task(positions(subscription, total))
            await _run(steps, log, layer)

            found = await (reading or positions(subscription, total))

            assert found == list(range(1, total + 1))
            assert await subscription.take(10) is None
            held = hub._ring.slice(hub._ring.start, hub._ring.next)
            assert [each.line for each in held] == [each.line for each in log.held[hub._ring.start - 1 :]]
    finally:
        await hub.stop()


async def _run(steps, log, layer):
    late = []
    for count, fate, garbage in steps:
        added = log.append(count)
        position = added[0].position
        match fate:
            case "genuine":
                layer.send(message(added))
            case "doubled":
                layer.send(message(added))
                layer.send(message(added))
            case "late":
                late.insert(0, message(added))
            case "forged":
                layer.send(message([invented(position)], key=b"y" * 32))
            case "garbage":
                layer.send(GARBAGE[garbage])
            case "foreign epoch":
                layer.send(message([invented(position)], epoch="two"))
            case "foreign stream":
                layer.send(message([invented(position)], stream="other"))
        await asyncio.sleep(0)
        if len(late) > 2:
            layer.send(late.pop(0))
    for each in late:
        layer.send(each)
