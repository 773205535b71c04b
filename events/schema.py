"""A schema: what the events of one type have carried, learnt from one after the other, and what changed. No I/O.

A field that was in every event, of at least twenty, is required from then on; where it is missing, where another type
comes up, and where a field comes up that nobody knew, that is a change, with the time of the first event that has it.
Everything here is bounded, whatever the events carry.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# So many times something must have been there before its absence, or what is new beside it, says anything.
MATURE = 20
MAX_FIELDS = 300
# An object with more keys than that is a dictionary of something; only what is in most of them is a field.
MAX_PROPERTIES = 64
MAX_DEPTH = 8
MAX_NAME = 100
# How many members of a list are looked at.
MAX_ITEMS = 50
# Up to so many different strings are told as the values there are; of others one is told.
MAX_VALUES = 8
MAX_TEXT = 60
MAX_BITS = 64
MAX_CHANGES = 50

DECIMAL = r"^-?\d+\.\d+$"
_FORMATS = {
    "decimal": re.compile(r"-?\d{1,30}\.\d{1,30}"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}
_KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


class Change(NamedTuple):
    """A field that is not what it was."""

    field: str
    change: str
    """`new`, `missing` or `type`."""
    first_seen: str
    """The time of the first event that has it, as it is in the event."""
    detail: str


class _Lesson(NamedTuple):
    """The event that is learnt from."""

    position: int
    time: str


@dataclass(slots=True)
class Field:
    """What has stood under one name. Only what a fresh event may tell to whoever follows its type is kept as it was."""

    seen: int = 0
    kinds: list[str] = field(default_factory=list)
    mark: str = ""
    """`personal` or `masked`: then of the values nothing is kept."""
    format: str | None = None
    """Which format all strings had; empty: none."""
    low: float | None = None
    high: float | None = None
    values: dict[str, int] = field(default_factory=dict)
    """Strings, each with the position of its newest event; an example is gone when its event is."""
    has_more: bool = False
    """Whether there were other strings; of numbers, whether there were some too large to tell of a range."""
    example: list[Any] = field(default_factory=list)
    """The newest number or boolean, and its position."""
    objects: int = 0
    """How often it was an object, or a member of the list was one."""
    is_open: bool = False
    """Whether its objects have other properties, which are not told."""
    properties: "dict[str, Field]" = field(default_factory=dict)
    items: "Field | None" = None

    def as_json(self) -> dict[str, Any]:
        """All of it, without what is as it was at the beginning."""
        found = {name: getattr(self, name) for name in self.__slots__}
        found = {name: value for name, value in found.items() if not _is_nothing(value)}
        if self.properties:
            found["properties"] = {name: child.as_json() for name, child in self.properties.items()}
        if self.items:
            found["items"] = self.items.as_json()
        return found

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> "Field":
        made = cls(**{name: value for name, value in found.items() if name in cls.__slots__})
        made.properties = {name: cls.of_json(child) for name, child in found.get("properties", {}).items()}
        made.items = cls.of_json(found["items"]) if "items" in found else None
        return made

    def count(self) -> int:
        return 1 + sum(child.count() for child in self.children())

    def children(self) -> "Iterator[Field]":
        yield from self.properties.values()
        if self.items:
            yield self.items


def _is_nothing(value: Any) -> bool:
    """As it is at the beginning. (The smallest number may be 0, and so is then one.)"""
    return value is None or (type(value) in (str, list, dict) and not value) or value is False


class Schema:
    def __init__(self) -> None:
        self.root = Field()
        self.changes: list[Change] = []
        self._fields = 1

    def as_json(self) -> dict[str, Any]:
        return {"root": self.root.as_json(), "changes": [list(change) for change in self.changes]}

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> "Schema":
        made = cls()
        made.root = Field.of_json(found["root"])
        made.changes = [Change(*change) for change in found["changes"]]
        made._fields = made.root.count()
        return made

    def learn(self, data: Any, *, position: int, time: str) -> None:
        """From the data of one event, in which marks stand in the place of what is personal.

        An event of which all is hidden teaches nothing.
        """
        if _is_mark(data):
            return
        self._learn(self.root, data, "", 0, _Lesson(position, time))

    def told(self, *, oldest: int = 0) -> dict[str, Any]:
        """As a JSON Schema. What it shows of values is from events of position `oldest` and later."""
        return {"$schema": DIALECT, **_told(self.root, oldest)}

    def _learn(self, known: Field, value: Any, path: str, depth: int, lesson: _Lesson) -> None:
        known.seen += 1
        kind = _KINDS.get(type(value), "")
        if _is_mark(value):
            return self._hide(known, value["$mark"], path)
        if kind not in known.kinds:
            if known.kinds and known.seen > MATURE:
                self._note(path, "type", lesson, f"{' or '.join(known.kinds)}, now {kind} too")
            known.kinds.append(kind)
        if known.mark:
            return
        if kind == "object":
            self._object(known, value, path, depth, lesson)
        elif kind == "array":
            self._list(known, value, path, depth, lesson)
        elif kind == "string":
            _take_text(known, value, lesson.position)
        elif kind != "null":
            _take(known, value, lesson.position)

    def _object(self, known: Field, value: dict[str, Any], path: str, depth: int, lesson: _Lesson) -> None:
        before = known.objects
        known.objects += 1
        if depth >= MAX_DEPTH:
            known.is_open = True
            return
        for name, item in value.items():
            below = f"{path}.{name}" if path else name
            child = known.properties.get(name) or self._add(known, name, path)
            if child is None:
                continue
            if child.seen == 0 and before >= MATURE and not known.is_open:
                self._note(below, "new", lesson, f"not in the {before} before")
            self._learn(child, item, below, depth + 1, lesson)
        if before >= MATURE:
            for name, child in known.properties.items():
                if child.seen == before and name not in value:
                    self._note(f"{path}.{name}" if path else name, "missing", lesson, f"in all the {before} before")

    def _list(self, known: Field, value: list[Any], path: str, depth: int, lesson: _Lesson) -> None:
        if depth >= MAX_DEPTH or not value:
            return
        if known.items is None:
            if self._fields >= MAX_FIELDS:
                return
            self._fields += 1
            known.items = Field()
        for item in value[:MAX_ITEMS]:
            self._learn(known.items, item, f"{path}[]", depth + 1, lesson)

    def _add(self, known: Field, name: str, path: str) -> Field | None:
        """A field of this object that was not there before; None if there are too many."""
        if len(known.properties) >= MAX_PROPERTIES and not known.is_open:
            self._open(known, path)
        if known.is_open:
            return None
        if len(name) > MAX_NAME or self._fields >= MAX_FIELDS:
            known.is_open = True
            return None
        self._fields += 1
        child = known.properties[name] = Field()
        return child

    def _open(self, known: Field, path: str) -> None:
        """A dictionary with ever new keys: what is not in most of them was no field, and its coming up no change."""
        known.is_open = True
        gone = [name for name, child in known.properties.items() if child.seen * 2 < known.objects]
        for name in gone:
            self._fields -= known.properties.pop(name).count()
        places = {f"{path}.{name}" if path else name for name in gone}
        self.changes = [change for change in self.changes if not _is_below(change.field, places)]

    def _hide(self, known: Field, mark: str, path: str) -> None:
        """Whatever was shown of it before somebody declared it."""
        if mark not in ("personal", "masked") or known.mark:
            return
        self._fields -= known.count() - 1
        known.mark, known.format, known.low, known.high, known.items = mark, None, None, None, None
        known.values, known.properties, known.example, known.has_more, known.is_open = {}, {}, [], False, False
        self.changes = [each for each in self.changes if each.field == path or not _is_below(each.field, {path})]

    def _note(self, path: str, change: str, lesson: _Lesson, detail: str) -> None:
        self.changes.append(Change(path, change, lesson.time, detail))
        del self.changes[:-MAX_CHANGES]


def _is_mark(value: Any) -> bool:
    return type(value) is dict and isinstance(value.get("$mark"), str)


def _is_below(path: str, places: set[str]) -> bool:
    return any(path == place or path.startswith((f"{place}.", f"{place}[]")) for place in places)


def _take_text(known: Field, value: str, position: int) -> None:
    if known.format is None:
        known.format = next((name for name, pattern in _FORMATS.items() if pattern.fullmatch(value)), "")
    elif known.format and not _FORMATS[known.format].fullmatch(value):
        known.format = ""
    text = value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "…"
    if text not in known.values and len(known.values) >= MAX_VALUES:
        known.has_more = True
    if known.has_more:
        known.values.clear()
    known.values[text] = position


def _take(known: Field, value: float, position: int) -> None:
    if type(value) is int and value.bit_length() > MAX_BITS:
        known.has_more, known.low, known.high = True, None, None
        return
    known.example = [value, position]
    if type(value) is not bool and not known.has_more:
        known.low = value if known.low is None else min(known.low, value)
        known.high = value if known.high is None else max(known.high, value)


def _told(known: Field, oldest: int) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if known.mark:
        return {"$comment": known.mark}
    kinds = [kind for kind in known.kinds if kind != "integer" or "number" not in known.kinds]
    if kinds:
        told["type"] = kinds[0] if len(kinds) == 1 else kinds
    if known.format == "decimal":
        told["pattern"] = DECIMAL
    elif known.format:
        told["format"] = known.format
    if known.low is not None:
        told |= {"minimum": known.low, "maximum": known.high}
    examples = [value for value, position in known.values.items() if position >= oldest]
    if known.example and known.example[1] >= oldest:
        examples.append(known.example[0])
    if examples:
        told["examples"] = examples
    if known.objects:
        told["properties"] = {name: _told(child, oldest) for name, child in known.properties.items()}
        told["required"] = [name for name, child in known.properties.items() if _is_required(child, known)]
    if known.items:
        told["items"] = _told(known.items, oldest)
    return told


def _is_required(child: Field, parent: Field) -> bool:
    return child.seen == parent.objects >= MATURE
