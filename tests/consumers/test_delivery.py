"""A delivery: to a client that is a list, over an outbox that is one."""

import asyncio
import json

import pytest

from consumers import filter as filters
from consumers.delivery import Delivery
from consumers.dialect import SignalcastV1
from consumers.filter import EVERYTHING
from consumers.metrics import meter
from consumers.protocol import Ack, Hello

from .conftest import until
from .memory import MemoryLog

PAID = {"exact": {"type": "academy.order_paid"}}


class Client:
    def __init__(self):
        self.is_closed = False
        self.said = []

    async def say(self, frames):
        self.said += [json.loads(frame.partition("\n")[0]) for frame in frames]


class Line:
    """Where the server writes straight to; `error` is what happens instead."""

    def __init__(self):
        self.frames = []
        self.error = None

    @property
    def outbox(self):
        return {"buffered": lambda: 0, "on_drained": lambda tell: None, "write": self.write}

    @property
    def headers(self):
        return [json.loads(frame[frame.index(b"{") :].partition(b"\n")[0]) for frame in self.frames]

    @property
    def ranges(self):
        return [(header["from"], header["to"]) for header in self.headers]

    @property
    def ops(self):
        return [(header["op"], header.get("to") or header["after"]) for header in self.headers]

    def write(self, frame):
        if self.error:
            raise self.error
        self.frames.append(frame)


@pytest.fixture
async def follow(start_hub):
    """Has a client follow a hub, and waits until it has nothing left to do."""
    following = []

    async def start(hub, *, window=100, straight=True, start=None, filter=EVERYTHING):
        client, line = Client(), Line()
        subscribed = hub.subscribe(filter, start or hub.head + 1)
        subscription = subscribed.__enter__()
        hello = Hello(window=window)
        subscription.follow_notes(hub.notebook, hello, oldest=1)
        delivery = Delivery(client, SignalcastV1(), hello, subscription, line.outbox if straight else None)
        task = asyncio.create_task(delivery.follow(hub))
        following.append((subscribed, task))
        await asyncio.sleep(0)
        return delivery, client, line, task

    yield start

    for subscribed, task in following:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        subscribed.__exit__(None, None, None)


async def test_what_comes_while_clients_wait_is_written_within_the_round(start_hub, follow):
    log = MemoryLog()
    log.interval = 60
    hub = await start_hub(log)
    lines = [(await follow(hub))[2] for _ in range(3)]
    log.append(2)

    await hub.catch_up()

    # No task of theirs has had a turn since.
    assert [line.ranges for line in lines] == [[(1, 3)]] * 3


async def test_a_client_to_whom_nothing_can_be_written_leaves_the_others_alone(start_hub, follow):
    log = MemoryLog()
    hub = await start_hub(log)
    _, _, broken, ending = await follow(hub)
    _, _, sound, _ = await follow(hub)
    broken.error = RuntimeError("a bug")

    log.append(1)
    await until(lambda: sound.frames and ending.done())
    log.append(1)
    await until(lambda: len(sound.frames) == 2)

    assert ending.exception() is broken.error
    assert sound.ranges == [(1, 2), (2, 3)]


async def test_a_full_window_is_passed_over_until_it_is_acknowledged(start_hub, follow):
    log = MemoryLog()
    hub = await start_hub(log)
    delivery, _, line, _ = await follow(hub, window=2)
    for position in range(1, 6):
        log.append(1)
        await until(lambda position=position: hub.head == position)

    await until(lambda: len(line.frames) == 2)
    delivery.acknowledge(Ack(3))
    await until(lambda: len(line.frames) == 4)
    delivery.acknowledge(Ack(5))
    await until(lambda: len(line.frames) == 5)

    assert line.ranges == [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6)]


class Interrupted(MemoryLog):
    """Something happens between a read of it and whatever follows from that."""

    def __init__(self):
        super().__init__()
        self.interval = 60
        self.then = None

    async def read(self, start, limit):
        page = await super().read(start, limit)
        if self.then:
            self.then()
        return page


async def test_what_did_not_match_is_told_before_another_filter_holds(start_hub, follow):
    log = MemoryLog(events=3)
    hub = await start_hub(log)
    shop = filters.parse({"prefix": {"type": "shop."}})
    delivery, client, _, _ = await follow(hub, start=1, filter=shop, straight=False)
    await until(lambda: delivery._subscription.is_at_head)

    delivery.change_filter(EVERYTHING)
    log.append()
    await until(lambda: len(client.said) == 3)

    assert [(each["op"], each["from"], each.get("to")) for each in client.said] == [
        ("batch", 1, 4),
        ("filtered", 4, None),
        ("batch", 4, 5),
    ]


async def test_how_long_an_event_waits_for_room_does_not_count_as_ours(start_hub, follow):
    log = MemoryLog()
    hub = await start_hub(log)
    delivery, client, _, _ = await follow(hub, window=2, straight=False)
    await until(lambda: delivery._is_live)
    before = sum(meter._observed)
    for position in range(1, 4):
        log.append()
        await until(lambda position=position: hub.head == position)

    await until(lambda: len(client.said) == 2)
    await asyncio.sleep(0)
    delivery.acknowledge(Ack(3))
    await until(lambda: len(client.said) == 3)

    assert sum(meter._observed) - before == 2


