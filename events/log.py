"""The log: events in the order of their positions, in the project's database. Written here and by `publisher` alone.

Plain SQL, since it is short, costs the sender least, and sends no signals of its own. No transaction starts here.
"""

import json
import time as clock
import uuid
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections

from . import notes
from .event import Entry, Event, Head, Page, sent_at
from .insertion import Interrupted, column_time, insert
from .settings import current

# The read side sees of this package what is here.
from .watch import Watch as Watch

read_notes = notes.read
notes_of = notes.of_range
notes_of_event = notes.of_event
notes_of_events = notes.of_events

# SQLite has one writer: without a pause between two large writes, in seconds, they are always in the senders' way.
SQLITE_PAUSE = 0.02

# How long after its signal an event may be committed for `since` to be exact, and how many positions it reads at once.
SKEW = timedelta(minutes=5)
SKEW_BATCH = 10_000
_FIRST = datetime.min.replace(tzinfo=UTC)


def append(event: Event, *, using: str) -> int:
    """Insert an event that has no position yet, in the transaction that is open, if one is. Returns the row's id.

    Raises as `insertion.insert` does, but what interrupts it as it is.
    """
    try:
        return insert(event, connections[using])
    except Interrupted as interrupted:
        raise interrupted.error from None


def head(stream: str) -> Head:
    """The stream's head. A stream that nobody has opened has no epoch."""
    with _cursor() as cursor:
        cursor.execute(
            "SELECT s.epoch, s.head, n.head FROM signalcast_stream s"
            " LEFT JOIN signalcast_notebook n ON n.stream = s.name WHERE s.name = %s",
            [stream],
        )
        found = cursor.fetchone()
    return Head(epoch=found[0], position=found[1], noted=found[2] or 0) if found else Head(epoch="", position=0)


def open_stream(stream: str, *, using: str | None = None) -> bool:
    """Create the stream's row, with an epoch of its own, if it is missing. Whether it was."""
    with _cursor(using) as cursor:
        cursor.execute("SELECT 1 FROM signalcast_stream WHERE name = %s", [stream])
        if cursor.fetchone() is not None:
            return False
        cursor.execute(
            "INSERT INTO signalcast_stream (name, epoch, head) VALUES (%s, %s, 0) ON CONFLICT (name) DO NOTHING",
            [stream, uuid.uuid4().hex],
        )
        return True


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


def find(stream: str, id: str) -> Entry | None:
    """The event with this id, once it has a position."""
    with _cursor() as cursor:
        cursor.execute(
            "SELECT position, source, text FROM signalcast_event"
            " WHERE event_id = %s AND stream = %s AND position IS NOT NULL",
            [id, stream],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    position, source, text = row
    return Entry.of(position, text, source=source, stream=stream, epoch=head(stream).epoch)


def chain(stream: str, id: str, limit: int) -> list[Entry]:
    """The first events that led to each other: those with this correlation id, and the one with which it began."""
    found = head(stream)
    with _cursor() as cursor:
        cursor.execute(
            "SELECT position, source, text FROM signalcast_event WHERE stream = %s AND correlation_id = %s"
            " AND NOT (correlation_id = '') AND position IS NOT NULL ORDER BY position LIMIT %s",
            [stream, id, limit],
        )
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT position, source, text FROM signalcast_event"
            " WHERE event_id = %s AND stream = %s AND position IS NOT NULL",
            [id, stream],
        )
        rows = sorted({*rows, *cursor.fetchall()})[:limit]
    return [
        Entry.of(position, text, source=source, stream=stream, epoch=found.epoch) for position, source, text in rows
    ]


def positions(ids: Collection[str]) -> dict[str, int | None]:
    """The positions of the events with these ids, None where one waits for it; those that are in no log are missing."""
    with _cursor() as cursor:
        # As one value, for psycopg's sake: see `notes`.
        given = "SELECT value FROM json_each(%s)"
        if cursor.db.vendor == "postgresql":
            given = "SELECT json_array_elements_text(%s)"
        cursor.execute(
            f"SELECT event_id, position FROM signalcast_event WHERE event_id IN ({given})", [json.dumps([*ids])]
        )
        return dict(cursor.fetchall())


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


