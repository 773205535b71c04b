"""events.numbering, where others write at the same moment: a pass is right, or changes nothing."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.backends.signals import connection_created

from events import log, numbering
from events.event import Event, new_id, now
from events.models import EventRow, StreamRow
from events.numbering import Busy, Torn, number
from events.process import publisher
from events.publisher import Publisher
from events.streams import MAIN

from .test_numbering import append, caught, pass_from, positions

only_on_postgresql = pytest.mark.only_on("postgresql")


@pytest.fixture(autouse=True)
def database(transactional_db):
    return connection


@pytest.fixture
def other():
    """Another session of the database, with a transaction open."""
    session = connection.copy()
    with session.cursor() as cursor:
        cursor.execute("BEGIN")
        yield cursor
        cursor.execute("ROLLBACK")
    session.close()


@pytest.fixture
def elsewhere():
    """A session of another database of the same server."""
    session = connection.copy()
    session.settings_dict = session.settings_dict | {"NAME": "postgres"}
    with session.cursor() as cursor:
        yield cursor
    session.close()


@pytest.fixture
def meet(other, until):
    """Runs a function while the other session's transaction is in its way, and commits that once it waits."""

    def meet(function):
        outcome = []
        thread = threading.Thread(target=lambda: outcome.append(caught(function)))
        thread.start()
        until(somebody_waits_for_a_lock)
        other.execute("COMMIT")
        thread.join(5)
        return outcome[0]

    return meet


def somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


@only_on_postgresql
def test_a_pending_row_that_is_deleted_in_the_middle_of_a_pass_leaves_no_hole(other, meet):
    ids = append(5)
    log.open_stream(MAIN)
    other.execute("DELETE FROM signalcast_event WHERE id = %s", [ids[2]])
    outcome = meet(pass_from)

    assert isinstance(outcome, Torn)
    assert (positions(), log.head(MAIN).position) == ([None] * 4, 0)
    assert pass_from() == [1, 2, 3, 4]


@only_on_postgresql
def test_a_row_that_has_got_a_position_in_the_middle_of_a_pass_keeps_it(other, meet):
    ids = append(2)
    log.open_stream(MAIN)
    other.execute("UPDATE signalcast_event SET position = 7 WHERE id = %s", [ids[0]])
    outcome = meet(pass_from)

    assert isinstance(outcome, Torn)
    assert positions() == [7, None]


@only_on_postgresql
def test_two_that_open_a_stream_at_once_open_one(other, meet):
    append(2)
    other.execute("INSERT INTO signalcast_stream (name, epoch, head) VALUES ('main', 'theirs', 0)")

    assert meet(pass_from) == [1, 2]
    assert StreamRow.objects.get().epoch == log.head(MAIN).epoch == "theirs"


@only_on_postgresql
def test_a_pass_gives_way_to_who_takes_all_tables(other, until):
    append(2)
    log.open_stream(MAIN)
    other.execute("LOCK TABLE signalcast_event")
    failed = []
    take_the_rest = threading.Thread(
        target=lambda: failed.append(caught(lambda: other.execute("LOCK TABLE signalcast_stream") and None))
    )

    def meanwhile(execute, sql, *arguments):
        if "UPDATE signalcast_event" in sql:
            take_the_rest.start()
            until(somebody_waits_for_a_lock)
        return execute(sql, *arguments)

    with connection.execute_wrapper(meanwhile):
        outcome = caught(pass_from)
    take_the_rest.join(5)

    assert (type(outcome), failed) == (Busy, [None])
    other.execute("COMMIT")
    assert pass_from() == [1, 2]


@pytest.mark.parametrize("pace", [timedelta(seconds=1), timedelta(0), timedelta(seconds=-1)], ids=str)
def test_the_order_is_that_of_insertion_whatever_the_ids_and_times_say(pace, monkeypatch):
    monkeypatch.setattr(numbering, "BATCH", 10)
    sent = [now() + n * pace for n in range(25)]
    ids = [new_id(time) for time in sent]
    with transaction.atomic():
        for id, time in zip(ids, sent, strict=True):
            log.append(Event(id=id, stream=MAIN, type="shop.paid", source="/", time=time, data="{}"), using="default")
    numbered = [entry for _ in range(3) for entry in number(MAIN, using="default").entries]

    assert [entry.id for entry in numbered] == ids
    assert [entry.position for entry in numbered] == list(range(1, 26))


@only_on_postgresql
@pytest.mark.parametrize("where", ["other", "elsewhere"])
def test_an_idle_writer_holds_nothing_up(request, where):
    writer = request.getfixturevalue(where)
    if where == "elsewhere":
        writer.execute("BEGIN")
    writer.execute("SELECT pg_current_xact_id()")
    append(2)

    assert pass_from() == [1, 2]
    writer.execute("ROLLBACK")


@only_on_postgresql
def test_an_idle_sender_holds_up_its_own_events_alone(other):
    other.execute("INSERT INTO signalcast_event (event_id, text) VALUES ('theirs', '{}')")
    append(2)
    first = pass_from()
    other.execute("COMMIT")

    assert (first, pass_from()) == ([1, 2], [3])
    assert EventRow.objects.get(position=3).event_id == "theirs"


@only_on_postgresql
def test_a_publisher_that_finds_another_at_work_tries_again_and_calls_it_no_failure(order_paid, other, failed):
    log.open_stream(MAIN)
    other.execute("SELECT 1 FROM signalcast_stream FOR UPDATE")
    order_paid.send(sender=None)
    is_done = publisher().flush(0.2)
    other.execute("COMMIT")

    assert not is_done
    assert publisher().flush(5)
    assert positions() == [1]
    assert failed() == {}


@only_on_postgresql
def test_a_pass_leaves_nothing_behind_in_its_session():
    append(1)
    before = session()
    pass_from()

    assert session() == before


def session():
    """What a session may carry from one transaction to the next: a pooler would hand it to a stranger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'transaction_%' ORDER BY name")
        settings = cursor.fetchall()
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_listening_channels()),"
            " (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'),"
            " (SELECT count(*) FROM pg_class WHERE relpersistence = 't')"
        )
        return settings, cursor.fetchone()


class Pooler:
    """Hands each transaction a session that knows nothing of the ones before, as PgBouncer does in transaction mode."""

    def __init__(self):
        self.discarded = 0

    def watch(self, connection, **kwargs):
        connection.execute_wrappers.append(self.forget)

    def forget(self, execute, sql, params, many, context):
        raw = context["connection"].connection.pgconn
        if raw.transaction_status == 0:  # Outside of a transaction; past the driver, which would begin one.
            assert raw.exec_(b"DISCARD ALL").status == 1
            self.discarded += 1
        return execute(sql, params, many, context)


@only_on_postgresql
def test_behind_a_pooler_that_gives_each_transaction_another_session_everything_works(
    order_paid, notes, monkeypatch, failed
):
    pooler = Pooler()
    monkeypatch.setattr("events.process._publisher", Publisher())
    connection.close()
    connection_created.connect(pooler.watch)
    try:
        for n in range(3):
            order_paid.send(sender=None, note=n)
        with transaction.atomic():
            for n in range(3, 60):
                order_paid.send(sender=None, note=n)
        logged = notes()
        log.prune(MAIN, 11)
    finally:
        connection_created.disconnect(pooler.watch)
        connection.execute_wrappers.remove(pooler.forget)
        connection.close()

    assert logged == list(range(60))
    assert log.read(MAIN, 1, 100).entries[0].position == 11
    assert pooler.discarded > 10
    assert failed() == {}
    assert publisher().flush()
