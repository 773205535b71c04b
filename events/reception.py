"""A reception: how receivers did with the newest signals, from what was noted of them. No I/O, no Django."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from .event import Note

_RAN = ("ok", "raised")


@dataclass(slots=True)
class Record:
    """Of one receiver of one type."""

    count: int = 0
    failures: int = 0
    source: str = ""
    is_async: bool = False
    is_gone: bool = False
    """Whether it was found to be a dead reference when the signal was last sent."""
    _milliseconds: list[float] = field(default_factory=list)

    def add(self, reaction: Mapping[str, Any]) -> None:
        self.source = str(reaction.get("source") or self.source)
        self.is_async = bool(reaction.get("async", self.is_async))
        self.is_gone = reaction.get("why") == "dead"
        if reaction.get("outcome") not in _RAN:
            return
        self.count += 1
        self.failures += reaction["outcome"] == "raised"
        if isinstance(reaction.get("ms"), int | float):
            self._milliseconds.append(reaction["ms"])

    def within(self, share: float) -> float | None:
        """The milliseconds within which that share of the runs was over; None if nobody knows."""
        ordered = sorted(self._milliseconds)
        return round(ordered[ceil(len(ordered) * share) - 1], 3) if ordered else None


@dataclass(slots=True)
class Reception:
    """Of one type."""

    count: int = 0
    """Of how many events something was noted."""
    failures: int = 0
    """Of how many a receiver has failed."""
    by_receiver: dict[str, Record] = field(default_factory=lambda: defaultdict(Record))


def receptions(notes: Iterable[Note]) -> Mapping[str, Reception]:
    """By type. Where there are several notes of one event, what the later ones say of a receiver counts."""
    found: defaultdict[str, Reception] = defaultdict(Reception)
    for type, reactions in _by_event(notes):
        reception = found[type]
        reception.count += 1
        reception.failures += any(each.get("outcome") == "raised" for each in reactions)
        for reaction in reactions:
            reception.by_receiver[str(reaction["receiver"])].add(reaction)
    return found


def _by_event(notes: Iterable[Note]) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    events: dict[str, tuple[str, dict[tuple[str, ...], dict[str, Any]]]] = {}
    for note in sorted(notes, key=lambda note: note.cursor):
        if note.kind == "reactions":
            _, reactions = events.setdefault(note.event_id, (note.type, {}))
            reactions |= {_key(each): each for each in _reactions(note.text)}
    return ((type, reactions.values()) for type, reactions in events.values())


def _key(reaction: Mapping[str, Any]) -> tuple[str, ...]:
    """Of one receiver in one event. Several may have one name: two methods of a class, two partials of a function."""
    return tuple(str(reaction.get(name)) for name in ("receiver", "source", "order"))


def _reactions(text: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(text).get("reactions") or []
    except (ValueError, AttributeError):  # Somebody has been at the table.
        return []
    return [each for each in found if isinstance(each, dict) and each.get("receiver")]
