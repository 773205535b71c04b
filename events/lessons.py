"""Lessons: what was learnt of each type of event from the log, and how far that was. In a table of its own.

Nobody learns while a signal is sent. Whoever asks learns what has been added since somebody asked before, a portion at
a time. Several processes may do that at once: who advances the place keeps what it learnt, the others' work is thrown
away.
"""

import json
import logging
import time as clock
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import DatabaseError, connections

from . import log
from .event import Entry, Head
from .schema import Schema
from .settings import current
from .summary import one_line
from .tally import Tally
from .turn import turn

logger = logging.getLogger("signalcast.events")

# Who is further behind than that skips what is older: no more is read at once, however large the log is.
MOST_EVENTS = 10_000
PORTION = 200
SECONDS = 2.0
# How many types are told apart.
MAX_TYPES = 500

# What somebody tried out is no traffic.
TEST = "test event"

# In the place of a type: how far the log was learnt.
_PLACE = ""


class Sent(NamedTuple):
    """What is learnt from: an event, without personal data."""

    position: int
    type: str
    time: str
    seconds: float
    """The same, since 1970."""
    data: Any


@dataclass(slots=True)
class Lesson:
    """What is known of one type."""

    schema: Schema = field(default_factory=Schema)
    tally: Tally = field(default_factory=Tally)

    def learn(self, sent: Sent) -> None:
        self.tally.add(sent.seconds)
        self.schema.learn(sent.data, position=sent.position, time=sent.time)

    def as_text(self) -> str:
        return json.dumps({"schema": self.schema.as_json(), "tally": self.tally.as_json()}, separators=(",", ":"))

    @classmethod
    def of_text(cls, text: str) -> "Lesson":
        found = json.loads(text)
        return cls(Schema.of_json(found["schema"]), Tally.of_json(found["tally"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far the log was learnt: what is in `[start, stop)`, but for what was skipped."""

    epoch: str = ""
    start: int = 1
    stop: int = 1
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """All that is known."""

    place: Place
    head: int
    oldest: int
    """The smallest position that is still held."""
    by_type: dict[str, Lesson]


def learn(stream: str) -> Lessons:
    """Learn what is new, for at most some seconds, and tell all that is known. Raises what the database raises."""
    until = clock.monotonic() + SECONDS
    while _learn_portion(stream) and clock.monotonic() < until:
        pass
    place = _place(stream)
    found = log.head(stream)
    if place is not None and place.epoch != found.epoch:  # What is known is of another log.
        place = None
    return Lessons(
        place=place or Place(),
        head=found.position,
        oldest=log.oldest(stream, found),
        by_type=_read(stream) if place else {},
    )


def _learn_portion(stream: str) -> bool:
    """Whether there may be more to learn."""
    before = _place(stream)
    head = log.head(stream)
    next = _next(before, head, log.oldest(stream, head))
    page = log.read(stream, next.stop, PORTION)
    if page.head.epoch != head.epoch or page.stop <= next.stop:
        return False
    is_anew = before is None or before.epoch != next.epoch or before.stop > next.stop
    events = list(_sent(page.entries))
    # After the place: if that is still the same in the end, these are.
    known = {} if is_anew else _read(stream, {event.type for event in events})
    learnt: defaultdict[str, Lesson] = defaultdict(Lesson, known)
    for event in events:
        learnt[event.type].learn(event)
    after = Place(epoch=next.epoch, start=next.start, stop=page.stop, skipped=next.skipped)
    try:
        return _keep(stream, before, after, learnt, is_anew)
    except DatabaseError as error:  # Nobody may be able to write to it for a while; what is known is told all the same.
        why = one_line(str(error))
        logger.warning("Nothing new could be learnt from the log: %s", why, extra={"action": "learn_failed"})
        return False


def _sent(entries: Iterable[Entry]) -> Iterator[Sent]:
    """What can be learnt from."""
    for entry in entries:
        # Else somebody has been at the table, and it is no event.
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            event = json.loads(entry.without_personal.line)
            type = event["type"]
            if type and str.isprintable(type) and event.get("origin") != TEST:
                seconds = datetime.fromisoformat(event["time"]).timestamp()
                yield Sent(entry.position, type, event["time"], seconds, event["data"])


def _next(before: Place | None, head: Head, oldest: int) -> Place:
    """Where to go on: behind the place, or at the newest 10,000 events if that is too far away or in another log."""
    newest = max(oldest, head.position + 1 - MOST_EVENTS)
    if before is None or before.epoch != head.epoch or before.stop > head.position + 1:
        return Place(epoch=head.epoch, start=newest, stop=newest)
    stop = max(before.stop, newest)
    return Place(epoch=head.epoch, start=before.start, stop=stop, skipped=before.skipped + stop - before.stop)


def _keep(stream: str, before: Place | None, after: Place, learnt: dict[str, Lesson], is_anew: bool) -> bool:
    """False if somebody else was quicker: then it is they who go on."""
    with turn(_alias()) as cursor:
        if not _advance(stream, before, after, cursor):
            return False
        if is_anew:
            cursor.execute("DELETE FROM signalcast_lesson WHERE stream = %s AND type <> %s", [stream, _PLACE])
        cursor.execute("SELECT count(*) FROM signalcast_lesson WHERE stream = %s", [stream])
        room = MAX_TYPES - int(cursor.fetchone()[0])
        for type, lesson in learnt.items():
            room -= _write(stream, type, lesson.as_text(), room > 0, cursor)
    return True


def _advance(stream: str, before: Place | None, after: Place, cursor: Any) -> bool:
    """The place is from `before` to `after`, and locked, if it was still there."""
    facts = json.dumps({"start": after.start, "skipped": after.skipped})
    if before is None:
        cursor.execute(
            "INSERT INTO signalcast_lesson (stream, type, epoch, position, text) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (stream, type) DO NOTHING",
            [stream, _PLACE, after.epoch, after.stop, facts],
        )
    else:
        cursor.execute(
            "UPDATE signalcast_lesson SET epoch = %s, position = %s, text = %s"
            " WHERE stream = %s AND type = %s AND epoch = %s AND position = %s",
            [after.epoch, after.stop, facts, stream, _PLACE, before.epoch, before.stop],
        )
    return bool(cursor.rowcount == 1)


def _write(stream: str, type: str, text: str, has_room: bool, cursor: Any) -> int:
    """How many types there are more."""
    cursor.execute("UPDATE signalcast_lesson SET text = %s WHERE stream = %s AND type = %s", [text, stream, type])
    if cursor.rowcount or not has_room:
        return 0
    cursor.execute("INSERT INTO signalcast_lesson (stream, type, text) VALUES (%s, %s, %s)", [stream, type, text])
    return 1


def _place(stream: str) -> Place | None:
    with _cursor() as cursor:
        cursor.execute(
            "SELECT epoch, position, text FROM signalcast_lesson WHERE stream = %s AND type = %s", [stream, _PLACE]
        )
        row = cursor.fetchone()
    return Place(epoch=row[0], stop=row[1], **json.loads(row[2])) if row else None


def _read(stream: str, types: Iterable[str] | None = None) -> dict[str, Lesson]:
    names = [_PLACE] if types is None else list(types)
    if not names:
        return {}
    marks = ", ".join(["%s"] * len(names))
    which = "NOT IN" if types is None else "IN"
    with _cursor() as cursor:
        cursor.execute(
            f"SELECT type, text FROM signalcast_lesson WHERE stream = %s AND type {which} ({marks})", [stream, *names]
        )
        return {type: Lesson.of_text(text) for type, text in cursor.fetchall()}


def _alias() -> str:
    return current().DATABASE


def _cursor() -> Any:
    # As the log's: always the primary.
    return connections[_alias()].cursor()
