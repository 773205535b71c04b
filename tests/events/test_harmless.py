"""*harmless*: streaming never breaks, blocks or slows the sender."""

import asyncio
import logging
import time
from contextlib import nullcontext
from dataclasses import replace

import pytest
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, connections, transaction
from django.dispatch import Signal
from django.test import SimpleTestCase
from django.test.utils import CaptureQueriesContext

from academy.models import Course
from events import attach, detach
from events.attachment import attached
from events.process import publisher
from events.publication import sweep
from events.receivers import record


class Broken(Exception):
    pass


def sell():
    """Business, in the same transaction."""
    Course.objects.create(slug="a", title="A", price=1)


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def verbs(queries):
    """The first word of each statement, query by query."""
    return [[statement.split()[0] for statement in query["sql"].split("; ")] for query in queries]


def lock_the_log():
    """Nobody else can append until the transaction ends; on SQLite that is so anyway."""
    if connection.vendor == "postgresql":
        execute("LOCK TABLE signalcast_event IN EXCLUSIVE MODE")


@pytest.fixture
def take_away(transactional_db):
    """Takes the log's table away, and puts it back, at the end of the test if not before."""

    def put_back():
        if "away" in connection.introspection.table_names():
            execute("ALTER TABLE away RENAME TO signalcast_event")

    def take():
        execute("ALTER TABLE signalcast_event RENAME TO away")
        return put_back

    yield take

    assert publisher().flush()
    put_back()


@pytest.fixture
def bound_by_the_server(transactional_db, monkeypatch):
    """PostgreSQL takes statement and values apart from each other, and then one statement a round trip."""
    options = connection.settings_dict["OPTIONS"] | {"server_side_binding": True}
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)

    yield

    assert publisher().flush()
    connection.close()


@pytest.fixture
def warnings_of(caplog):
    return lambda level: [r for r in caplog.records if r.name == "signalcast.events" and r.levelno == level]


def test_a_failed_append_spares_the_business_and_is_made_up_for_after_the_commit(
    order_paid, take_away, read_log, failed, warnings_of
):
    with transaction.atomic():
        put_back = take_away()
        order_paid.send(sender=None, note="a")
        sell()
        put_back()

    assert Course.objects.count() == 1
    assert [(event["data"], event["recorded"]) for event in read_log()] == [({"note": "a"}, "aftercommit")]
    assert failed() == {"append": 1}
    assert len(warnings_of(logging.WARNING)) == 1


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("in_memory")
def test_in_memory_it_is_made_up_for_without_a_thread_which_would_lock_the_business_out(
    order_paid, take_away, read_log
):
    with transaction.atomic():
        put_back = take_away()
        order_paid.send(sender=None, note="a")
        put_back()

    assert [event["recorded"] for event in read_log()] == ["aftercommit"]
    assert publisher()._thread is None


def test_a_second_failure_is_counted_and_told_with_the_remedy(order_paid, take_away, read_log, failed, warnings_of):
    put_back = take_away()
    with transaction.atomic():
        order_paid.send(sender=None, note="lost")
        sell()
    assert publisher().flush()
    put_back()

    assert Course.objects.count() == 1
    assert read_log() == []
    assert failed() == {"append": 1, "retry": 1}
    assert "migrated (manage.py migrate)" in warnings_of(logging.ERROR)[0].getMessage()


def test_while_this_process_migrates_what_is_lost_is_told_in_one_line(order_paid, take_away, failed, warnings_of):
    emit_pre_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
    take_away()
    order_paid.send(sender=None)
    emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)

    assert failed() == {"append": 1, "retry": 1}
    assert [record.getMessage() for record in warnings_of(logging.WARNING)] == [
        "1 events are lost: they were sent before the log had its tables, which manage.py migrate makes"
    ]
    assert warnings_of(logging.ERROR) == []


def test_what_could_not_be_appended_and_was_rolled_back_is_not_made_up_for(order_paid, take_away, read_log, failed):
    with pytest.raises(Broken), transaction.atomic():
        take_away()
        order_paid.send(sender=None, note="never")
        raise Broken

    assert read_log() == []
    assert failed() == {"append": 1}