async def test_a_filter_that_is_asked_for_holds_for_what_comes_in_the_same_moment(start_hub, follow):
    log = Interrupted()
    hub = await start_hub(log)
    delivery, client, line, _ = await follow(hub)
    log.append(1, type="academy.course_completed")
    log.then = lambda: delivery.change_filter(filters.parse(PAID))

    await hub.catch_up()
    await until(lambda: client.said)

    assert client.said == [{"op": "filtered", "from": 1}]
    assert not line.frames


async def test_a_heartbeat_does_not_wait_until_all_of_a_long_log_was_looked_at(start_hub, follow):
    log = Interrupted()
    log.append(3000)
    hub = await start_hub(log)

    def beat():
        log.then = None
        hub._beat()

    log.then = beat
    delivery, client, line, _ = await follow(hub, start=1, filter=filters.parse({"not": PAID}))
    await until(lambda: client.said)

    was_at_head = delivery._subscription.is_at_head
    await until(lambda: delivery._subscription.is_at_head)
    hub._beat()
    await until(lambda: len(client.said) == 2)

    (_, first), (second, end) = line.ranges
    assert not was_at_head
    assert first == second < end == 3001
    assert [said["op"] for said in client.said] == ["heartbeat"] * 2


async def test_what_receivers_did_is_written_within_the_round(start_hub, follow):
    log = MemoryLog()
    log.interval = 60
    hub = await start_hub(log)
    lines = [(await follow(hub))[2] for _ in range(3)]
    log.append(2)
    await hub.catch_up()
    log.note(1, 2)
    # A round may rest for as long as the one before it took.
    hub._rounds._rest_ends = 0

    await hub.catch_up()

    # No task of theirs has had a turn since.
    assert [line.ops for line in lines] == [[("batch", 3), ("reactions", 2)]] * 3
    assert lines[0].frames[1] is lines[2].frames[1]


async def test_an_event_and_what_receivers_did_with_it_are_written_in_one_round(start_hub, follow):
    log = MemoryLog()
    log.interval = 60
    hub = await start_hub(log)
    _, _, line, _ = await follow(hub)
    # The round that the batch asks for waits, since the first round took a moment.
    hub._rounds._rest_ends = asyncio.get_running_loop().time() + 0.01
    log.append(2)
    log.note(1, 2)

    await hub.catch_up()
    await until(lambda: line.frames)

    assert line.ops == [("batch", 3), ("reactions", 2)]


async def test_notes_wait_for_room_as_events_do(start_hub, follow):
    log = MemoryLog()
    hub = await start_hub(log)
    delivery, _, line, _ = await follow(hub, window=1)
    log.append(2)
    await until(lambda: line.frames)
    log.note(1, 2)
    await until(lambda: hub.notebook.noted == 2)
    for _ in range(20):
        await asyncio.sleep(0)

    before = list(line.ops)
    delivery.acknowledge(Ack(2))
    await until(lambda: len(line.frames) == 3)
    delivery.acknowledge(Ack(3))
    await until(lambda: len(line.frames) == 4)

    assert before == [("batch", 2)]
    assert line.ops == [("batch", 2), ("reactions", 2), ("batch", 3), ("reactions", 2)]


async def test_on_a_server_that_tells_nothing_notes_are_said_after_their_events_too(start_hub, follow):
    log = MemoryLog(events=3)
    log.note(1, 2)
    hub = await start_hub(log)

    _, client, _, _ = await follow(hub, straight=False, start=1)
    await until(lambda: len(client.said) == 2)
    log.note(3)
    await until(lambda: len(client.said) == 3)

    assert [(said["op"], said.get("to") or said["after"]) for said in client.said] == [
        *[("batch", 4), ("reactions", 2), ("reactions", 3)]
    ]


async def test_a_client_that_is_told_of_no_note_learns_with_the_heartbeat_how_far_it_is(start_hub, follow):
    log = MemoryLog(events=3)
    hub = await start_hub(log)
    _, client, line, _ = await follow(hub)
    log.note(1, 2)
    await until(lambda: hub.notebook.noted == 2)

    hub._beat()
    await until(lambda: client.said)

    assert line.ops == [("reactions", 2)]
    assert [said["op"] for said in client.said] == ["heartbeat"]


@pytest.mark.parametrize("straight", [True, False])
async def test_notes_that_are_told_are_counted(start_hub, follow, straight):
    log = MemoryLog()
    hub = await start_hub(log)
    before = dict(meter.notes)
    _, client, line, _ = await follow(hub, straight=straight)
    log.append(2)
    log.note(1, 2, 2)

    await until(lambda: {"op": "reactions", "after": 3} in line.headers + client.said)

    assert meter.notes == before | {"reactions": before["reactions"] + 3}
