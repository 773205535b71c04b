"""Personal data on each way out: two follow at the same time, of whom one may view it."""

import json

import pytest

from consumers.dialect import CloudEvents, ServerSentEvents, SignalcastV1
from consumers.filter import EVERYTHING, parse
from consumers.sight import FULL, Sight
from events.event import Entry, Event, new_id, now

from .conftest import until
from .memory import MemoryLog

CANARY = "canary-7f3a"
WITHOUT = Sight("without personal data", personal=False)
DIALECTS = {
    "signalcast.v1": SignalcastV1(),
    "cloudevents.json": CloudEvents("/signalcast/main/one"),
    "sse": ServerSentEvents("/signalcast/main/one", "one", 1000),
}


class People(MemoryLog):
    """Every other event says who."""

    def append(self, events=1):
        for _ in range(events):
            self.head_position += 1
            self.held.append(self._entry(self.head_position))

    def _entry(self, position):
        time = now()
        personal = "#/who/name" if position % 2 else ""
        data = {"number": position, "who": {"name": CANARY if personal else "nobody"}}
        event = Event(
            id=new_id(time),
            stream="main",
            type="academy.order_paid",
            source="/signalcast",
            time=time,
            data=json.dumps(data, separators=(",", ":")),
            personal=personal,
        )
        return Entry.of(position, event.encode(), source="/signalcast", stream="main", epoch=self.epoch)


async def all_of(subscription, up_to):
    batches = []
    while subscription.position <= up_to:
        if batch := await subscription.take(3):
            batches.append(batch)
        else:
            await subscription.wait()
    return batches


def texts(dialect, batches):
    """Both forms in which a dialect says them: to our server, and to others."""
    said = ["\n".join(dialect.batch(batch)) for batch in batches]
    prepared = [dialect.prepared(batch).decode("latin-1") for batch in batches]
    return "\n".join(said), "\n".join(prepared)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("ring", [100, 2], ids=["ring", "log"])
async def test_who_may_not_view_personal_data_gets_all_events_and_none_of_it(start_hub, dialect, ring):
    log = People(10)
    hub = await start_hub(log, ring=ring)

    with hub.subscribe(EVERYTHING, 1, WITHOUT) as masked, hub.subscribe(EVERYTHING, 1, FULL) as full:
        seen, everything = await all_of(masked, 10), await all_of(full, 10)
        log.append(4)  # And live.
        seen += await all_of(masked, 14)
        everything += await all_of(full, 14)

    for text in texts(dialect, seen):
        assert CANARY not in text
        assert text.count('{"name":{"$mark":"personal"}}') == 7 and text.count('"nobody"') == 7
    for text in texts(dialect, everything):
        assert text.count(CANARY) == 7 and "$mark" not in text
    assert [batch.tip for batch in seen] == [batch.tip for batch in everything]


async def test_what_is_sent_at_once_is_masked_too(start_hub):
    log = People()
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 1, WITHOUT) as masked, hub.subscribe(EVERYTHING, 1, FULL) as full:
        log.append()
        await until(lambda: hub.head == 1)
        seen, everything = masked.take_at_once(10), full.take_at_once(10)

    assert CANARY not in seen.frame
    assert CANARY in everything.frame


async def test_frames_are_shared_by_those_only_who_see_the_same(start_hub):
    hub = await start_hub(People(4))
    same = Sight("without personal data", personal=False)

    with (
        hub.subscribe(EVERYTHING, 1, WITHOUT) as one,
        hub.subscribe(EVERYTHING, 1, same) as other,
        hub.subscribe(EVERYTHING, 1) as full,
    ):
        batches = [await subscription.take(100) for subscription in (one, other, full)]

    assert batches[0] is batches[1]
    assert batches[2] is not batches[0]
    # What holds nothing personal is the very same entry for all.
    assert batches[2].entries[1] is batches[0].entries[1]


async def test_a_filter_sees_what_its_client_sees(start_hub):
    hub = await start_hub(People(4))
    where = parse({"suffix": {"personal": "name"}})

    with hub.subscribe(where, 1, WITHOUT) as masked:
        batch = await masked.take(100)

    assert [entry.position for entry in batch.entries] == [1, 3]
    assert CANARY not in batch.frame