@pytest.mark.parametrize("commits", [False, True])
def test_where_the_business_rolls_back_anyway_nothing_is_said_and_should_it_commit_nothing_is_lost(
    order_paid, failed, caplog, read_log, commits
):
    with transaction.atomic():
        transaction.set_rollback(True)
        order_paid.send(sender=None)
        transaction.set_rollback(not commits)
    publisher().flush()

    assert (failed(), caplog.records) == ({}, [])
    assert len(read_log()) == commits


def test_a_failure_without_a_transaction_is_survived_too(order_paid, take_away, failed, caplog):
    take_away()
    order_paid.send(sender=None, note="lost")
    assert publisher().flush()

    assert failed() == {"append": 1, "retry": 1}
    # A line for each, and no traceback: before `manage.py migrate` each signal is told of, and that may be hundreds.
    told = [each for each in caplog.records if each.action in ("append_failed", "event_lost")]
    assert [("signalcast_event" in each.getMessage(), bool(each.exc_info)) for each in told] == [(True, False)] * 2


def test_a_sender_that_cannot_connect_is_spared_and_its_event_is_made_up_for(order_paid, read_log, failed, monkeypatch):
    connection.close()
    with monkeypatch.context() as away:
        # In this thread alone.
        away.setattr(connections["default"], "settings_dict", connection.settings_dict | {"NAME": "/no/where"})
        order_paid.send(sender=None, note="a")

    assert [(event["data"], event["recorded"]) for event in read_log()] == [({"note": "a"}, "aftercommit")]
    assert failed() == {"append": 1}


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("timeout", ["statement_timeout", "lock_timeout"])
def test_a_locked_log_costs_the_sender_its_own_timeout_and_nothing_else(order_paid, notes, failed, timeout):
    locker = connection.copy()
    with locker.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE signalcast_event IN ACCESS EXCLUSIVE MODE")
        with transaction.atomic():
            execute(f"SET LOCAL {timeout} = '50ms'")
            order_paid.send(sender=None, note="a")
            sell()
            cursor.execute("ROLLBACK")
    locker.close()

    assert (Course.objects.count(), notes()) == (1, ["a"])
    assert failed() == {"append": 1}


@pytest.mark.only_on("postgresql")
def test_a_value_that_does_not_fit_its_column_spares_the_business(order_paid, failed, read_log):
    attached[order_paid] = replace(attached[order_paid], type="shop." + "x" * 300)
    with transaction.atomic():
        order_paid.send(sender=None)
        sell()

    assert (Course.objects.count(), read_log()) == (1, [])
    assert failed() == {"append": 1, "retry": 1}


def test_the_receiver_does_not_raise_even_where_nothing_is_attached(order_paid, failed, read_log):
    detach(order_paid)
    order_paid.connect(record)

    assert order_paid.send(sender=None, note="never") == [(record, None)]
    assert (failed(), read_log()) == ({"record": 1}, [])


def test_a_send_costs_one_insert_and_no_other_query(order_paid, notes):
    with CaptureQueriesContext(connection) as alone:
        order_paid.send(sender=None, note="a")
    assert publisher().flush()
    with transaction.atomic(), CaptureQueriesContext(connection) as within:
        order_paid.send(sender=None, note="b")

    assert verbs(alone) == [["INSERT"]]
    in_a_savepoint = [["SAVEPOINT", "INSERT", "RELEASE"]]
    assert verbs(within) == (in_a_savepoint if connection.vendor == "postgresql" else [["INSERT"]])
    assert notes() == ["a", "b"]


@pytest.mark.only_on("postgresql")
def test_where_the_server_binds_a_savepoint_costs_round_trips_and_spares_the_business_all_the_same(
    order_paid, notes, failed, bound_by_the_server
):
    with transaction.atomic(), CaptureQueriesContext(connection) as within:
        order_paid.send(sender=None, note="a")
        attached[order_paid] = replace(attached[order_paid], type="shop." + "x" * 300)
        order_paid.send(sender=None, note="lost")
        sell()

    assert verbs(within)[:5] == [["SAVEPOINT"], ["INSERT"], ["RELEASE"], ["SAVEPOINT"], ["INSERT"]]
    assert (Course.objects.count(), notes()) == (1, ["a"])
    assert failed() == {"append": 1, "retry": 1}


