"""Notes: what is learnt of events after they were recorded, in an order and a table of their own. Knows no signals.

What receivers did with an event is known only after they ran, and that a transaction rolled back only after that. A
note has a cursor, 1, 2, 3, … in the order of commit; the newest MAX_NOTES are kept.
"""

import json
import time as clock
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connections

from .event import Entry, Note, Notes
from .settings import current
from .turn import turn

REACTIONS = "reactions"
GHOST = "ghost"

# How many are deleted at once; on SQLite with a pause after them, in seconds, for the senders' sake.
BATCH = 1000
PAUSE = 0.02

_FIELDS = "cursor, kind, position, event_id, type, text"
_COLUMNS = f"stream, {_FIELDS}"
_EXTRACTED = ", ".join(f"json_extract(value, '$.{name}')" for name in _COLUMNS.split(", "))
# All rows as one value. With one for each, psycopg would take the statement to pieces, each time anew and in Python:
# that was half of what a publisher does, at the cost of the sender beside it.
_ROWS = {
    "postgresql": f"""SELECT {_COLUMNS} FROM json_to_recordset(%s) AS note (
        stream text, cursor bigint, kind text, position bigint, event_id text, type text, text text)""",
    "sqlite": f"SELECT {_EXTRACTED} FROM json_each(%s)",
}
_READ = ", ".join(f"n.{name}" for name in _FIELDS.split(", "))


def write(stream: str, notes: Sequence[Note]) -> int:
    """Store notes, and give them the next cursors, in order. Returns the newest cursor.

    The lock on the stream's notebook is held until the commit, so that no cursor is seen before a smaller one; the
    numbering of events has another, and does not wait.
    """
    with turn(current().DATABASE) as cursor:
        last = _advance(stream, len(notes), cursor)
        first = last - len(notes) + 1
        rows = [
            {
                "stream": stream,
                "cursor": at,
                "kind": note.kind,
                "position": note.position,
                "event_id": note.event_id,
                "type": note.type,
                "text": note.text,
            }
            for at, note in enumerate(notes, first)
        ]
        insert = f"INSERT INTO signalcast_note ({_COLUMNS}) {_ROWS[cursor.db.vendor]}"
        cursor.execute(insert, [json.dumps(rows)])
    return last


def head(stream: str) -> int:
    """The newest cursor, 0 if there is none."""
    with _cursor() as cursor:
        cursor.execute("SELECT head FROM signalcast_notebook WHERE stream = %s", [stream])
        row = cursor.fetchone()
    return row[0] if row else 0


def read(stream: str, after: int, limit: int) -> Notes:
    """The notes that follow a cursor, as far as there are any, each with its event.

    The head comes first and the oldest cursor last, so that what is missing in between was pruned.
    """
    start = after + 1
    stop = max(start, min(start + limit, head(stream) + 1))
    with _cursor() as cursor:
        cursor.execute(
            f"SELECT {_READ}, e.source, e.text, s.epoch FROM signalcast_note n"
            " LEFT JOIN signalcast_event e ON e.event_id = n.event_id AND e.position IS NOT NULL"
            " LEFT JOIN signalcast_stream s ON s.name = n.stream"
            " WHERE n.stream = %s AND n.cursor >= %s AND n.cursor < %s ORDER BY n.cursor",
            [stream, start, stop],
        )
        found = [_with_entry(stream, row) for row in cursor.fetchall()]
    return Notes(start=start, stop=stop, oldest=oldest(stream), notes=found)


def of_range(stream: str, start: int, stop: int) -> list[Note]:
    """What is known of the events of positions `[start, stop)`, by position, without the events themselves."""
    return _select("stream = %s AND position >= %s AND position < %s ORDER BY position, cursor", [stream, start, stop])


def of_event(id: str) -> list[Note]:
    """What is known of one event, the newest last."""
    return _select("event_id = %s ORDER BY cursor", [id])


def of_events(ids: Collection[str]) -> list[Note]:
    """The same of several."""
    return _select(f"event_id IN ({', '.join(['%s'] * len(ids))}) ORDER BY cursor", list(ids)) if ids else []


def oldest(stream: str) -> int:
    """The smallest cursor that is still held, or head + 1."""
    with _cursor() as cursor:
        cursor.execute("SELECT cursor FROM signalcast_note WHERE stream = %s ORDER BY cursor LIMIT 1", [stream])
        row = cursor.fetchone()
    return row[0] if row else head(stream) + 1


def prune(stream: str, keep: int) -> int:
    """Delete all but the newest `keep` notes, the oldest first, in batches. Returns how many."""
    connection = connections[current().DATABASE]
    stop = head(stream) - keep + 1
    deleted = 0
    for start in range(oldest(stream), stop, BATCH):
        deleted += _delete("cursor", stream, start, min(start + BATCH, stop))
        if connection.vendor == "sqlite":
            clock.sleep(PAUSE)
    return deleted


def forget_ghosts(stream: str, stop: int) -> None:
    """Delete the ghosts that were noted before anything that is still known of events of positions from `stop` on."""
    with _cursor() as cursor:
        cursor.execute(
            "DELETE FROM signalcast_note WHERE stream = %s AND position IS NULL AND cursor < ("
            "SELECT coalesce(min(cursor), %s) FROM signalcast_note WHERE stream = %s AND position >= %s)",
            [stream, head(stream) + 1, stream, stop],
        )


def forget(stream: str, start: int, stop: int) -> None:
    """Delete what is known of the events of positions `[start, stop)`."""
    _delete("position", stream, start, stop)


def _advance(stream: str, count: int, cursor: Any) -> int:
    """Takes the next cursors, and with them the lock. Returns the last of them."""
    update = "UPDATE signalcast_notebook SET head = head + %s WHERE stream = %s RETURNING head"
    cursor.execute(update, [count, stream])
    row = cursor.fetchone()
    if row is None:
        cursor.execute(
            "INSERT INTO signalcast_notebook (stream, head) VALUES (%s, 0) ON CONFLICT (stream) DO NOTHING", [stream]
        )
        cursor.execute(update, [count, stream])
        row = cursor.fetchone()
    return int(row[0])


def _select(condition: str, values: list[Any]) -> list[Note]:
    with _cursor() as cursor:
        cursor.execute(f"SELECT {_FIELDS} FROM signalcast_note WHERE {condition}", values)
        return [_note(row) for row in cursor.fetchall()]


def _note(row: tuple[Any, ...], entry: Entry | None = None) -> Note:
    at, kind, position, event_id, type, text = row
    return Note(cursor=at, kind=kind, position=position, event_id=event_id, type=type, text=text, entry=entry)


def _with_entry(stream: str, row: tuple[Any, ...]) -> Note:
    *note, source, text, epoch = row
    position = note[2]
    if text is None or position is None:
        return _note(tuple(note))
    return _note(tuple(note), Entry.of(position, text, source=source, stream=stream, epoch=epoch or ""))


def _delete(column: str, stream: str, start: int, stop: int) -> int:
    with _cursor() as cursor:
        cursor.execute(
            f"DELETE FROM signalcast_note WHERE stream = %s AND {column} >= %s AND {column} < %s",
            [stream, start, stop],
        )
        return int(cursor.rowcount)


def _cursor() -> Any:
    # As the log's: always the primary.
    return connections[current().DATABASE].cursor()
