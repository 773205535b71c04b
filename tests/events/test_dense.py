"""*dense*: positions are 1, 2, 3, … without holes, and once N is visible nothing smaller ever appears later."""

import json
import random
import threading

import pytest
from django.db import connection, transaction

from events import log, numbering
from events.models import EventRow
from events.numbering import Busy, number
from events.process import publisher
from events.publication import sweep
from events.streams import MAIN


class Undo(Exception):
    pass


@pytest.fixture
def by_hand(settings, transactional_db):
    """Nobody publishes but the test."""
    settings.SIGNALCAST = {"PUBLISHER": "off"}


@pytest.fixture
def start():
    """Runs a function in a thread; all are waited for."""
    threads = []
    failed = []

    def run(function, *arguments):
        try:
            function(*arguments)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    def start(function, *arguments):
        thread = threading.Thread(target=run, args=(function, *arguments))
        threads.append(thread)
        thread.start()
        return thread

    yield start

    for thread in threads:
        thread.join()
    assert failed == []


def test_rollbacks_leave_no_holes(order_paid, positions, notes):
    for n in range(30):
        with transaction.atomic():
            order_paid.send(sender=None, note=n)
            transaction.set_rollback(n % 3 == 0)

    assert positions() == list(range(1, 21))
    assert notes() == [n for n in range(30) if n % 3]


def test_events_of_one_transaction_stand_in_the_order_in_which_they_were_sent(order_paid, notes):
    with transaction.atomic():
        for n in range(100):
            order_paid.send(sender=None, note=n)

    assert notes() == list(range(100))


@pytest.mark.only_on("postgresql")
def test_who_commits_later_stands_later_though_he_was_inserted_earlier(order_paid, notes, start):
    inserted, may_commit = threading.Event(), threading.Event()

    def commit_late():
        with transaction.atomic():
            order_paid.send(sender=None, note="late")
            inserted.set()
            assert may_commit.wait(5)

    thread = start(commit_late)
    assert inserted.wait(5)
    order_paid.send(sender=None, note="early")
    before = notes()
    may_commit.set()
    thread.join()

    assert before == ["early"]
    assert notes() == ["early", "late"]
    assert list(EventRow.objects.order_by("pk").values_list("position", flat=True)) == [2, 1]


@pytest.mark.usefixtures("by_hand")
def test_what_a_reader_has_passed_never_changes(order_paid, start):
    senders, transactions = 4, 25
    done = threading.Event()
    committed = []

    def business(seed):
        chance = random.Random(seed)
        for n in range(transactions):
            notes = [f"{seed}-{n}-{m}" for m in range(chance.randrange(1, 4))]
            with transaction.atomic():
                for note in notes:
                    order_paid.send(sender=None, note=note)
                undone = chance.random() < 0.2
                transaction.set_rollback(undone)
            committed.extend([] if undone else notes)

    def publish():
        while not done.is_set():
            try:
                number(MAIN, using="default")
            except Busy:
                continue

    threads = [start(business, seed) for seed in range(senders)]
    publishers = [start(publish) for _ in range(2)]
    read = []
    while any(thread.is_alive() for thread in threads):
        read += log.read(MAIN, len(read) + 1, 100).entries
    done.set()
    for thread in publishers:
        thread.join()
    number(MAIN, using="default")
    read += log.read(MAIN, len(read) + 1, 1000).entries

    assert [entry.position for entry in read] == list(range(1, len(committed) + 1))
    assert sorted(json.loads(entry.line)["data"]["note"] for entry in read) == sorted(committed)
    for seed in range(senders):
        sent = [json.loads(entry.line)["data"]["note"] for entry in read]
        assert in_order_of(seed, sent) == in_order_of(seed, committed)


def in_order_of(seed, notes):
    return [note for note in notes if note.startswith(f"{seed}-")]


@pytest.mark.usefixtures("by_hand")
def test_more_than_a_pass_can_take_is_numbered_in_several(order_paid, positions):
    with transaction.atomic():
        for _ in range(2001):
            order_paid.send(sender=None)
    sweep()

    assert positions() == list(range(1, 2002))


@pytest.mark.usefixtures("by_hand")
def test_whoever_is_woken_first_nobody_is_forgotten(order_paid, positions, monkeypatch):
    monkeypatch.setattr(numbering, "REACH", 0)
    with transaction.atomic():
        for _ in range(100):
            order_paid.send(sender=None)
    for row in EventRow.objects.order_by("-pk"):
        publisher().wake(row.pk)

    assert sorted(positions()) == list(range(1, 101))
    assert not EventRow.objects.filter(position=None).exists()


@pytest.mark.usefixtures("by_hand")
def test_a_sweep_finds_what_others_left_behind(order_paid, positions, monkeypatch):
    monkeypatch.setattr(numbering, "REACH", 0)
    order_paid.send(sender=None)
    order_paid.send(sender=None)
    newest = EventRow.objects.latest("pk").pk
    publisher().wake(newest + 1)
    before = positions()
    sweep()

    assert (before, positions()) == ([], [1, 2])
