"""events.publisher: one thread that does the work after the commit, and survives its database."""

import re
import threading

import pytest
from django.db import connection, transaction
from django.db.backends.signals import connection_created

from events import outcomes
from events import publisher as module
from events.models import EventRow, NoteRow
from events.numbering import number
from events.process import publisher
from events.publication import mode, sweep
from events.publisher import Publisher

from .test_numbering import an_event


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "signalcast-publisher"]


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


@pytest.fixture
def mode_is(settings):
    def use(name):
        settings.SIGNALCAST = {"PUBLISHER": name}

    return use


@pytest.fixture
def stream_table(transactional_db):
    """Takes away the table that every pass needs, and puts it back."""

    class Table:
        def take_away(self):
            execute("ALTER TABLE signalcast_stream RENAME TO away")

        def put_back(self):
            if "away" in connection.introspection.table_names():
                execute("ALTER TABLE away RENAME TO signalcast_stream")

    yield Table()

    Table().put_back()


def test_one_thread_does_it_all_and_does_not_keep_the_process_alive(order_paid, positions, own):
    before = threads()
    for _ in range(20):
        order_paid.send(sender=None)

    assert positions() == list(range(1, 21))
    [started] = [thread for thread in threads() if thread not in before]
    assert started.daemon


def test_a_lone_event_is_published_at_once_and_what_follows_closely_in_one_pass(
    order_paid, own, until, monkeypatch, transactional_db
):
    passes = []

    def counted(stream, **options):
        numbered = number(stream, **options)
        passes.append([entry.position for entry in numbered.entries])
        return numbered

    monkeypatch.setattr(module, "number", counted)
    monkeypatch.setattr(module, "PAUSE", 2)
    monkeypatch.setattr(module.log, "SQLITE_PAUSE", 2)
    order_paid.send(sender=None)
    until(lambda: passes == [[1]], seconds=1.8)
    assert not own.flush(0.1)  # It pauses, but after the event.
    for _ in range(5):
        order_paid.send(sender=None)
    monkeypatch.setattr(module, "PAUSE", 0)
    monkeypatch.setattr(module.log, "SQLITE_PAUSE", 0)

    assert own.flush(10)
    assert passes == [[1], [2, 3, 4, 5, 6]]


def test_the_pause_after_a_pass_grows_with_what_it_brought_and_is_never_long():
    pauses = [module.pause_after(events) for events in (1, 5, 12, 20, 1000)]

    assert pauses == [0.005, 0.005, 0.012, 0.02, 0.02]


def test_an_idle_publisher_closes_its_connection_and_opens_one_when_it_is_woken(
    order_paid, positions, own, until, monkeypatch
):
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    order_paid.send(sender=None)
    assert own.flush()
    until(lambda: own._connection.connection is None)
    order_paid.send(sender=None)

    assert positions() == [1, 2]
    until(lambda: own._connection.connection is None)


@pytest.mark.only_on("postgresql")
def test_who_drops_or_copies_a_database_does_not_find_the_publisher_in_it(order_paid, positions, own):
    for _ in range(20):
        order_paid.send(sender=None)

    with connection._nodb_cursor():  # As a test run does.
        assert own._connection.connection is None

    assert positions() == list(range(1, 21))


@pytest.mark.only_on("postgresql")
def test_a_publisher_gives_back_what_is_of_a_pool_as_soon_as_it_has_no_work(pool, order_paid, positions, own, until):
    order_paid.send(sender=None)

    until(lambda: positions() == [1] and not pool.taken, seconds=module.IDLE_SECONDS / 2)


@pytest.mark.only_on("sqlite")
def test_a_publisher_that_is_never_idle_lets_go_of_its_file_now_and_then(order_paid, positions, own, monkeypatch):
    order_paid.send(sender=None)
    assert own.flush()
    assert own._connection.connection is not None
    monkeypatch.setattr(own, "_connected", own._connected - module.IDLE_SECONDS)

    own.wake(0)

    assert own.flush()
    assert own._connection.connection is None
    order_paid.send(sender=None)
    assert positions() == [1, 2]


def test_closing_an_idle_connection_keeps_no_sender_waiting(order_paid, positions, own, monkeypatch):
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    order_paid.send(sender=None)
    assert own.flush()
    closing, closed = threading.Event(), threading.Event()

    def close_slowly():
        closing.set()
        closed.wait(5)

    monkeypatch.setattr(own, "_disconnect", close_slowly)

    assert closing.wait(5)
    is_free = own._rung.acquire(blocking=False)
    closed.set()
    assert is_free
    own._rung.release()


def test_flush_waits_until_everything_is_done_and_says_when_it_gave_up(order_paid, stream_table, transactional_db):
    stream_table.take_away()
    order_paid.send(sender=None)
    assert not publisher().flush(0.05)
    stream_table.put_back()

    assert publisher().flush(5)
    assert EventRow.objects.get().position == 1


def test_a_publisher_with_nothing_to_do_is_flushed_at_once_and_starts_no_thread():
    alone = Publisher()

    assert alone.flush(0)
    assert alone._thread is None


