"""*committed*: an event is in the log if and only if the transaction that sent its signal committed."""

import pytest
from django.db import connection, connections, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import path

from academy.models import Course
from events.insertion import MAX_SAVEPOINTS
from events.process import publisher
from events.publication import sweep

paid = None


def pay(request, outcome):
    """A view, in a transaction when ATOMIC_REQUESTS is on."""
    paid.send(sender=None, note=outcome)
    if outcome == "fail":
        raise LookupError
    if outcome == "undo":
        transaction.set_rollback(True)
    return HttpResponse("paid")


urlpatterns = [path("pay/<outcome>", pay)]


@pytest.fixture
def pay_by_request(client, settings, monkeypatch, order_paid):
    monkeypatch.setitem(globals(), "paid", order_paid)
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    return lambda outcome: client.get(f"/pay/{outcome}").status_code


@pytest.fixture
def manual_commits(transactional_db):
    transaction.set_autocommit(False)
    yield
    transaction.rollback()
    transaction.set_autocommit(True)


class Undo(Exception):
    pass


def test_what_is_committed_is_in_the_log(order_paid, notes):
    with transaction.atomic():
        order_paid.send(sender=None, note="a")
        order_paid.send(sender=None, note="b")

    assert notes() == ["a", "b"]


def test_an_append_that_fails_with_autocommit_off_is_lost_and_said_to_be(
    manual_commits, order_paid, notes, failed, caplog, monkeypatch
):
    monkeypatch.setattr("events.receivers.new_id", lambda now: "00000000-0000-7000-8000-000000000000")
    order_paid.send(sender=None, note="a")
    order_paid.send(sender=None, note="lost, for its id is taken")
    transaction.commit()
    sweep()

    assert notes() == ["a"]
    assert failed() == {"append": 1, "retry": 1}
    assert "is lost: with autocommit off there is no commit to wait for" in caplog.text


def test_what_is_rolled_back_is_not(order_paid, notes):
    with pytest.raises(Undo), transaction.atomic():
        order_paid.send(sender=None, note="never")
        raise Undo
    order_paid.send(sender=None, note="a")

    assert notes() == ["a"]


def test_nothing_is_seen_before_the_commit(order_paid, notes):
    with transaction.atomic():
        order_paid.send(sender=None, note="a")
        assert publisher().flush(0)  # Nobody has been woken.

    assert notes() == ["a"]


def test_a_savepoint_that_is_rolled_back_takes_its_own_events_and_no_others(order_paid, notes):
    with transaction.atomic():
        order_paid.send(sender=None, note="before")
        with pytest.raises(Undo), transaction.atomic():
            order_paid.send(sender=None, note="never")
            raise Undo
        order_paid.send(sender=None, note="after")

    assert notes() == ["before", "after"]


def test_an_event_after_a_lost_savepoint_is_published_though_the_first_hook_is_gone(order_paid, positions):
    with transaction.atomic():
        with pytest.raises(Undo), transaction.atomic():
            order_paid.send(sender=None, note="never")
            raise Undo
        order_paid.send(sender=None, note="a")

    assert positions() == [1]


def test_nested_transactions_commit_as_one(order_paid, notes):
    with transaction.atomic():
        with transaction.atomic():
            order_paid.send(sender=None, note="inner")
        order_paid.send(sender=None, note="outer")

    assert notes() == ["inner", "outer"]


def test_an_outer_rollback_takes_the_inner_events_too(order_paid, notes):
    with pytest.raises(Undo), transaction.atomic():
        with transaction.atomic():
            order_paid.send(sender=None, note="never")
        raise Undo

    assert notes() == []


def test_a_rollback_that_was_asked_for_is_one(order_paid, notes):
    with transaction.atomic():
        order_paid.send(sender=None, note="never")
        transaction.set_rollback(True)

    assert notes() == []


def test_without_a_transaction_an_event_is_committed_at_once(order_paid, notes):
    with pytest.raises(Undo):
        order_paid.send(sender=None, note="a")
        raise Undo

    assert notes() == ["a"]


@pytest.mark.usefixtures("manual_commits")
def test_a_manual_commit_is_found_by_the_sweep(order_paid, notes, failed):
    order_paid.send(sender=None, note="a")
    transaction.commit()
    before = notes()
    sweep()

    assert (before, notes()) == ([], ["a"])
    assert failed() == {}


@pytest.mark.usefixtures("manual_commits")
def test_a_manual_rollback_leaves_nothing_to_find(order_paid, notes):
    order_paid.send(sender=None, note="never")
    transaction.rollback()
    sweep()

    assert notes() == []


@pytest.mark.parametrize(("outcome", "status", "logged"), [("go", 200, ["go"]), ("fail", 500, []), ("undo", 200, [])])
def test_a_request_is_one_transaction(pay_by_request, notes, outcome, status, logged):
    assert pay_by_request(outcome) == status

    assert notes() == logged


def test_a_thousand_signals_in_one_transaction_cost_few_savepoints(order_paid, notes):
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        for n in range(1000):
            order_paid.send(sender=None, note=n)

    made = [query for query in queries if query["sql"].startswith("SAVEPOINT")]
    inserted = [query for query in queries if "INSERT INTO signalcast_event" in query["sql"]]
    assert (len(made), len(inserted)) == (MAX_SAVEPOINTS if connection.vendor == "postgresql" else 0, 1000)
    assert notes() == list(range(1000))


@pytest.mark.only_on("postgresql")
def test_what_the_business_wants_done_after_the_commit_is_not_looked_through_for_each_event(order_paid, notes):
    class Hook:
        asked = 0

        @property
        def __module__(self):
            Hook.asked += 1
            return "shop.orders"

        def __call__(self):
            pass

    with transaction.atomic():
        for _ in range(1000):
            transaction.on_commit(Hook())
        for n in range(MAX_SAVEPOINTS):
            order_paid.send(sender=None, note=n)
        asked = Hook.asked
        order_paid.send(sender=None, note="one more")

    assert Hook.asked == asked
    assert len(notes()) == MAX_SAVEPOINTS + 1


@pytest.mark.only_on("postgresql")
def test_savepoints_that_were_rolled_back_do_not_count(order_paid, notes):
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        for _ in range(MAX_SAVEPOINTS):
            with pytest.raises(Undo), transaction.atomic():
                order_paid.send(sender=None, note="never")
                raise Undo
        queries.initial_queries = len(connection.queries_log)
        order_paid.send(sender=None, note="a")

    assert queries.captured_queries[0]["sql"].startswith("SAVEPOINT")
    assert notes() == ["a"]


def test_rows_and_event_commit_together(order_paid, notes):
    with pytest.raises(Undo), transaction.atomic():
        Course.objects.create(slug="a", title="A", price=1)
        order_paid.send(sender=Course, note="never")
        raise Undo
    with transaction.atomic():
        Course.objects.create(slug="b", title="B", price=1)
        order_paid.send(sender=Course, note="a")

    assert (Course.objects.get().slug, notes()) == ("b", ["a"])