def first_since(stream: str, time: datetime, *, stop: int, start: int | None = None, batch: int = 1000) -> int:
    """The smallest position below `stop`, from `start` or the oldest on, whose event is not from before `time`.

    Or `stop`, if there is none.

    Time does not follow position, so older ones may stand behind it. It is looked for along the positions, `batch` at a
    time: no index knows the time, and one statement that looks at everything would be a long one.
    """
    connection = connections[current().DATABASE]
    with connection.cursor() as cursor:
        for first in range(oldest(stream, head(stream)) if start is None else start, stop, batch):
            cursor.execute(
                "SELECT min(position) FROM signalcast_event"
                " WHERE stream = %s AND position >= %s AND position < %s AND time >= %s",
                [stream, first, min(first + batch, stop), column_time(time, connection)],
            )
            (found,) = cursor.fetchone()
            if found is not None:
                return int(found)
    return stop


def since(stream: str, time: datetime) -> int:
    """The smallest position held whose event is of `time` or later, or head + 1.

    Times follow positions but for what a transaction lasts after its signal; this is right as long as that is at most
    `SKEW`. An event that was under way for longer than that may lead to a later position, if the search meets it.
    """
    found = head(stream)
    low, stop = oldest(stream, found), found.position + 1
    return first_since(stream, time, start=_halved(stream, _before(time), low, stop), stop=stop, batch=SKEW_BATCH)


def _halved(stream: str, time: datetime, low: int, stop: int) -> int:
    """A position below `stop`, or `stop`, which is of `time` or later, while the one before it is not."""
    connection = connections[current().DATABASE]
    with connection.cursor() as cursor:
        while low < stop:
            middle = (low + stop) // 2
            cursor.execute(
                "SELECT position, time >= %s FROM signalcast_event"
                " WHERE stream = %s AND position >= %s AND position < %s ORDER BY position LIMIT 1",
                [column_time(time, connection), stream, middle, stop],
            )
            position, is_late = cursor.fetchone() or (stop, True)
            if is_late:
                stop = middle
            else:
                low = position + 1
    return stop


def _before(time: datetime) -> datetime:
    return time - SKEW if time - _FIRST > SKEW else _FIRST


def prune(stream: str, before: int, *, batch: int = 1000) -> int:
    """Delete the events of positions below `before`, oldest first, `batch` at a time. Returns how many.

    Only ever a prefix of the positions, and nothing that waits for one: holes in the middle would look like loss. What
    was noted of an event goes with it, and so do the ghosts of that time.
    """
    return sum(prune_in_batches(stream, before, batch=batch))


def prune_in_batches(stream: str, before: int, *, batch: int = 1000) -> Iterator[int]:
    """The same, with the number of events that each batch deleted, as soon as it has."""
    connection = connections[current().DATABASE]
    found = head(stream)
    first, stop = oldest(stream, found), min(before, found.position + 1)
    for start in range(first, stop, batch):
        with connection.cursor() as cursor:
            # From `start` on: what was deleted just now may still be in the index, and would be passed again and again.
            cursor.execute(
                "DELETE FROM signalcast_event WHERE stream = %s AND position >= %s AND position < %s",
                [stream, start, min(start + batch, stop)],
            )
            deleted = cursor.rowcount
        notes.forget(stream, start, min(start + batch, stop))
        yield deleted
        if connection.vendor == "sqlite":
            clock.sleep(SQLITE_PAUSE)
    if first < stop:
        notes.forget_ghosts(stream, stop)


def _cursor(using: str | None = None) -> Any:
    # Always the primary: a replica lags, and would look like a log that lost its end.
    return connections[using or current().DATABASE].cursor()
