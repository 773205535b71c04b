"""events.driver: an INSERT past the cursors does what one through them does, or leaves it to them. *harmless*."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connections, transaction
from django.test.utils import CaptureQueriesContext

from events import driver, log
from events.event import Event, new_id, now
from events.insertion import insert

pytestmark = pytest.mark.django_db(transaction=True)

ODD = '\'; DROP TABLE signalcast_event; -- \\ %s %% $1 ? {} "quoted" Übung 学校 \N{PARTY POPPER}'


@pytest.fixture
def connection():
    connection = connections["default"]
    connection.ensure_connection()
    return connection


def event(**changes):
    time = now()
    made = Event(id=new_id(time), stream="main", type="shop.sold", source="/shop", time=time, data="{}")
    return made._replace(correlation_id=made.id, **changes)


def rows(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, type, source, sender, subject, time, origin, text FROM signalcast_event ORDER BY id")
        return cursor.fetchall()


def append(event):
    return log.append(event, using="default")


@pytest.mark.parametrize("in_transaction", [False, True])
def test_both_ways_write_the_same_row(connection, in_transaction):
    sold = event(source=ODD, sender=ODD, subject=ODD, origin=ODD, data='{"note":"%s \\u00dc \'"}')
    again = sold._replace(id=new_id(sold.time))

    def both():
        assert driver.is_free(connection)
        first = append(sold)
        with CaptureQueriesContext(connection) as seen:
            second = append(again)
        assert len(seen) == 1
        return first, second

    if in_transaction:
        with transaction.atomic():
            rows(connection)  # Only now psycopg has begun it.
            ids = both()
    else:
        ids = both()

    straight, through = rows(connection)
    assert (straight[0], through[0]) == ids
    assert straight[1:-1] == through[1:-1]
    assert straight[2] == straight[3] == ODD
    assert straight[-1] == through[-1].replace(again.id, sold.id)


@pytest.mark.parametrize("in_transaction", [False, True])
def test_an_error_is_django_s_own_and_the_transaction_survives_it(connection, in_transaction):
    sold = event()
    append(sold)

    def twice():
        assert driver.is_free(connection)
        with pytest.raises(IntegrityError) as refused:
            append(sold)
        assert "event_id" in str(refused.value)
        assert refused.value.__cause__ is not None
        assert driver.is_free(connection)
        append(event())

    if in_transaction:
        with transaction.atomic():
            rows(connection)
            twice()
    else:
        twice()

    assert len(rows(connection)) == 2


@pytest.mark.only_on("postgresql")
def test_a_table_that_is_not_there_is_told_of_by_the_class_that_a_cursor_raises(connection):
    with pytest.raises(ProgrammingError, match="does not exist"):
        driver.insert(connection, "INSERT INTO nowhere VALUES (%s) RETURNING id", ("a",))
    assert connection.errors_occurred


def test_whoever_looks_on_sees_the_statement(connection):
    asked = []

    def note(execute, sql, *rest):
        asked.append(sql.split()[0])
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        assert not driver.is_free(connection)
        append(event())
    with CaptureQueriesContext(connection) as seen:
        append(event())

    assert (asked, len(seen)) == (["INSERT"], 1)


def test_where_a_test_may_have_no_database_nothing_is_written(connection, monkeypatch):
    """`SimpleTestCase` puts a function that raises in the place of the connection's own."""

    class Refused(Exception):
        pass

    def cursor():
        raise Refused

    monkeypatch.setattr(connection, "cursor", cursor)
    with pytest.raises(Refused):
        append(event())
    monkeypatch.undo()

    assert rows(connection) == []


def test_a_connection_of_another_class_is_asked_for_a_cursor(connection):
    """One of many schemas chooses it there."""
    own = type(connection)

    class Schemas(own):
        asked = 0

        def _cursor(self, name=None):
            self.asked += 1
            return super()._cursor(name)

    connection.__class__ = Schemas
    try:
        append(event())
        assert connection.asked == 1
    finally:
        connection.__class__ = own


def test_a_connection_whose_health_is_to_be_checked_is_left_to_django(connection):
    connection.health_check_enabled, connection.health_check_done = True, False

    assert not driver.is_free(connection)
    append(event())
    assert connection.health_check_done and driver.is_free(connection)


def test_a_transaction_that_must_be_rolled_back_takes_nothing(connection):
    with transaction.atomic():
        transaction.set_rollback(True)
        assert not driver.is_free(connection)
        with pytest.raises(transaction.TransactionManagementError):
            append(event())


def test_a_connection_of_another_thread_is_refused(connection):
    with ThreadPoolExecutor() as pool, pytest.raises(DatabaseError, match="can only be used in that same thread"):
        pool.submit(insert, event(), connection).result()
    assert rows(connection) == []


@pytest.mark.only_on("postgresql")
def test_a_transaction_that_has_not_begun_is_begun_by_the_driver(connection):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert not driver.is_free(connection)
        append(event())
        assert driver.is_free(connection)
        raise ZeroDivisionError

    assert rows(connection) == []


@pytest.mark.only_on("postgresql")
def test_a_connection_in_the_middle_of_something_is_left_to_the_cursor(connection):
    with connection.connection.pipeline():
        assert not driver.is_free(connection)
    stream = connection.connection.cursor().stream("SELECT generate_series(1, 3)")
    next(stream)
    assert not driver.is_free(connection)
    stream.close()
    assert driver.is_free(connection)


@pytest.mark.only_on("postgresql")
def test_a_connection_that_speaks_another_encoding_is_left_to_the_cursor(connection):
    with connection.cursor() as cursor:
        cursor.execute("SET client_encoding TO 'LATIN1'")
    assert not driver.is_free(connection)
    append(event(sender="Übung"))
    connection.close()

    assert rows(connection)[0][3] == "Übung"
