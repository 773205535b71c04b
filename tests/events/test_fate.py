"""events.fate: an event whose transaction rolled back is seen as a ghost, and no other; *harmless* above all."""

import asyncio
import gc
import json
import os
import subprocess
import sys
import threading
import unittest
import weakref

import pytest
from django.db import connection, transaction
from django.dispatch import Signal
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from academy.models import Course
from events import fate, log
from events.event import new_id, now
from events.notes import GHOST
from events.outcomes import Ghost
from events.process import publisher
from events.sending import Sending
from events.streams import MAIN

from . import reactions as made


class Undo(Exception):
    pass


@pytest.fixture
def ghosts(read_log):
    """What was noted of events that are in no log; and what is in the log, by their notes."""

    def ghosts():
        logged = [event["data"]["note"] for event in read_log()]
        assert publisher().flush(5)
        noted = [note for note in log.read_notes(MAIN, 0, 10_000).notes if note.kind == GHOST]
        return [json.loads(note.text)["data"]["note"] for note in noted], logged

    return ghosts


def test_a_transaction_that_fails_leaves_a_ghost_of_each_event(order_paid, ghosts):
    with pytest.raises(Undo), transaction.atomic():
        order_paid.send(sender=None, note="a")
        order_paid.send(sender=None, note="b")
        raise Undo

    assert ghosts() == (["a", "b"], [])


def test_a_savepoint_leaves_ghosts_of_its_own_events_alone_and_before_the_rest_commits(order_paid, ghosts, until):
    with transaction.atomic():
        order_paid.send(sender=None, note="before")
        with pytest.raises(Undo), transaction.atomic():
            order_paid.send(sender=None, note="inner")
            raise Undo
        order_paid.send(sender=None, note="after")

    assert ghosts() == (["inner"], ["before", "after"])


def test_what_was_released_and_rolled_back_with_the_rest_is_a_ghost_too(order_paid, ghosts):
    with pytest.raises(Undo), transaction.atomic():
        with transaction.atomic():
            order_paid.send(sender=None, note="inner")
        order_paid.send(sender=None, note="outer")
        raise Undo

    assert ghosts() == (["inner", "outer"], [])


def test_a_rollback_that_was_asked_for_is_one(order_paid, ghosts):
    with transaction.atomic():
        order_paid.send(sender=None, note="a")
        transaction.set_rollback(True)

    assert ghosts() == (["a"], [])


def test_a_receiver_that_fails_leaves_a_ghost_that_says_so(stream, ghosts):
    signal = Signal()
    signal.connect(made.quick)
    signal.connect(made.failing)
    stream(signal)
    with pytest.raises(made.Refused), transaction.atomic():
        signal.send(sender=None, note="a")

    assert ghosts() == (["a"], [])
    [note] = log.read_notes(MAIN, 0, 10).notes
    told = json.loads(note.text)
    assert (note.position, note.entry, note.type, told["id"]) == (None, None, "shop.order_paid", note.event_id)
    assert (told["specversion"], told["outcome"], "sequence" in told) == ("1.0", "rolledback", False)
    assert told["source"].startswith("/signalcast/main/")
    assert [each["outcome"] for each in told["reactions"]] == ["ok", "raised"]
    assert [note.cursor for note in log.notes_of_event(told["id"])] == [1]


def test_what_is_committed_leaves_none(order_paid, ghosts):
    order_paid.send(sender=None, note="a")
    with transaction.atomic():
        order_paid.send(sender=None, note="b")
        with transaction.atomic():
            order_paid.send(sender=None, note="c")
    gc.collect()

    assert ghosts() == ([], ["a", "b", "c"])


def test_a_commit_that_the_database_refuses_leaves_one(order_paid, ghosts):
    with pytest.raises(Undo), transaction.atomic():
        order_paid.send(sender=None, note="a")
        connection.close()
        raise Undo

    assert ghosts() == (["a"], [])


def test_where_a_neighbour_s_hook_fails_before_ours_is_called_nothing_is_a_ghost(order_paid, ghosts, counted):
    def fail():
        raise Undo

    with pytest.raises(Undo), transaction.atomic():
        transaction.on_commit(fail)
        order_paid.send(sender=None, note="a")
    gc.collect()
    publisher().wake(0)

    assert ghosts() == ([], ["a"])
    assert [note.kind for note in log.read_notes(MAIN, 0, 10).notes] == ["reactions"]


async def test_what_was_recorded_as_well_as_could_be_leaves_none(order_paid, ghosts, monkeypatch):
    order_paid.send(sender=None, note="a")

    assert await asyncio.to_thread(in_a_thread, ghosts) == ([], ["a"])


def in_a_thread(function):
    try:
        return function()
    finally:
        connection.close()


def test_with_autocommit_off_nobody_tells_and_nothing_is_a_ghost(order_paid, ghosts):
    transaction.set_autocommit(False)
    order_paid.send(sender=None, note="a")
    transaction.rollback()
    transaction.set_autocommit(True)

    assert ghosts() == ([], [])


@pytest.mark.django_db
def test_a_test_that_undoes_everything_leaves_none(order_paid):
    with transaction.atomic():
        order_paid.send(sender=None, note="a")
    with pytest.raises(Undo), transaction.atomic():
        order_paid.send(sender=None, note="b")
        raise Undo
    connection.run_on_commit = []
    gc.collect()

    assert publisher().waiting_to_be_noted == 0