@pytest.mark.only_on("postgresql")
def test_a_pipeline_of_the_business_goes_on(order_paid, notes, failed):
    with transaction.atomic(), connection.connection.pipeline():
        sell()
        connection.connection.cursor().execute("SELECT 1")  # Whose answer nobody waits for.
        order_paid.send(sender=None, note="a")
        Course.objects.update(title="B")

    assert (Course.objects.get().title, notes(), failed()) == ("B", ["a"], {})


@pytest.mark.only_on("postgresql")
def test_what_fails_in_a_pipeline_is_a_failed_append_all_the_same(order_paid, failed, transactional_db):
    attached[order_paid] = replace(attached[order_paid], type="shop." + "x" * 300)
    aborted = connection.Database.errors.PipelineAborted
    with pytest.raises(aborted), transaction.atomic(), connection.connection.pipeline():
        order_paid.send(sender=None)

    assert failed() == {"append": 1}


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("in_transaction", [False, True])
def test_a_business_that_goes_through_a_stream_of_rows_goes_on(order_paid, notes, failed, in_transaction):
    connection.ensure_connection()
    with transaction.atomic() if in_transaction else nullcontext(), connection.connection.cursor() as cursor:
        for (number,) in cursor.stream("SELECT generate_series(1, 3)"):
            order_paid.send(sender=None, note=number)

    assert publisher().flush()
    assert (notes(), failed()) == ([1, 2, 3], {"append": 3})


def test_savepoints_of_the_business_stay_whatever_becomes_of_an_append(order_paid, take_away, notes):
    with transaction.atomic():
        order_paid.send(sender=None, note="a")
        with pytest.raises(Broken), transaction.atomic():
            sell()
            put_back = take_away()
            order_paid.send(sender=None, note="never")
            put_back()
            raise Broken
        order_paid.send(sender=None, note="b")

    assert (Course.objects.count(), notes()) == (0, ["a", "b"])


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_hook_around_queries_that_fails_costs_neither_the_business_nor_the_event(order_paid, notes, when):
    def hook(execute, *query):
        if when == "before":
            raise Broken
        execute(*query)
        raise Broken

    with transaction.atomic():
        with connection.execute_wrapper(hook):
            order_paid.send(sender=None, note="a")
        sell()
    sweep()

    assert (Course.objects.count(), notes()) == (1, ["a"])


async def test_a_plain_send_in_async_code_does_not_wait_for_the_database(order_paid, transactional_db):
    started = time.perf_counter()
    order_paid.send(sender=None, note="a")

    assert time.perf_counter() - started < 0.1


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("in_memory")
async def test_in_memory_a_plain_send_in_async_code_starts_no_thread_which_would_lock_the_business_out(
    order_paid, failed, caplog
):
    order_paid.send(sender=None)

    assert publisher()._thread is None
    assert (failed(), caplog.records) == ({}, [])


async def test_a_transaction_in_async_code_that_is_rolled_back_leaves_no_event(order_paid, read_log, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with pytest.raises(Broken), transaction.atomic():
        order_paid.send(sender=None, note="never")
        raise Broken

    assert read_log() == []
    connection.close()  # A task has connections of its own.


def test_when_the_queue_is_full_an_event_is_lost_and_counted(order_paid, notes, failed, monkeypatch, warnings_of):
    monkeypatch.setattr("events.writes.SIZE", 3)

    async def send_ten():
        for n in range(10):
            order_paid.send(sender=None, note=n)

    with transaction.atomic():
        lock_the_log()
        asyncio.run(send_ten())

    kept = notes()
    assert kept[:3] == [0, 1, 2]
    assert failed() == {"full": 10 - len(kept)}
    assert len(kept) <= 6
    assert len(warnings_of(logging.ERROR)) == 10 - len(kept)


def test_where_a_test_may_not_use_the_database_nothing_is_recorded_nor_said(order_paid, failed, caplog):
    with pytest.raises(RuntimeError, match="not allowed"):
        sell()

    order_paid.send(sender=None)

    assert failed() == {}
    assert caplog.records == []


class Forbidden(SimpleTestCase):
    def test_neither_where_django_forbids_it(self):
        order_paid = Signal()
        attach(order_paid, type="shop.order_paid")
        self.addCleanup(detach, order_paid)

        with self.assertRaises(AssertionError):
            sell()
        with self.assertNoLogs():
            order_paid.send(sender=None)
