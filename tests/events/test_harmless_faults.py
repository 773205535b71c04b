"""*harmless*, when the database itself fails while an event is appended."""

import logging
import signal
from contextlib import closing, contextmanager, nullcontext, suppress
from math import inf, nan

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from academy.models import Course
from events import trial
from events.insertion import MAX_SAVEPOINTS, TransactionLost
from events.process import publisher

FULL = "could not extend file: No space left on device"


def sell(slug="a"):
    """Business, in the same transaction."""
    Course.objects.create(slug=slug, title="A", price=1)


def sold():
    return sorted(Course.objects.values_list("slug", flat=True))


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def full(transactional_db):
    """A PostgreSQL without room for another event. It answers as one whose disk is full."""

    def make_room():
        execute("DROP FUNCTION IF EXISTS full_disk() CASCADE")

    execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE '{FULL}' USING ERRCODE = 'disk_full'; END $$;"
        "CREATE TRIGGER full_disk BEFORE INSERT ON signalcast_event FOR EACH ROW EXECUTE FUNCTION full_disk()"
    )
    yield make_room
    assert publisher().flush()
    make_room()


@pytest.fixture
def failing(transactional_db):
    """A SQLite that takes the whole transaction back with the event, as it does when its disk fails."""
    execute(
        "CREATE TRIGGER failing BEFORE INSERT ON signalcast_event BEGIN SELECT RAISE(ROLLBACK, 'disk I/O error'); END"
    )
    yield
    execute("DROP TRIGGER IF EXISTS failing")


@pytest.fixture
def time_limit():
    """As Celery has it: an exception from a signal handler."""

    class TimeLimit(Exception):
        pass

    def end(*_):
        raise TimeLimit

    before = signal.signal(signal.SIGALRM, end)
    yield TimeLimit
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@contextmanager
def lock_of(other):
    """A transaction of another connection, which keeps everybody from the events, and is rolled back in the end."""
    with closing(other), other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE signalcast_event")
        yield


@pytest.mark.parametrize(
    "value",
    ["a\0b", "\ud800", nan, inf, 10**5000, b"\0\xff"],
    ids=["NUL", "surrogate", "NaN", "inf", "digits", "bytes"],
)
def test_what_a_database_cannot_store_is_no_failure_to_begin_with(order_paid, notes, failed, value):
    with transaction.atomic():
        order_paid.send(sender="a\0\ud800", note=value, notes=[{value: [value]}])
        sell()

    assert (sold(), len(notes())) == (["a"], 1)
    assert failed() == {}


@pytest.mark.only_on("postgresql")
def test_on_a_full_disk_the_business_goes_on_and_the_lost_event_is_told_with_the_remedy(
    order_paid, full, read_log, failed, caplog
):
    with transaction.atomic():
        sell("a")
        order_paid.send(sender=None, note="lost")
        sell("b")
    assert publisher().flush()
    full()

    assert (sold(), read_log()) == (["a", "b"], [])
    assert failed() == {"append": 1, "retry": 1}
    [error] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert error.action == "event_lost"
    assert "and not full?" in error.getMessage()
    assert FULL in caplog.text


@pytest.mark.only_on("postgresql")
def test_if_there_is_room_again_by_the_commit_nothing_is_lost(order_paid, full, read_log, failed):
    with transaction.atomic():
        order_paid.send(sender=None, note="a")
        sell()
        full()

    assert [(event["data"], event["recorded"]) for event in read_log()] == [({"note": "a"}, "aftercommit")]
    assert (sold(), failed()) == (["a"], {"append": 1})


@pytest.mark.only_on("postgresql")
def test_a_connection_that_breaks_takes_the_business_with_it_and_the_event(order_paid, read_log):
    killer = connection.copy()
    with pytest.raises(TransactionLost), transaction.atomic():
        sell()
        with killer.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        order_paid.send(sender=None, note="never")
    killer.close()

    assert (sold(), read_log()) == ([], [])