def test_when_its_database_fails_it_tries_again_less_and_less_often_and_recovers(
    order_paid, positions, stream_table, failed, until, caplog
):
    stream_table.take_away()
    order_paid.send(sender=None)
    until(lambda: failed().get("publish", 0) >= 3)
    stream_table.put_back()

    assert positions() == [1]
    for seconds in ("0.1 s", "0.2 s", "0.4 s"):
        assert f"trying again in {seconds}" in caplog.text


def test_however_long_its_database_is_away_it_tries_again_every_few_seconds(
    order_paid, positions, stream_table, failed, until, caplog, monkeypatch
):
    monkeypatch.setattr(module, "MAX_BACKOFF", 0.1)
    stream_table.take_away()
    order_paid.send(sender=None)
    until(lambda: failed().get("publish", 0) >= 3)
    stream_table.put_back()

    assert positions() == [1]
    assert set(re.findall("trying again in (.*) s", caplog.text)) == {"0.1"}


def test_what_waited_for_a_position_is_noted_as_soon_as_it_has_one_and_somebody_flushes(
    order_paid, own, stream_table, failed, until, monkeypatch
):
    monkeypatch.setattr(outcomes, "WAIT", 60)
    stream_table.take_away()
    order_paid.send(sender=None)
    until(lambda: "publish" in failed())
    own._note()
    stream_table.put_back()

    assert own.flush(5)
    assert NoteRow.objects.get().position == 1


@pytest.mark.only_on("postgresql")
def test_a_lost_connection_is_made_anew(order_paid, positions, failed):
    order_paid.send(sender=None)
    assert positions() == [1]
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database()"
    )
    order_paid.send(sender=None)

    assert positions() == [1, 2]
    assert failed() == {"publish": 1}


@pytest.mark.only_on("postgresql")
def test_a_lost_connection_costs_one_write_and_none_after_it(transactional_db, own, positions, failed):
    own.write(an_event(), using="default")
    before = positions()
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database()"
    )
    with own._rung:  # So that both are there when the thread looks.
        for _ in range(2):
            own.write(an_event(), using="default")

    assert (before, positions()) == ([1], [1, 2])
    assert failed() == {"retry": 1}


def test_the_queue_takes_as_many_as_it_has_room_for(own, monkeypatch, transactional_db):
    monkeypatch.setattr("events.writes.SIZE", 3)
    with own._rung:
        taken = [own.write(an_event(), using="default") for _ in range(4)]

    assert taken == [True, True, True, False]


def test_a_write_that_fails_loses_no_other(transactional_db, failed, positions, caplog):
    first, second = an_event(), an_event()
    with transaction.atomic():  # On SQLite nothing can be written meanwhile, so that all of them wait together.
        for event in (first, first, second):
            assert publisher().write(event, using="default")

    assert positions() == [1, 2]
    assert failed() == {"retry": 1}
    assert f"The event {first.id} of type shop.order_paid is lost" in caplog.text


def test_inline_the_sender_publishes_after_its_commit(order_paid, mode_is, own, transactional_db):
    mode_is("inline")
    with transaction.atomic():
        order_paid.send(sender=None)
        assert EventRow.objects.get().position is None

    assert EventRow.objects.get().position == 1
    assert own._thread is None


def test_inline_a_failure_is_the_sweep_s_to_repair_and_not_the_sender_s(
    order_paid, mode_is, stream_table, failed, positions
):
    mode_is("inline")
    stream_table.take_away()
    order_paid.send(sender=None)
    stream_table.put_back()
    before = positions()
    sweep()

    assert (before, positions()) == ([], [1])
    assert failed() == {"publish": 1}


@pytest.mark.only_on("postgresql")
def test_inline_a_publisher_that_is_busy_is_no_failure(order_paid, mode_is, positions, failed):
    mode_is("inline")
    order_paid.send(sender=None)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT 1 FROM signalcast_stream FOR UPDATE")
        order_paid.send(sender=None)
        before = positions()
        cursor.execute("ROLLBACK")
    other.close()
    sweep()

    assert (before, positions()) == ([1], [1, 2])
    assert failed() == {}


def test_off_leaves_it_to_the_sweep_of_a_server(order_paid, mode_is, positions):
    mode_is("off")
    order_paid.send(sender=None)
    before = positions()
    sweep()

    assert (before, positions()) == ([], [1])


@pytest.mark.parametrize("name", ["thread", "inline", "off"])
def test_the_mode_is_the_one_that_was_set(mode_is, name):
    mode_is(name)

    assert mode() == name


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("in_memory")
def test_in_memory_there_is_no_thread(mode_is):
    mode_is("thread")
    sweep()

    assert mode() == "inline"
    assert publisher()._thread is None


@pytest.mark.usefixtures("in_memory")
def test_off_costs_a_test_suite_in_memory_one_statement(order_paid, mode_is, django_assert_num_queries):
    mode_is("off")

    with django_assert_num_queries(1):
        order_paid.send(sender=None)


def test_that_it_connects_is_no_event_which_would_have_it_connect_again(order_paid, stream, read_log, own):
    connection.ensure_connection()
    stream(connection_created, type="django.connection_created")
    order_paid.send(sender=None)
    assert own.leave(10)
    order_paid.send(sender=None)

    assert [event["type"] for event in read_log()] == ["shop.order_paid"] * 2
