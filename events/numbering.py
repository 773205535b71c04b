"""One pass of the numbering: pending rows get the next positions of their stream, after commit and under its lock.

Ids and timestamps become visible out of order, so they cannot be positions; whoever holds the lock on the stream's row
numbers what is visible then. A pass is idempotent: anyone may run one at any time.
"""

from dataclasses import dataclass

from django.db import OperationalError, connections

from . import metrics
from .event import Entry
from .log import open_stream
from .turn import turn

BATCH = 1000

# A pass looks back by so many ids from the row it was woken for. If it began there, what one sender sent first could
# stand after what it sent next: woken by a neighbour, the pass would take the second and leave the first behind. If it
# looked at everything, a report's old snapshot would slow it (from 1 to 13 ms after 70,000 events; so to 2 ms). Where
# more is left behind than that, in a burst, the stream's row says from which id on.
REACH = 10_000

# `position IS NULL` twice: in the choice, and on the row itself, which another pass may have numbered in the meantime.
_NUMBER = """
    UPDATE signalcast_event SET position = numbered.position
    FROM (
        SELECT id, %s + row_number() OVER (ORDER BY id) AS position FROM (
            SELECT id FROM signalcast_event
            WHERE stream = %s AND position IS NULL AND id >= %s ORDER BY id LIMIT %s
        ) AS pending
    ) AS numbered
    WHERE signalcast_event.id = numbered.id AND signalcast_event.position IS NULL
    RETURNING signalcast_event.position, signalcast_event.source, signalcast_event.text, signalcast_event.id
"""

# PostgreSQL's, of a lock that was waited for too long.
_LOCK_NOT_AVAILABLE = "55P03"
# Where psycopg has the code of an error, and where psycopg 2 has it.
_CODES = ("sqlstate", "pgcode")


class Busy(Exception):
    """Another publisher holds the stream's head, or somebody the whole table."""


class Torn(Exception):
    """The numbers that came back are not the next ones. Nothing was changed; the next pass tries again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """What one pass gave positions to, in order."""

    epoch: str
    entries: list[Entry]


def is_pending(stream: str, *, using: str, first: int = 0) -> bool:
    """Whether a row with this id or a later one waits for its position. Takes no lock."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM signalcast_event WHERE stream = %s AND position IS NULL AND id >= %s LIMIT 1",
            [stream, first],
        )
        return cursor.fetchone() is not None


def number(stream: str, *, using: str, first: int = 0) -> Numbered:
    """Give pending rows their positions, at most 1,000: those with this id and later ones, those shortly before, and
    first of all those that a full pass has left behind.

    Raises Busy or Torn.
    """
    try:
        numbered = _number(stream, using, first)
        if numbered is None and open_stream(stream, using=using):
            numbered = _number(stream, using, first)
    except OperationalError as error:
        if _LOCK_NOT_AVAILABLE in (getattr(error.__cause__, name, "") for name in _CODES):
            raise Busy from error
        raise
    if numbered is None:
        raise Busy
    metrics.published.inc(len(numbered.entries))
    return numbered


def _number(stream: str, using: str, first: int) -> Numbered | None:
    """None if the stream's row is not there, or somebody else has it."""
    lock = " FOR UPDATE SKIP LOCKED" if connections[using].vendor == "postgresql" else ""
    with turn(using) as cursor:
        # In a statement of its own: under READ COMMITTED the next one sees what was committed before we had the lock.
        cursor.execute(f"SELECT epoch, head, backlog FROM signalcast_stream WHERE name = %s{lock}", [stream])
        row = cursor.fetchone()
        if row is None:
            return None
        epoch, head, backlog = row
        start = first - REACH if backlog is None else min(first - REACH, backlog)
        cursor.execute(_NUMBER, [head, stream, start, BATCH])
        numbered = sorted(cursor.fetchall())
        if [position for position, *_ in numbered] != list(range(head + 1, head + 1 + len(numbered))):
            raise Torn
        if numbered or backlog is not None:
            backlog = numbered[-1][-1] + 1 if len(numbered) == BATCH else None
            cursor.execute(
                "UPDATE signalcast_stream SET head = %s, backlog = %s WHERE name = %s",
                [head + len(numbered), backlog, stream],
            )
    entries = [
        Entry.of(position, text, source=source, stream=stream, epoch=epoch) for position, source, text, _ in numbered
    ]
    return Numbered(epoch=epoch, entries=entries)
