"""The log: events in the order of their positions, in the project's database. Written here and by `publisher` alone.

Plain SQL, since it is short, costs the sender least, and sends no signals of its own. No transaction starts here.
"""

import contextlib
import os
import sqlite3
import time as clock
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from . import metrics
from .event import Entry, Event, Head, Page, sent_at
from .settings import current

# 60 savepoints in one transaction are harmless on PostgreSQL, 1,000 slow every other connection by a third.
MAX_SAVEPOINTS = 50

# SQLite has one writer: without a pause between two large writes, in seconds, they are always in the senders' way.
SQLITE_PAUSE = 0.02

_RECORDER = f"{__package__}.receivers"

_COLUMNS = "event_id, stream, type, source, sender, subject, time, correlation_id, causation_id, origin, text"
_INSERT = f"INSERT INTO signalcast_event ({_COLUMNS}) VALUES ({', '.join(['%s'] * 11)}) RETURNING id"


class TransactionLost(DatabaseError):
    """The database has taken back the whole transaction that an event was to be a part of. Is its disk full?"""

    def __init__(self, using: str) -> None:
        super().__init__(f"the database {using!r} has taken back the whole transaction; is its disk full?")


def append(event: Event, *, using: str) -> int:
    """Insert an event that has no position yet, in the transaction that is open, if one is. Returns the row's id.

    Raises what the database raises; the caller's transaction survives that. Where the database ended it by itself, as
    SQLite does when its disk is full or fails, raises TransactionLost, and lets no other statement into that block.
    """
    connection = connections[using]
    row = (
        event.id,
        event.stream,
        event.type,
        event.source,
        event.sender,
        event.subject,
        _time(event.time, connection),
        event.correlation_id,
        event.causation_id,
        event.origin,
        event.encode(),
    )
    was_open = _is_open(connection)
    savepoint = connection.savepoint() if _wants_savepoint(connection) else None
    try:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, row)
            row_id: int = cursor.fetchone()[0]
    except BaseException as error:
        if was_open and not _is_open(connection):
            # What the caller did next would be committed alone, and its COMMIT would do nothing, without an error.
            connection.needs_rollback = True
            raise TransactionLost(using) from error
        if savepoint:
            connection.savepoint_rollback(savepoint)
        raise
    if savepoint:
        connection.savepoint_commit(savepoint)
    metrics.appended.inc()
    return row_id


def head(stream: str) -> Head:
    """The stream's head. A stream that nobody has opened has no epoch."""
    with _cursor() as cursor:
        cursor.execute("SELECT epoch, head FROM signalcast_stream WHERE name = %s", [stream])
        found = cursor.fetchone()
    return Head(epoch=found[0], position=found[1]) if found else Head(epoch="", position=0)


def open_stream(stream: str, *, using: str | None = None) -> None:
    """Create the stream's row, with an epoch of its own, if it is missing."""
    with _cursor(using) as cursor:
        cursor.execute("SELECT 1 FROM signalcast_stream WHERE name = %s", [stream])
        if cursor.fetchone() is None:
            cursor.execute(
                "INSERT INTO signalcast_stream (name, epoch, head) VALUES (%s, %s, 0) ON CONFLICT (name) DO NOTHING",
                [stream, uuid.uuid4().hex],
            )


def read(stream: str, start: int, limit: int) -> Page:
    """The events of `[start, start + limit)`, as far as there are any.

    The head comes first and the oldest position last, so that what is missing from the page is missing from the log.
    """
    found = head(stream)
    stop = max(start, min(start + limit, found.position + 1))
    with _cursor() as cursor:
        cursor.execute(
            "SELECT position, source, text FROM signalcast_event"
            " WHERE stream = %s AND position >= %s AND position < %s ORDER BY position",
            [stream, start, stop],
        )
        rows = cursor.fetchall()
    entries = [
        Entry.of(position, text, source=source, stream=stream, epoch=found.epoch) for position, source, text in rows
    ]
    return Page(head=found, start=start, stop=stop, oldest=oldest(stream, found), entries=entries)


def oldest(stream: str, found: Head) -> int:
    """The smallest position that is still held, or head + 1."""
    with _cursor() as cursor:
        cursor.execute(
            "SELECT position FROM signalcast_event WHERE stream = %s AND position > 0 ORDER BY position LIMIT 1",
            [stream],
        )
        row = cursor.fetchone()
    return row[0] if row else found.position + 1


def waiting_since(stream: str) -> float | None:
    """When the signal of the oldest event without a position was sent, in seconds since 1970; None if none waits."""
    with _cursor() as cursor:
        cursor.execute(
            "SELECT event_id FROM signalcast_event WHERE stream = %s AND position IS NULL ORDER BY id LIMIT 1", [stream]
        )
        row = cursor.fetchone()
    return sent_at(row[0]) if row else None


