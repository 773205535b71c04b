"""The inventory: every streamed signal, and all that is known of it. What the catalog's page, the API and
`manage.py signals` tell.
"""

import time as clock
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from . import catalog, examples, log
from .attachment import Attachment
from .audience import Receiver, audience
from .documentation import NOTHING, documentation_of
from .event import rfc3339
from .fields import rows
from .lessons import Lesson, learn
from .receivers import record
from .reception import Reception, Record, receptions
from .streams import MAIN
from .summary import one_line

# What receivers did with so many of the newest events is looked at.
NEWEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one signal, as JSON tells it."""

    type: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    signals: tuple[Known, ...]
    since: int
    """The position from which on events were counted, and their fields learnt."""
    learnt: int
    """The newest position of these, 0 if none."""
    skipped: int
    """How many in between were not: there were too many at once."""
    head: int

    def as_json(self, types: Iterable[str]) -> dict[str, Any]:
        """With the signals of these types."""
        wanted = set(types)
        return {
            "since": self.since,
            "learnt": self.learnt,
            "skipped": self.skipped,
            "head": self.head,
            "signals": [dict(known.facts) for known in self.signals if known.type in wanted],
        }

    @property
    def types(self) -> list[str]:
        return [known.type for known in self.signals]


def take() -> Inventory:
    """Learns what is new on the way. Raises what the database raises."""
    learnt = learn(MAIN)
    noted = receptions(log.notes_of(MAIN, max(learnt.oldest, learnt.head + 1 - NEWEST), learnt.head + 1))
    now = clock.time()
    known = tuple(
        Known(
            type=attachment.type,
            facts=_facts(
                attachment,
                learnt.by_type.get(attachment.type, Lesson()),
                noted.get(attachment.type, Reception()),
                oldest=learnt.oldest,
                now=now,
            ),
        )
        for attachment in catalog.attachments()
    )
    place = learnt.place
    return Inventory(signals=known, since=place.start, learnt=place.stop - 1, skipped=place.skipped, head=learnt.head)


def _facts(attachment: Attachment, lesson: Lesson, reception: Reception, *, oldest: int, now: float) -> dict[str, Any]:
    said = documentation_of(attachment.path) if attachment.path else NOTHING
    schema = lesson.schema.told(oldest=oldest) if lesson.tally.count else None
    sample = examples.arguments_of(attachment, schema) if attachment.path else []
    last = datetime.fromtimestamp(lesson.tally.last, UTC)
    return {
        "type": attachment.type,
        "path": attachment.path,
        "documentation": said.text,
        "source": said.source,
        "arguments": list(schema.get("properties", {})) if schema else [],
        "schema": schema,
        "fields": [row._asdict() for row in rows(schema)] if schema else [],
        "drift": [change._asdict() for change in lesson.schema.changes],
        "receivers": _receivers(audience(attachment.signal, but=record), reception),
        "count": lesson.tally.count,
        "last_sent": rfc3339(last) if lesson.tally.count else None,
        "rate_per_minute": lesson.tally.rate(now),
        "recent": lesson.tally.recent(now),
        "noted": reception.count,
        "failed": reception.failures,
        "shell": examples.in_shell(attachment, sample) if sample else "",
        "code": examples.code(attachment, sample) if sample else "",
    }


def _receivers(connected: list[Receiver] | None, reception: Reception) -> list[dict[str, Any]] | None:
    """Those that are connected in this process, in their order; and then others that were seen at work elsewhere.

    None if neither Django nor the notes tell.
    """
    records = dict(reception.by_receiver)
    told = []
    for receiver in _by_name(connected or ()):
        told.append(_receiver(receiver, records.pop(receiver.name, Record())))
    for name, seen in records.items():
        other = Receiver(name=name, source=seen.source, is_async=seen.is_async)
        told.append({**_receiver(other, seen), "state": "dead" if seen.is_gone else "elsewhere"})
    return told if told or connected is not None else None


def _by_name(connected: Iterable[Receiver]) -> Iterable[Receiver]:
    """One that is connected for several senders is one receiver: what it did is known by its name alone."""
    found: dict[object, Receiver] = {}
    for receiver in connected:
        # Of those that are gone nobody knows which they were.
        other = found.setdefault(receiver.name or id(receiver), receiver)
        if other is not receiver:
            found[receiver.name] = replace(other, sender=_both(other.sender, receiver.sender))
    return found.values()


def _both(sender: str, other: str) -> str:
    return one_line(", ".join(dict.fromkeys([*sender.split(", "), other]))) if sender and other else ""


def _receiver(receiver: Receiver, record: Record) -> dict[str, Any]:
    return {
        "receiver": receiver.name,
        "source": receiver.source,
        "async": receiver.is_async,
        "state": "connected" if receiver.is_alive else "dead",
        "sender": receiver.sender,
        "count": record.count,
        "failures": record.failures,
        "p50_ms": record.within(0.5),
        "p95_ms": record.within(0.95),
    }
