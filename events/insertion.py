"""Insertion: an event becomes a row, in the transaction in which it was sent. It gets its position later.

Plain SQL, since it is short, costs the sender least, and sends no signals of its own. No transaction starts here.
"""

import contextlib
from datetime import datetime
from itertools import islice

from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError, Error, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from . import driver, metrics
from .event import Event, rfc3339
from .summary import one_line

# 60 savepoints in one transaction are harmless on PostgreSQL, 1,000 slow every other connection by a third.
MAX_SAVEPOINTS = 50

# The modules of the hooks of our events: of one that was inserted, and of one that could not be.
_INSERTED, _FAILED = f"{__package__}.fate", f"{__package__}.receivers"

_COLUMNS = "event_id, stream, type, source, sender, subject, time, correlation_id, causation_id, origin, text"
_INSERT = f"INSERT INTO signalcast_event ({_COLUMNS}) VALUES ({', '.join(['%s'] * 11)})"
_INSERT_RETURNING = f"{_INSERT} RETURNING id"
_INSERT_IN_SAVEPOINT = f"SAVEPOINT signalcast; {_INSERT_RETURNING}; RELEASE SAVEPOINT signalcast"
_ROLL_BACK = "ROLLBACK TO SAVEPOINT signalcast; RELEASE SAVEPOINT signalcast"


class TransactionLost(DatabaseError):
    """An event could not be appended, and the whole transaction is lost with it.

    A full or failing disk under SQLite does that, and a connection that breaks; on PostgreSQL whatever fails after 50
    events of one transaction that did not, or failed before in the sender's own statements, past the ORM.
    """

    def __init__(self, using: str) -> None:
        super().__init__(f"an event could not be appended, and the whole transaction in {using!r} is lost with it")


class Interrupted(BaseException):
    """What a signal handler raised while the INSERT waited for the database, for a lock perhaps: a time limit, say.

    It is the sender's, and no failure of ours. The connection was closed: its statement is still under way.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self.error = error


def insert(event: Event, connection: BaseDatabaseWrapper) -> int:
    """Insert an event that has no position yet, in the transaction that is open, if one is. Returns the row's id.

    Raises what the database raises; the caller's transaction survives that. Where it does not, raises TransactionLost,
    and lets no other statement into the block. Raises Interrupted.
    """
    row = (
        event.id,
        event.stream,
        event.type,
        event.source,
        event.sender,
        event.subject,
        column_time(event.time, connection),
        event.correlation_id,
        event.causation_id,
        event.origin,
        event.encode(),
    )
    try:
        row_id = _insert_as_wanted(row, connection)
    except BaseException as error:
        if _is_somebody_else_s(error) and driver.status(connection) == driver.ACTIVE:
            connection.close()
            raise Interrupted(error) from error
        if _is_lost(connection):
            # The caller's COMMIT would do nothing, and say nothing. On SQLite what it did until then would stay, alone.
            connection.needs_rollback = True
            if isinstance(error, Exception):
                raise TransactionLost(connection.alias) from error
        raise
    metrics.appended.inc()
    return row_id


def column_time(time: datetime, connection: BaseDatabaseWrapper) -> str:
    """As the column wants it. SQLite has no time zones; Django's form there is UTC, in text."""
    text = rfc3339(time)
    return f"{text[:10]} {text[11:-1].removesuffix('.000000')}" if connection.vendor == "sqlite" else text


def reason(error: BaseException) -> str:
    """Why an event could not be inserted, in a line for the log."""
    return one_line(f"{type(error).__name__}: {error}")


def _insert_as_wanted(row: tuple[str, ...], connection: BaseDatabaseWrapper) -> int:
    # As a cursor would: it refuses where a loop runs, in another thread, and where a test may have no database.
    connection.ensure_connection()
    connection.validate_thread_sharing()
    wants_savepoint = _wants_savepoint(connection)
    if driver.is_free(connection):
        return _insert_straight(row, connection, wants_savepoint)
    if driver.is_busy(connection):
        raise OperationalError("the connection is in the middle of another query")
    if not wants_savepoint:
        return _insert(row, connection)
    if _takes_several_statements(connection):
        return _insert_in_one_round_trip(row, connection)
    return _insert_in_savepoint(row, connection)