def first_since(stream: str, time: datetime, *, stop: int, batch: int = 1000) -> int:
    """The smallest position below `stop` whose event is not from before `time`, or `stop`.

    Time does not follow position, so older ones may stand behind it. It is looked for along the positions, `batch` at a
    time: no index knows the time, and one statement that looks at everything would be a long one.
    """
    connection = connections[current().DATABASE]
    with connection.cursor() as cursor:
        for start in range(oldest(stream, head(stream)), stop, batch):
            cursor.execute(
                "SELECT min(position) FROM signalcast_event"
                " WHERE stream = %s AND position >= %s AND position < %s AND time >= %s",
                [stream, start, min(start + batch, stop), _time(time, connection)],
            )
            (found,) = cursor.fetchone()
            if found is not None:
                return int(found)
    return stop


def prune(stream: str, before: int, *, batch: int = 1000) -> int:
    """Delete the events of positions below `before`, oldest first, `batch` at a time. Returns how many.

    Only ever a prefix of the positions, and nothing that waits for one: holes in the middle would look like loss.
    """
    return sum(prune_in_batches(stream, before, batch=batch))


def prune_in_batches(stream: str, before: int, *, batch: int = 1000) -> Iterator[int]:
    """The same, with the number of events that each batch deleted, as soon as it has."""
    connection = connections[current().DATABASE]
    found = head(stream)
    stop = min(before, found.position + 1)
    for start in range(oldest(stream, found), stop, batch):
        with connection.cursor() as cursor:
            # From `start` on: what was deleted just now may still be in the index, and would be passed again and again.
            cursor.execute(
                "DELETE FROM signalcast_event WHERE stream = %s AND position >= %s AND position < %s",
                [stream, start, min(start + batch, stop)],
            )
            deleted = cursor.rowcount
        yield deleted
        if connection.vendor == "sqlite":
            clock.sleep(SQLITE_PAUSE)


class Watch:
    """Tells cheaply whether the log may have changed since it was last asked.

    On SQLite that is `PRAGMA data_version` (some microseconds) on a connection of its own; elsewhere it is always
    "maybe", and asked less often. A database file that was replaced stays invisible to connections that have it open;
    `replaced` tells of that.
    """

    def __init__(self) -> None:
        self._path = _sqlite_path(connections[current().DATABASE])
        self.interval = 0.025 if self._path else 0.25
        """Seconds to wait before asking again."""
        self.replaced = 0
        """How often another file has taken the database's place."""
        self._connection: sqlite3.Connection | None = None
        self._seen: object = None
        self._inode: int | None = None
        self._asked = 0

    def changed(self) -> bool:
        if not self._path:
            return True
        if self._asked % 40 == 0:
            self._look_at_the_file()
        self._asked += 1
        if self._connection is None:
            return False
        seen, self._seen = self._seen, self._connection.execute("PRAGMA data_version").fetchone()
        return seen != self._seen

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _look_at_the_file(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            inode = os.stat(self._path).st_ino
            if self._connection is not None and inode == self._inode:
                return
            self.replaced += self._connection is not None
            self.close()
            self._connection = _open_sqlite(self._path)
            self._inode, self._seen = inode, None


def _cursor(using: str | None = None) -> Any:
    # Always the primary: a replica lags, and would look like a log that lost its end.
    return connections[using or current().DATABASE].cursor()


def _is_open(connection: BaseDatabaseWrapper) -> bool:
    """Whether SQLite is in a transaction. Elsewhere none ends by itself, and False."""
    return connection.vendor == "sqlite" and connection.connection is not None and connection.connection.in_transaction


def _wants_savepoint(connection: BaseDatabaseWrapper) -> bool:
    if connection.get_autocommit():
        return False
    # Each of our events in this transaction has a hook that waits for the commit; those rolled back are off the list.
    ours = (hook for _, hook, *_ in connection.run_on_commit if getattr(hook, "__module__", None) == _RECORDER)
    return next(islice(ours, MAX_SAVEPOINTS - 1, None), None) is None


def _time(time: datetime, connection: BaseDatabaseWrapper) -> datetime | str:
    """As the column wants it. SQLite has no time zones; Django's form there is UTC, in text."""
    return str(time.astimezone(UTC).replace(tzinfo=None)) if connection.vendor == "sqlite" else time


def _sqlite_path(connection: BaseDatabaseWrapper) -> str:
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return ""
    return str(connection.settings_dict["NAME"])


def _open_sqlite(path: str) -> sqlite3.Connection:
    uri = Path(path).absolute().as_uri() + "?mode=ro"
    return sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
