"""events.publisher, when its thread is killed or cannot be had, and when the broker is away for long."""

import asyncio
import gc
import logging
import threading
import tracemalloc

import pytest
from django.db import transaction
from django.db.backends.signals import connection_created

from events import log, numbering
from events.models import EventRow
from events.publication import sweep
from events.streams import MAIN
from events.writes import Writes

HERE = f"{__name__}."

# Python itself says nothing of a thread that SystemExit ends; pytest does.
quietly = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


class Deadly:
    """A layer that ends the thread that uses it."""

    async def group_send(self, group, message):
        raise SystemExit


class Recorder:
    """A layer that takes down how many events are in each message."""

    told = []

    async def group_send(self, group, message):
        self.told.append(len(message["lines"]))


class Cancelled:
    """A layer that gives up what it was asked for."""

    async def group_send(self, group, message):
        raise asyncio.CancelledError


class Statement:
    """Ends the publisher's thread at its next statement that begins so."""

    def __init__(self, beginning):
        self.beginning = beginning

    def watch(self, connection, **kwargs):
        connection.execute_wrappers.append(self.end)

    def end(self, execute, sql, *rest):
        if self.beginning and sql.strip().startswith(self.beginning) and threading.current_thread().daemon:
            self.beginning = None
            raise SystemExit
        return execute(sql, *rest)


@pytest.fixture
def layer(settings):
    def use(backend, **config):
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": config}}

    return use


@pytest.fixture
def end_at():
    """Has the publisher's thread end at a statement."""
    statements = []

    def end_at(beginning):
        statements.append(Statement(beginning))
        connection_created.connect(statements[-1].watch)

    yield end_at

    for statement in statements:
        connection_created.disconnect(statement.watch)


@pytest.fixture
def no_thread(monkeypatch):
    """No thread can be started, until the test says so."""

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        yield patch.undo


def positions_now():
    return list(EventRow.objects.order_by("pk").values_list("position", flat=True))


@quietly
def test_a_thread_that_was_killed_is_replaced_by_the_next_event_and_nothing_is_forgotten(
    order_paid, positions, own, end_at, until, monkeypatch
):
    monkeypatch.setattr(numbering, "REACH", 0)
    end_at("UPDATE signalcast_event")
    order_paid.send(sender=None)
    until(lambda: own._thread is not None and not own._thread.is_alive())
    before = positions_now()
    order_paid.send(sender=None)

    assert (before, positions()) == ([None], [1, 2])


@quietly
def test_a_thread_that_a_layer_killed_had_published_and_is_replaced(order_paid, positions, own, layer, until):
    layer(HERE + "Deadly")
    order_paid.send(sender=None)
    until(lambda: not own._thread.is_alive())
    dead = own._thread
    order_paid.send(sender=None)
    until(lambda: own._thread is not dead and not own._thread.is_alive())
    layer("channels.layers.InMemoryChannelLayer")
    sweep()

    assert positions() == [1, 2]


@quietly
def test_what_waited_in_the_queue_of_a_thread_that_was_killed_is_appended_by_the_next(
    order_paid, notes, own, end_at, failed, caplog, until
):
    async def send(*marks):
        for mark in marks:
            order_paid.send(sender=None, note=mark)

    with own._rung:  # So that all three are there when the thread looks.
        asyncio.run(send("a", "b", "c"))
        end_at("INSERT INTO signalcast_event")
    until(lambda: not own._thread.is_alive())
    order_paid.send(sender=None, note="d")

    assert sorted(notes()) == ["b", "c", "d"]
    assert failed() == {"retry": 1}
    assert "of type shop.order_paid is lost" in caplog.text


@quietly
def test_a_thread_that_was_killed_keeps_nobody_waiting(order_paid, own, end_at, until):
    async def send():
        order_paid.send(sender=None, note="lost")

    end_at("INSERT INTO signalcast_event")
    asyncio.run(send())
    until(lambda: not own._thread.is_alive())

    assert own.flush(0)


@quietly
def test_what_a_thread_that_was_killed_had_to_note_is_noted_and_told_by_whoever_waits(
    order_paid, own, layer, end_at, until
):
    layer(HERE + "Recorder")
    Recorder.told.clear()
    end_at("INSERT INTO signalcast_note")
    order_paid.send(sender=None)
    until(lambda: not own._thread.is_alive())

    assert (log.head(MAIN).noted, Recorder.told) == (0, [1])
    own.flush(0)
    assert (log.head(MAIN).noted, Recorder.told) == (1, [1, 0])
    own.wake(0)


def test_a_process_whose_senders_publish_tells_the_group_nothing_at_its_end_either(order_paid, own, layer, settings):
    settings.SIGNALCAST = {"PUBLISHER": "inline"}
    layer(HERE + "Recorder")
    Recorder.told.clear()
    asyncio.run(order_paid.asend(sender=None))

    assert (own.waiting_to_be_noted, log.head(MAIN).noted) == (1, 0)
    assert own.flush()
    assert (log.head(MAIN).noted, Recorder.told) == (1, [])


def test_where_no_thread_can_be_had_the_sender_goes_on_and_the_next_wake_up_tries_again(
    order_paid, positions, own, no_thread, failed
):
    with transaction.atomic():
        order_paid.send(sender=None)
    before = positions_now()
    no_thread()
    order_paid.send(sender=None)

    assert (before, positions()) == ([None], [1, 2])
    assert failed() == {"publish": 1}


def test_async_code_that_can_have_no_thread_loses_nothing_until_the_process_ends(order_paid, notes, own, no_thread):
    async def send():
        order_paid.send(sender=None, note="a")

    asyncio.run(send())
    no_thread()
    sweep()

    assert notes() == ["a"]


def test_what_waits_when_the_process_ends_is_lost_and_said_to_be(order_paid, notes, own, no_thread, failed, caplog):
    async def send():
        order_paid.send(sender=None, note="never")
        order_paid.send(sender=None, note="never")

    asyncio.run(send())
    with caplog.at_level(logging.ERROR):
        own.give_up()
    own._writes = Writes()

    assert "2 events are lost: the process ended" in caplog.text
    assert failed() == {"publish": 2, "retry": 2}


def test_a_layer_that_cancels_ends_nobody(order_paid, positions, own, layer, failed):
    layer(HERE + "Cancelled")
    order_paid.send(sender=None)
    assert own.flush()
    thread = own._thread
    order_paid.send(sender=None)

    assert positions() == [1, 2]
    assert own._thread is thread
    assert failed() == {"group": 2}


def test_a_broker_that_is_away_for_long_costs_neither_positions_nor_memory(
    order_paid, own, layer, valkey, failed, caplog
):
    layer("channels_redis.pubsub.RedisPubSubChannelLayer", hosts=[valkey.url])
    order_paid.send(sender=None, note="x")
    assert own.flush(20)
    valkey.kill()
    tracemalloc.start()
    try:
        for _ in range(20):
            with transaction.atomic():
                for _ in range(50):
                    order_paid.send(sender=None, note="x" * 10_000)
            assert own.flush(20)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert EventRow.objects.filter(position__isnull=False).count() == 1001
    assert failed()["group"] >= 20
    assert held < 2_000_000  # Ten megabytes of events went by.
    assert 1 <= caplog.text.count("The channel layer cannot be reached") <= 5