def test_a_sender_that_has_closed_its_connection_in_its_transaction_is_told(order_paid, notes, failed):
    with pytest.raises(TransactionLost), transaction.atomic():
        sell()
        connection.close()
        order_paid.send(sender=None, note="never")

    assert (sold(), notes(), failed()) == ([], [], {"append": 1})


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("block", [transaction.atomic, nullcontext])
def test_a_time_limit_that_runs_out_while_the_log_is_locked_is_the_sender_s(
    transactional_db, order_paid, time_limit, failed, block
):
    blocker = connection.copy()
    with lock_of(blocker):
        with pytest.raises(time_limit), block():
            sell()
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            order_paid.send(sender=None)

        assert sold() == ([] if block is transaction.atomic else ["a"])
    assert publisher().flush()
    assert failed() == {}


@pytest.mark.only_on("postgresql")
def test_so_is_one_that_runs_out_while_a_test_event_is_sent(transactional_db, order_paid, time_limit):
    with lock_of(connection.copy()), pytest.raises(time_limit):
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        trial.send("shop.order_paid")


@pytest.mark.only_on("postgresql")
def test_django_is_told_of_one_that_runs_out_after_the_commit_of_another_database(stream, other, time_limit, caplog):
    order_paid = stream(using=other)
    with lock_of(connection.copy()), transaction.atomic(using=other):
        order_paid.send(sender=None)
        signal.setitimer(signal.ITIMER_REAL, 0.2)

    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [time_limit]


@pytest.mark.only_on("postgresql")
def test_a_transaction_that_had_failed_before_is_not_taken_for_one_that_commits(order_paid, read_log):
    with pytest.raises(TransactionLost), transaction.atomic():
        sell()
        with suppress(DatabaseError):
            execute("SELECT 1 / 0")
        order_paid.send(sender=None, note="never")

    assert (sold(), read_log()) == ([], [])


def test_one_that_django_will_roll_back_anyway_is_no_news_to_the_sender(order_paid, notes):
    with transaction.atomic():
        sell("a")
        with pytest.raises(IntegrityError):
            sell("a")
        order_paid.send(sender=None, note="never")

    assert (sold(), notes()) == ([], [])


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("method", ["send", "send_robust"])
def test_after_so_many_events_that_there_are_no_savepoints_a_failure_loses_the_transaction_and_the_sender_is_told(
    order_paid, request, transactional_db, notes, failed, method
):
    error = TransactionLost if method == "send" else transaction.TransactionManagementError
    with pytest.raises(error), transaction.atomic():
        sell("a")
        for _ in range(MAX_SAVEPOINTS):
            order_paid.send(sender=None, note="never")
        request.getfixturevalue("full")
        getattr(order_paid, method)(sender=None, note="never")
        sell("b")

    assert (sold(), notes()) == ([], [])
    assert failed() == {"append": 1}


@pytest.mark.only_on("postgresql")
def test_however_many_events_cannot_be_appended_the_business_is_spared(order_paid, full, failed):
    with transaction.atomic():
        for _ in range(MAX_SAVEPOINTS + 2):
            order_paid.send(sender=None, note="lost")
        sell()
    assert publisher().flush(timeout=20)  # It connects anew for each.

    assert sold() == ["a"]
    assert failed() == {"append": MAX_SAVEPOINTS + 2, "retry": MAX_SAVEPOINTS + 2}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("sent_before", [0, MAX_SAVEPOINTS], ids=["the first", "one of many"])
def test_a_sender_whose_transaction_the_database_took_back_is_told(
    order_paid, request, transactional_db, notes, failed, sent_before
):
    with pytest.raises(TransactionLost, match="the whole transaction in 'default' is lost"), transaction.atomic():
        sell("a")
        for _ in range(sent_before):
            order_paid.send(sender=None, note="never")
        request.getfixturevalue("failing")
        order_paid.send(sender=None, note="never")

    assert (sold(), notes()) == ([], [])
    assert failed() == {"append": 1}


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("failing")
def test_nothing_is_committed_alone_after_the_database_took_the_rest_back(order_paid, notes):
    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        sell("a")
        with transaction.atomic():
            order_paid.send_robust(sender=None, note="never")
        sell("b")

    assert (sold(), notes()) == ([], [])


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("failing")
def test_without_a_transaction_there_is_none_to_lose(order_paid, failed):
    order_paid.send(sender=None, note="lost")
    assert publisher().flush()

    assert failed() == {"append": 1, "retry": 1}
