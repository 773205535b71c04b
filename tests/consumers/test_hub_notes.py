"""The hub learns what is noted of events as it learns of events."""

import asyncio

from events.streams import Message, seal

from .conftest import KEY, until
from .memory import MemoryLayer, MemoryLog


async def test_what_is_noted_is_learnt_in_the_same_look_as_events_and_after_them(start_hub):
    log = MemoryLog(events=5)
    log.interval = 60
    hub = await start_hub(log)
    log.calls.clear()
    log.append(2)
    log.note(6, 7)

    await hub.catch_up()

    assert [call for call in log.calls if call == "head" or call[0] == "notes"] == ["head", ("notes", 0)]
    assert (hub.head, hub.notebook.noted) == (7, 2)
    # What was parsed of the event in the ring was parsed for its note as well.
    assert hub.notebook.page_at_hand(0).notes[0].entry is hub.held(6, 7)[0]


async def test_a_message_without_events_says_that_something_was_noted(start_hub):
    log, layer = MemoryLog(events=5), MemoryLayer()
    log.interval = 60
    hub = await start_hub(log, layer=layer)
    async with asyncio.timeout(5):
        while "signalcast.main" not in layer.groups:
            await asyncio.sleep(0)
    await until(lambda: not hub._lookout._nudged.is_set())
    log.note(3)

    layer.send(seal(Message(stream="main", epoch="one", start=1, lines=[]), KEY))
    await until(lambda: hub.notebook.noted == 1)

    assert hub.repairs == 0


async def test_what_is_known_already_is_no_reason_to_look(start_hub):
    log, layer = MemoryLog(events=5), MemoryLayer()
    log.note(3)
    log.interval = 60
    hub = await start_hub(log, layer=layer)
    await until(lambda: "signalcast.main" in layer.groups)
    await until(lambda: not hub._lookout._nudged.is_set())

    hub._accept(seal(Message(stream="main", epoch="one", start=1, lines=[]), KEY))

    assert not hub._lookout._nudged.is_set()
    assert hub.repairs == 0


async def test_a_database_that_fails_for_a_while_costs_no_note(start_hub, caplog):
    log = MemoryLog(events=5)
    hub = await start_hub(log)
    log.error = OSError("away")
    await until(lambda: "The log cannot be read" in caplog.text)
    log.note(1, 2, 3)

    log.error = None
    await until(lambda: hub.notebook.noted == 3)

    assert [note.position for note in hub.notebook.page_at_hand(0).notes] == [1, 2, 3]


async def test_another_log_has_other_notes(start_hub):
    log = MemoryLog(events=50)
    log.note(*range(1, 51))
    hub = await start_hub(log)

    log.replace("two", 3)
    log.note(2)
    await until(lambda: hub.epoch == "two" and hub.notebook.noted == 1)

    [note] = hub.notebook.page_at_hand(0).notes
    assert note.event_id == log.held[1].id


async def test_what_clients_have_heard_of_elsewhere_is_looked_for_once(start_hub):
    log = MemoryLog(events=5)
    log.interval = 60
    hub = await start_hub(log)
    log.note(1, 2)
    log.calls.clear()

    await asyncio.gather(*(hub.hear_of_note(2) for _ in range(100)))
    await hub.hear_of_note(2)

    assert hub.notebook.noted == 2
    assert log.calls.count("head") == 1
