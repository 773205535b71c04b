"""The driver: an INSERT that goes straight to it, past the cursors of Django and of psycopg.

Those are half of what an INSERT costs its sender on PostgreSQL, and for the log they would change nothing. Where they
would, because somebody looks on or the connection is in any other state than the usual, they are used.
"""

from functools import lru_cache

from django.db.backends.base.base import BaseDatabaseWrapper

# Django's own connections. Others may do anything when they are asked for a cursor: change the schema, for example.
_DJANGO = frozenset(
    f"django.{module}.base"
    for module in ("db.backends.sqlite3", "db.backends.postgresql", "contrib.gis.db.backends.postgis")
)

# How a connection is, in libpq's numbers: PQTRANS_IDLE, PQTRANS_ACTIVE, with a statement under way, PQTRANS_INTRANS,
# PQTRANS_INERROR, in a transaction of which one has failed, and PQTRANS_UNKNOWN, without a connection.
IDLE, ACTIVE, IN_TRANSACTION, IN_ERROR, UNKNOWN = range(5)
# PQ_PIPELINE_OFF and PGRES_FATAL_ERROR.
_NO_PIPELINE, _FATAL_ERROR = 0, 7


def is_free(connection: BaseDatabaseWrapper) -> bool:
    """Whether a statement may go straight to the driver. There has to be a connection, in this thread."""
    if (
        type(connection).__module__ not in _DJANGO
        or "cursor" in vars(connection)  # Somebody has put a function of his own in its place.
        or connection.execute_wrappers
        or connection.queries_logged
        or connection.needs_rollback
        or (connection.health_check_enabled and not connection.health_check_done)
    ):
        return False
    return connection.vendor == "sqlite" or _is_free(connection)


def is_busy(connection: BaseDatabaseWrapper) -> bool:
    """Whether the sender goes through what a query of its own brings: psycopg would have us wait for that, for ever."""
    return status(connection) == ACTIVE and not is_in_pipeline(connection)


def is_in_pipeline(connection: BaseDatabaseWrapper) -> bool:
    """Whether the sender lets statements wait for each other's answers; psycopg 2 has no such thing."""
    pgconn = getattr(connection.connection, "pgconn", None)
    return pgconn is not None and pgconn.pipeline_status != _NO_PIPELINE


def status(connection: BaseDatabaseWrapper) -> int | None:
    """In libpq's numbers; None where there is no libpq."""
    if connection.vendor != "postgresql":
        return None
    # One that was closed within a transaction may have gone back to its pool.
    held = connection.connection
    return UNKNOWN if held is None else int(held.info.transaction_status)


def insert(connection: BaseDatabaseWrapper, statement: str, row: tuple[str, ...]) -> int:
    """Execute an INSERT with a `%s` for each value, on PostgreSQL with whatever is around it. Returns the row's id.

    Raises what a cursor would.
    """
    with connection.wrap_database_errors:
        if connection.vendor == "sqlite":
            return int(connection.connection.execute(_marked(statement), row).lastrowid)
        return _insert(connection, statement, row)


def _is_free(connection: BaseDatabaseWrapper) -> bool:
    pgconn = getattr(connection.connection, "pgconn", None)  # psycopg 2 has none.
    return (
        pgconn is not None
        # In a transaction that has not begun, because nothing was executed in it yet, psycopg begins it.
        and pgconn.transaction_status == (IDLE if connection.autocommit else IN_TRANSACTION)
        and pgconn.pipeline_status == _NO_PIPELINE
        and pgconn.parameter_status(b"client_encoding") == b"UTF8"
    )


def _insert(connection: BaseDatabaseWrapper, statement: str, row: tuple[str, ...]) -> int:
    psycopg, driver = connection.Database, connection.connection
    literal = psycopg.pq.Escaping(driver.pgconn).escape_literal
    with driver.lock:
        driver.pgconn.send_query(_bytes(statement) % tuple(map(literal, map(str.encode, row))))
        results = driver.wait(psycopg.generators.execute(driver.pgconn))
    if results[-1].status == _FATAL_ERROR:
        raise psycopg.errors.error_from_result(results[-1])
    # A savepoint has results of its own, before and behind.
    return int(results[len(results) // 2].get_value(0, 0))


@lru_cache(maxsize=8)
def _bytes(statement: str) -> bytes:
    return statement.encode()


@lru_cache(maxsize=8)
def _marked(statement: str) -> str:
    return statement.replace("%s", "?")