def _insert_straight(row: tuple[str, ...], connection: BaseDatabaseWrapper, wants_savepoint: bool) -> int:
    if not wants_savepoint:
        # SQLite knows the row's id anyway; to have it returned costs 3 µs.
        return driver.insert(connection, _INSERT if connection.vendor == "sqlite" else _INSERT_RETURNING, row)
    try:
        return driver.insert(connection, _INSERT_IN_SAVEPOINT, row)
    except BaseException:
        _take_back(connection)
        raise


def _insert(row: tuple[str, ...], connection: BaseDatabaseWrapper) -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(_INSERT, row)
            return int(cursor.lastrowid)
        cursor.execute(_INSERT_RETURNING, row)
        return int(cursor.fetchone()[0])


def _insert_in_savepoint(row: tuple[str, ...], connection: BaseDatabaseWrapper) -> int:
    savepoint = connection.savepoint()
    try:
        row_id = _insert(row, connection)
    except BaseException:
        with contextlib.suppress(Error):  # It may be gone, with the transaction.
            connection.savepoint_rollback(savepoint)
        raise
    connection.savepoint_commit(savepoint)
    return row_id


def _insert_in_one_round_trip(row: tuple[str, ...], connection: BaseDatabaseWrapper) -> int:
    """The same. Three round trips would cost the sender two and a half times as much."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT_IN_SAVEPOINT, row)
            cursor.nextset()  # From the savepoint's result to the row's.
            row_id: int = cursor.fetchone()[0]
            return row_id
    except BaseException:
        _take_back(connection)
        raise


def _take_back(connection: BaseDatabaseWrapper) -> None:
    # Else all of it was done, or nothing: there is no savepoint, and to ask for it would spoil the transaction.
    if driver.status(connection) == driver.IN_ERROR:
        with contextlib.suppress(Error), connection.cursor() as cursor:
            cursor.execute(_ROLL_BACK)


def _wants_savepoint(connection: BaseDatabaseWrapper) -> bool:
    # SQLite takes back a statement that fails, and nothing else; a savepoint would add nothing to that but 20 µs.
    if connection.vendor == "sqlite" or connection.autocommit:
        return False
    # Each of our events in this transaction has a hook that waits for the commit; those rolled back are off the list.
    hooks = connection.run_on_commit
    if len(hooks) < MAX_SAVEPOINTS:
        return True
    # From the end, where ours are: a business may have thousands of its own before them.
    modules = (getattr(hook, "__module__", None) for _, hook, *_ in reversed(hooks))
    latest = list(islice((module for module in modules if module in (_INSERTED, _FAILED)), MAX_SAVEPOINTS))
    # Where one of them failed the next one may, as where there is no table yet, and the sender needs not pay for it.
    return len(latest) < MAX_SAVEPOINTS or _FAILED in latest


def _takes_several_statements(connection: BaseDatabaseWrapper) -> bool:
    """Whether one call may execute several: psycopg 3, as long as it puts the values into the statement itself, and no
    pipeline is open."""
    if connection.vendor != "postgresql" or connection.Database.__name__ != "psycopg":
        return False
    if driver.is_in_pipeline(connection):
        return False
    return connection.settings_dict["OPTIONS"].get("server_side_binding") is not True


def _is_somebody_else_s(error: BaseException) -> bool:
    """Whether it is neither the database's nor Django's, which may refuse a connection that is in use already."""
    return isinstance(error, Exception) and not isinstance(error, Error | SynchronousOnlyOperation)


def _is_lost(connection: BaseDatabaseWrapper) -> bool:
    """Whether Django is in a transaction that the database will not commit, and would not know."""
    if connection.closed_in_transaction:
        return True
    if not connection.in_atomic_block or connection.needs_rollback:
        return False
    if connection.vendor == "sqlite":
        return not connection.connection.in_transaction
    return driver.status(connection) in (driver.IN_ERROR, driver.UNKNOWN)
