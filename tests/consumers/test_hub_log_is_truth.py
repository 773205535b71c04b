"""Log is truth: a message is lost, or comes at a bad moment, and the layer fails. (test_hub_layers has the rest.)"""

from consumers.filter import EVERYTHING

from .conftest import positions, until
from .memory import MemoryLayer, MemoryLog
from .messages import message


async def joined(layer):
    await until(lambda: layer.groups.get("signalcast.main"))


async def test_a_lost_last_message_is_found_without_another(start_hub):
    log, layer = MemoryLog(), MemoryLayer()
    hub = await start_hub(log, layer=layer)
    await joined(layer)

    with hub.subscribe(EVERYTHING, 1) as subscription:
        log.append(4)

        assert await positions(subscription, 4) == [1, 2, 3, 4]


async def test_a_message_from_before_the_head_is_a_nudge(start_hub):
    log, layer = MemoryLog(events=5), MemoryLayer()
    log.interval = 60
    hub = await start_hub(log, layer=layer)
    await joined(layer)
    await until(lambda: not hub._lookout._nudged.is_set())
    log.append(2)

    layer.send(message(log.held[:3]))

    await until(lambda: hub.head == 7)
    assert hub.repairs == 1


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
    monkeypatch.setattr("consumers.membership.MIN_BACKOFF", 0.001)
    # A hub that remembered failures it has got over would wait too long for this test.
    monkeypatch.setattr("consumers.membership.MAX_BACKOFF", 60)
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
