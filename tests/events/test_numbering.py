"""events.numbering: one pass, in which pending rows get the next positions."""

import threading

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from events import log, numbering, turn
from events.event import Event, new_id, now
from events.models import EventRow
from events.numbering import BATCH, Busy, Torn, is_pending, number
from events.streams import MAIN


def append(count=1):
    """So many rows that wait; returns their ids."""
    with transaction.atomic():
        return [log.append(an_event(), using="default") for _ in range(count)]


def an_event():
    time = now()
    return Event(id=new_id(time), stream=MAIN, type="shop.order_paid", source="/shop", time=time, data="{}")


def pass_from(first=0):
    return [entry.position for entry in number(MAIN, using="default", first=first).entries]


def positions():
    """Of all rows, in the order in which they were inserted."""
    return list(EventRow.objects.order_by("pk").values_list("position", flat=True))


@pytest.fixture(autouse=True)
def database(transactional_db):
    return connection


@pytest.fixture
def tear(database):
    """Has the database leave a row out when a pass numbers it, and puts it right again."""

    def leave_out(position):
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(
                    f"CREATE TRIGGER torn BEFORE UPDATE ON signalcast_event WHEN NEW.position = {position}"
                    " BEGIN SELECT RAISE(IGNORE); END"
                )
            else:
                cursor.execute(
                    f"CREATE FUNCTION torn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                    f" IF NEW.position = {position} THEN RETURN NULL; END IF; RETURN NEW; END $$;"
                    f"CREATE TRIGGER torn BEFORE UPDATE ON signalcast_event FOR EACH ROW EXECUTE FUNCTION torn()"
                )

    def put_right():
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("DROP TRIGGER IF EXISTS torn")
            else:
                cursor.execute("DROP FUNCTION IF EXISTS torn() CASCADE")

    leave_out.put_right = put_right
    yield leave_out
    put_right()


def test_pending_rows_get_the_next_positions_in_the_order_of_insertion():
    append(3)
    assert pass_from() == [1, 2, 3]
    append(2)
    assert pass_from() == [4, 5]

    assert positions() == [1, 2, 3, 4, 5]
    assert log.head(MAIN).position == 5


def test_a_pass_with_nothing_to_do_does_nothing():
    append(1)

    assert (pass_from(), pass_from(), pass_from()) == ([1], [], [])
    assert log.head(MAIN).position == 1


def test_a_pass_takes_a_thousand_rows_and_the_next_one_the_rest():
    append(BATCH + 1)

    assert pass_from() == list(range(1, BATCH + 1))
    assert is_pending(MAIN, using="default")
    assert pass_from() == [BATCH + 1]
    assert not is_pending(MAIN, using="default")


def test_a_pass_takes_what_was_inserted_shortly_before_the_row_it_was_woken_for():
    ids = append(4)

    assert not is_pending(MAIN, using="default", first=ids[-1] + 1)
    assert is_pending(MAIN, using="default", first=ids[-1])
    assert pass_from(ids[-1]) == [1, 2, 3, 4]
    assert positions() == [1, 2, 3, 4]


def test_a_pass_does_not_look_at_everything_that_ever_was(monkeypatch):
    monkeypatch.setattr(numbering, "REACH", 1)
    ids = append(4)

    assert pass_from(ids[3]) == [1, 2]
    assert pass_from() == [3, 4]
    assert positions() == [3, 4, 1, 2]


def test_what_a_full_pass_left_behind_is_taken_first_whoever_is_woken_next(monkeypatch):
    monkeypatch.setattr(numbering, "REACH", 0)
    monkeypatch.setattr(numbering, "BATCH", 2)
    ids = append(5)

    assert pass_from(ids[0]) == [1, 2]
    assert pass_from(ids[4]) == [3, 4]
    assert positions() == [1, 2, 3, 4, None]
    assert pass_from(ids[4]) == [5]
    assert positions() == [1, 2, 3, 4, 5]


def test_a_backlog_that_was_worked_off_is_forgotten(monkeypatch):
    monkeypatch.setattr(numbering, "REACH", 0)
    monkeypatch.setattr(numbering, "BATCH", 2)
    append(3)
    pass_from(), pass_from()
    ids = append(2)

    assert pass_from(ids[1]) == [4]
    assert positions() == [1, 2, 3, None, 4]


