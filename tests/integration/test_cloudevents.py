"""Every frame of `cloudevents.json`, as the official CloudEvents SDK reads it."""

import asyncio
import json
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from cloudevents.core.formats.json import JSONFormat
from django.contrib.auth.models import User
from django.db import transaction
from django.dispatch import Signal
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from academy.models import Order
from events import attach, detach, log
from events.process import publisher

from .client import SECONDS

NOTES = {
    "text": "Größe <b>\u202e😀\n",
    "numbers": [0, -1, 2**70, 0.1, Decimal("129.00")],
    "nothing": None,
    "too large": "x" * 70_000,
    "no JSON": object(),
    "not a number": float("nan"),
    "deep": {"a": [{"b": {}}]},
    "secret": {"password": "x", "$mark": "of the sender's own"},
    "bytes": b"\x00",
    "keys": {"__proto__": 1, "": 2, 1: 3},
}


@pytest.fixture
def signal():
    """One that nobody receives, whatever is sent with it."""
    signal = Signal()
    attach(signal, type="academy.visited", personal=("user.pk",))
    yield signal
    detach(signal)


@pytest.fixture
def events_of_all_kinds(signal, transactional_db):
    def sends():
        order = Order(pk=42, student_name="Mei", course_title="Typography I", amount=Decimal("129.00"))
        for note in NOTES.values():
            signal.send(sender=Order, order=order, user=None, note=note)
        with transaction.atomic():
            signal.send(sender=None, order=None, user=None)
        signal.send(sender="a sender", order=order, user=User(pk=7), **{"a/b ~c": 1})
        assert publisher().flush(60)
        return len(NOTES) + 2

    return sync_to_async(sends)


@pytest.fixture
def follow():
    """The frames of a plain connection: so many, or all until it is closed."""

    async def follow(server, query, count=None, say=None):
        frames = []
        async with (
            asyncio.timeout(SECONDS),
            connect(f"{server.url}?{query}", subprotocols=["cloudevents.json"], max_size=None) as socket,
        ):
            if say:
                await socket.send(say)
            try:
                while count is None or len(frames) < count:
                    frames.append(await socket.recv())
            except ConnectionClosed:
                assert count is None
        return frames

    return follow


def read(frame):
    """The frame, by the SDK, which refuses what is no CloudEvent; and that it has understood it."""
    event = JSONFormat().read(None, frame)
    written = json.loads(frame)

    data = written.pop("data")
    attributes = event.get_attributes()
    assert event.get_data() == data
    assert event.get_time().utcoffset().total_seconds() == 0
    assert {**attributes, "time": written["time"]} == written
    assert json.loads(JSONFormat().write(event))["data"] == data
    return event


async def test_it_reads_events_of_every_kind(server, events_of_all_kinds, follow):
    count = await events_of_all_kinds()

    events = [read(frame) for frame in await follow(server, "after=0", count)]

    assert {event.get_type() for event in events} == {"academy.visited"}
    assert [int(event.get_extension("sequence")) for event in events] == list(range(1, count + 1))
    assert sum("degraded" in event.get_attributes() for event in events) >= 4
    assert events[0].get_subject().startswith("academy.order/")


async def test_it_reads_that_events_will_not_come(server, send, follow):
    await send(5)
    await sync_to_async(log.prune)("main", before=4)

    gap, first = [read(frame) for frame in await follow(server, "after=0", 2)]

    assert (gap.get_type(), gap.get_data()["reason"]) == ("signalcast.gap", "retention")
    assert int(first.get_extension("sequence")) == gap.get_data()["to"]


async def test_it_reads_that_something_is_wrong(server, follow):
    (complaint,) = [read(frame) for frame in await follow(server, "after=0", 1, say="hello?")]
    (refusal,) = [read(frame) for frame in await follow(server, "after=never")]

    assert (complaint.get_type(), complaint.get_data()["code"]) == ("signalcast.error", 0)
    assert (refusal.get_type(), refusal.get_data()["code"]) == ("signalcast.error", 4400)


async def test_it_reads_that_the_server_goes(start_server, send):
    server = start_server("ours")
    await send(1)
    async with asyncio.timeout(SECONDS), connect(f"{server.url}?after=0", subprotocols=["cloudevents.json"]) as socket:
        read(await socket.recv())

        server.terminate()
        bye = read(await socket.recv())

    assert (bye.get_type(), bye.get_data()["code"]) == ("signalcast.bye", 4012)