def test_so_does_django_s_own(order_paid, transactional_db):
    class Case(TestCase):
        def runTest(self):
            order_paid.send(sender=None, note="a")
            with pytest.raises(Undo), transaction.atomic():
                order_paid.send(sender=None, note="b")
                raise Undo

    result = unittest.TestResult()
    unittest.TestSuite([Case()]).run(result)
    gc.collect()

    assert (result.testsRun, result.errors, result.failures) == (1, [], [])
    assert publisher().flush(5)
    assert log.head(MAIN).noted == 0


def test_what_a_sender_had_at_hand_goes_though_its_transaction_goes_on(order_paid, transactional_db):
    class Large:
        pass

    def send():
        held = Large()
        order_paid.send(sender=None, note="a")
        return weakref.ref(held)

    with transaction.atomic():
        held = send()
        assert held() is None


def test_nothing_is_said_to_the_database_in_the_sender_s_transaction(order_paid, transactional_db):
    with CaptureQueriesContext(connection) as queries, pytest.raises(Undo), transaction.atomic():
        order_paid.send(sender=None, note="a")
        raise Undo

    statements = [part.split()[0] for query in queries for part in query["sql"].split("; ")]
    own = [statement for statement in statements if statement not in ("BEGIN", "ROLLBACK", "SAVEPOINT", "RELEASE")]
    assert own == ["INSERT"]


def test_the_thread_that_rolls_back_goes_on_when_nobody_can_be_told(order_paid, transactional_db, monkeypatch):
    monkeypatch.setattr(fate, "haunt", lambda ghost: 1 / 0)
    with pytest.raises(Undo), transaction.atomic():
        order_paid.send(sender=None, note="a")
        Course.objects.create(slug="a", title="A", price=1)
        raise Undo

    assert Course.objects.count() == 0


def test_the_thread_that_rolls_back_waits_for_no_lock(own):
    assert own.pause(1)
    thread = threading.Thread(target=own.haunt, args=[Ghost(an_event(), None)])
    thread.start()
    thread.join(2)
    has_ended = not thread.is_alive()
    own.resume()
    thread.join()

    assert has_ended


def test_a_transaction_keeps_few_events_in_memory(order_paid, ghosts, monkeypatch, failed):
    monkeypatch.setattr(fate, "MAX_GHOSTS", 3)
    monkeypatch.setattr(fate, "MAX_SENDINGS", 5)
    with pytest.raises(Undo), transaction.atomic():
        for note in range(7):
            order_paid.send(sender=None, note=note)
        raise Undo

    assert ghosts() == ([0, 1, 2], [])
    assert failed() == {"note": 2}


@pytest.mark.parametrize("publisher_mode", ["inline", "off"])
def test_without_a_thread_a_ghost_is_noted_with_the_next_event_or_not_at_all(
    order_paid, settings, ghosts, publisher_mode
):
    settings.SIGNALCAST = {"PUBLISHER": publisher_mode}
    with pytest.raises(Undo), transaction.atomic():
        order_paid.send(sender=None, note="a")
        raise Undo
    before = log.head(MAIN).noted
    order_paid.send(sender=None, note="b")
    if publisher_mode == "off":
        publisher().wake(0)

    assert before == 0
    assert ghosts() == ((["a"], ["b"]) if publisher_mode == "inline" else ([], ["b"]))


def test_a_child_that_lets_go_of_what_it_inherited_makes_no_ghost(order_paid, ghosts, monkeypatch):
    with transaction.atomic():
        order_paid.send(sender=None, note="a")
        monkeypatch.setattr(fate, "_process", os.getpid() + 1)
        connection.run_on_commit, kept = [], connection.run_on_commit
        del kept
        gc.collect()
        monkeypatch.undo()

    assert publisher().waiting_to_be_noted == 0


def test_the_ghosts_of_a_time_are_pruned_with_its_events(order_paid, ghosts):
    def rolled_back(note):
        with pytest.raises(Undo), transaction.atomic():
            order_paid.send(sender=None, note=note)
            raise Undo
        assert publisher().flush(5)

    rolled_back("a")
    order_paid.send(sender=None, note="first")
    assert publisher().flush(5)
    rolled_back("b")
    order_paid.send(sender=None, note="second")
    assert publisher().flush(5)
    rolled_back("c")
    log.prune(MAIN, 1)
    assert ghosts() == (["a", "b", "c"], ["first", "second"])
    log.prune(MAIN, 2)
    assert ghosts() == (["c"], ["second"])
    log.prune(MAIN, 3)
    assert ghosts() == ([], [])


def test_a_process_that_ends_in_a_transaction_says_nothing(database_url, transactional_db):
    script = (
        "import django; django.setup()\n"
        "from django.db import transaction\n"
        "from academy.signals import order_paid\n"
        "block = transaction.atomic(); block.__enter__()\n"
        "order_paid.send(sender=None, note='a')\n"
    )
    environment = os.environ | {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
    assert log.head(MAIN).noted == 0


def test_a_ghost_is_held_by_its_own_words_alone(order_paid, transactional_db):
    ghost = Ghost(an_event(), Sending(None, ""))

    assert json.loads(ghost.text("e" * 32))["unknown"] is True
    assert "reactions" not in json.loads(Ghost(an_event(), None).text(""))


def an_event():
    from events.event import Event

    time = now()
    return Event(id=new_id(time), stream=MAIN, type="shop.order_paid", source="/shop", time=time, data='{"a":"}"}')