def test_a_torn_pass_changes_nothing_and_the_next_one_does_it_all(tear):
    append(1)
    pass_from()
    append(4)
    tear(3)
    with pytest.raises(Torn):
        number(MAIN, using="default")

    assert positions() == [1, None, None, None, None]
    assert log.head(MAIN).position == 1

    tear.put_right()
    assert pass_from() == [2, 3, 4, 5]


def test_a_pass_whose_transaction_is_undone_leaves_its_rows_pending():
    append(2)
    with transaction.atomic():
        assert pass_from() == [1, 2]
        transaction.set_rollback(True)

    assert positions() == [None, None]
    assert pass_from() == [1, 2]


def test_publishers_that_race_number_everything_once():
    append(200)
    start = threading.Barrier(4)
    taken = []

    def publish():
        start.wait()
        while is_pending(MAIN, using="default"):
            try:
                taken.extend(pass_from())
            except Busy:
                continue
        connection.close()

    threads = [threading.Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert taken == list(range(1, 201))
    assert positions() == taken


@pytest.mark.only_on("postgresql")
def test_while_another_publisher_is_at_work_a_pass_does_not_wait():
    append(1)
    pass_from()
    append(1)
    with transaction.atomic():
        assert pass_from() == [2]
        other = in_another_thread(pass_from)

    assert isinstance(other, Busy)
    assert positions() == [1, 2]


@pytest.mark.parametrize("name", ["sqlstate", "pgcode"])
def test_a_pass_that_waits_too_long_for_a_lock_is_busy_whichever_psycopg_says_so(name):
    append()

    class Refused(Exception):
        pass

    def refuse(execute, *arguments):
        cause = Refused()
        setattr(cause, name, "55P03")
        raise OperationalError("canceling statement due to lock timeout") from cause

    with connection.execute_wrapper(refuse), pytest.raises(Busy):
        pass_from()

    assert pass_from() == [1]


@pytest.mark.only_on("postgresql")
def test_a_publisher_that_stops_in_its_transaction_is_thrown_out(monkeypatch):
    monkeypatch.setattr(turn, "_POSTGRESQL", turn._POSTGRESQL.replace("'5s'", "'200ms'"))
    append(3)
    stopped, go_on = threading.Event(), threading.Event()

    def stop_before_the_commit(execute, sql, *rest):
        if sql.startswith("UPDATE signalcast_stream"):
            stopped.set()
            assert go_on.wait(5)
        return execute(sql, *rest)

    def stop():
        with connection.execute_wrapper(stop_before_the_commit):
            pass_from()

    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(caught(stop)))
    thread.start()
    assert stopped.wait(5)
    refused = 0
    while isinstance(taken := caught(pass_from), Busy):
        refused += 1
    go_on.set()
    thread.join()

    assert taken == [1, 2, 3]
    assert refused > 0
    assert isinstance(outcome[0], DatabaseError)
    assert positions() == [1, 2, 3]


def test_a_pass_that_finds_nothing_writes_nothing():
    append(2)
    pass_from()
    written = []

    def see(execute, sql, *rest):
        result = execute(sql, *rest)
        if sql.lstrip().startswith("UPDATE"):
            written.append(rest[-1]["cursor"].rowcount)
        return result

    with connection.execute_wrapper(see):
        assert pass_from() == []

    assert sum(written) <= 0


@pytest.mark.only_on("postgresql")
def test_a_pass_reads_what_is_committed_whatever_the_project_prefers():
    append(1)
    log.open_stream(MAIN)
    seen = []

    def ask(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT epoch, head"):
            with context["connection"].cursor().connection.cursor() as cursor:
                seen.extend(cursor.execute("SHOW transaction_isolation").fetchone())
        return result

    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    try:
        with connection.execute_wrapper(ask):
            assert pass_from() == [1]
    finally:
        connection.close()

    assert seen == ["read committed"]


def caught(function):
    """What a function returns or raises."""
    try:
        return function()
    except Exception as error:
        return error
    finally:
        if threading.current_thread() is not threading.main_thread():
            connection.close()


def in_another_thread(function):
    result = []
    thread = threading.Thread(target=lambda: result.append(caught(function)))
    thread.start()
    thread.join(timeout=5)
    return result[0] if result else "it waits"
