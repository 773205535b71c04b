"""A delivery: to a client that is a list, over an outbox that is one."""

import asyncio
import json

import pytest

from consumers import filter as filters
from consumers.delivery import Delivery
from consumers.dialect import SignalcastV1
from consumers.filter import EVERYTHING
from consumers.protocol import Ack, Hello

from .conftest import until
from .memory import MemoryLog

PAID = {"exact": {"type": "academy.order_paid"}}


class Client:
    def __init__(self):
        self.is_closed = False
        self.said = []

    async def say(self, frames):
        self.said += [json.loads(frame) for frame in frames]


class Line:
    """Where the server writes straight to; `error` is what happens instead."""

    def __init__(self):
        self.frames = []
        self.error = None

    @property
    def outbox(self):
        return {"buffered": lambda: 0, "on_drained": lambda tell: None, "write": self.write}

    @property
    def ranges(self):
        headers = [json.loads(frame[frame.index(b"{") :].partition(b"\n")[0]) for frame in self.frames]
        return [(header["from"], header["to"]) for header in headers]

    def write(self, frame):
        if self.error:
            raise self.error
        self.frames.append(frame)


@pytest.fixture
async def follow(start_hub):
    """Has a client follow a hub, and waits until it has nothing left to do."""
    following = []

    async def start(hub, *, window=100):
        client, line = Client(), Line()
        subscribed = hub.subscribe(EVERYTHING, hub.head + 1)
        subscription = subscribed.__enter__()
        delivery = Delivery(client, SignalcastV1(), Hello(window=window), subscription, line.outbox)
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
