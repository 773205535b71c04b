"""A stencil of a payload: all that the names and kinds of a signal's arguments say of it, cut once and used often.

Nearly every signal brings the same again and again: texts, numbers, times, and instances that show a few of those.
`payload` knows how anything is shown. It cuts the stencils, too, of arguments in which holes stand for such values;
so what is filled in says the same as what is described, in half the time, and senders wait for it.
"""

import datetime
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils.functional import LazyObject

from .instance import memory
from .payload import Paths, Payload, payload_of
from .shape import shape
from .summary import MAX_LENGTH, one_line
from .value import LARGEST, SMALLEST, Shown, are_usual, dumps, encoder, is_plain

# Who sends something else each time gains nothing by it.
MAX_OUTLINES = 256
MAX_STENCILS = 32

# There are no such brackets in the names of arguments, fields and models.
_HOLE = re.compile('"?<([0-9]+)>"?')

# Stands in no JSON.
_BETWEEN = "\0"
_encode = encoder(_BETWEEN)

Leaves = list[Any]
"""What the arguments say: they themselves, or, of an instance, its key and its fields."""


class Unusual(Exception):
    """This is not for here."""


def fill(arguments: Mapping[Any, Any], *, limit: int, personal: Paths = ()) -> Payload | None:
    """The payload that `describe` makes; None if not all in it is plain, or it may be more than `limit` bytes."""
    try:
        key = (*personal, *arguments, *map(type, arguments.values()))
        outline: _Outline | None = _outlines.get(key, _UNSEEN)
        if outline is _UNSEEN:
            outline = _look(key, arguments, personal)
        if outline is None:
            return None
        if outline.is_lazy:
            return fill({name: _behind(value) for name, value in arguments.items()}, limit=limit, personal=personal)
        leaves: Leaves = []
        for value, instance in zip(arguments.values(), outline.instances, strict=True):
            if instance is None:
                leaves.append(value)
                continue
            leaves += instance.take(memory(value))
            if _declared(type(value)) != instance.declared:  # Since it was looked at.
                _outlines.clear()
                return None
        stencil = outline.stencils.get(tuple(map(type, leaves)))
        if stencil is None or "" in stencil.strings(leaves):
            stencil = outline.stencil(leaves, arguments, limit)
        return stencil.payload(leaves, limit)
    except Exception:  # Whatever it is, `describe` will say.
        return None


class _Instance(NamedTuple):
    """An argument that is an instance of which nothing is shown but leaves."""

    fields: tuple[str, ...]
    declared: tuple[Any, Any]
    take: Callable[[dict[str, Any]], Sequence[Any]]

    @classmethod
    def of(cls, model: Any) -> "_Instance":
        declared, found = _declared(model), shape(model)
        columns = [*found.key_columns, *(field.column for field in found.fields if not field.foreign_key)]
        fields = tuple(field.name for field in found.fields)
        if None in columns or len(columns) != 1 + len(fields) or not {*map(type, declared)} <= {tuple, list}:
            raise Unusual
        # A list may be another, and still be the same.
        return cls(fields, (copy(declared[0]), copy(declared[1])), _picked(columns))


class _Outline:
    """Of arguments with certain names, of certain kinds."""

    def __init__(self, arguments: Mapping[Any, Any], personal: Paths) -> None:
        kinds = [type(value) for value in arguments.values()]
        if not are_usual(arguments) or not all(kind in _LEAVES or issubclass(kind, _BRANCHES) for kind in kinds):
            raise Unusual
        self.is_lazy = any(issubclass(kind, LazyObject) for kind in kinds)
        self.instances = [_Instance.of(kind) if issubclass(kind, Model) else None for kind in kinds]
        self.stencils: dict[tuple[Any, ...], _Stencil] = {}
        """By the kinds of the leaves; those that change what is said around them stand for themselves."""
        self._personal = personal

    def stencil(self, leaves: Leaves, arguments: Mapping[Any, Any], limit: int) -> "_Stencil":
        if not _LEAVES.issuperset(map(type, leaves)):
            raise Unusual
        kinds = tuple(leaf if _is_fixed(leaf) else type(leaf) for leaf in leaves)
        if kinds not in self.stencils:
            if len(self.stencils) >= MAX_STENCILS:
                self.stencils.clear()
            self.stencils[kinds] = _Stencil(leaves, self._cut(leaves, arguments, limit))
        return self.stencils[kinds]

    def _cut(self, leaves: Leaves, arguments: Mapping[Any, Any], limit: int) -> Payload:
        """The payload, with holes in the place of leaves."""
        shown = Shown(limit, set())
        data = shown.arguments(arguments)
        for index, (holder, name) in enumerate(self._places(data)):
            # Of a secret there is a mark, whatever it is.
            if not (leaves[index] is None or _is_fixed(leaves[index]) or type(holder[name]) is dict):
                holder[name] = f"<{index}>"
        payload = payload_of(dumps(data), data, arguments, shown.degraded, self._personal, shown.personal)
        if payload.degraded or len(payload.summary) >= MAX_LENGTH:
            raise Unusual
        return payload

    def _places(self, data: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
        for (name, shown), instance in zip(data.items(), self.instances, strict=True):
            if instance is None:
                yield data, name
            else:
                yield shown, "pk"
                yield from ((shown["fields"], field) for field in instance.fields)


class _Stencil:
    """Of an outline whose leaves are of certain kinds."""

    def __init__(self, leaves: Leaves, cut: Payload) -> None:
        kinds = [type(leaf) for leaf in leaves]
        self.strings = _picked([index for index, kind in enumerate(kinds) if kind is str and leaves[index]])
        self._integers = _picked([index for index, kind in enumerate(kinds) if kind is int])
        self._words = [(index, _WORDS[kind]) for index, kind in enumerate(kinds) if kind in _WORDS]
        self._text, self._members = _holes(cut.text)
        if not self._members(leaves):
            # Of nothing there is nothing between brackets, and it wants a place.
            self._text += "%s"
        self._summary, self._said = _holes(cut.summary)
        self._subject, self._named = _holes(cut.subject)
        self._personal = cut.personal

    def payload(self, leaves: Leaves, limit: int) -> Payload | None:
        integers = self._integers(leaves)
        if integers and not (min(integers) > SMALLEST and max(integers) < LARGEST):
            return None
        strings = "".join(self.strings(leaves))
        if len(strings) > limit or not is_plain(strings):
            return None
        for index, word in self._words:
            leaves[index] = word(leaves[index])
        text = self._text % tuple("".join(_encode(self._members(leaves), 0))[1:-1].split(_BETWEEN))
        if len(text) > limit:
            return None
        summary = one_line(self._summary % self._said(leaves))
        return Payload(text, one_line(self._subject % self._named(leaves)), summary, "", self._personal)


def _look(key: tuple[Any, ...], arguments: Mapping[Any, Any], personal: Paths) -> _Outline | None:
    if len(_outlines) >= MAX_OUTLINES:
        _outlines.clear()
    try:
        found = _Outline(arguments, personal)
    except Unusual:
        found = None
    _outlines[key] = found
    return found


def _declared(model: Any) -> tuple[Any, Any]:
    return getattr(model, "event_fields", ()), getattr(model, "event_personal_fields", ())


def _behind(value: Any) -> Any:
    """What a lazy object was made of, if it has been."""
    return object.__getattribute__(value, "_wrapped") if issubclass(type(value), LazyObject) else value


def _is_fixed(leaf: Any) -> bool:
    """Whether more depends on it than what stands in its place: a flag's name, or a comma."""
    return type(leaf) is bool or (type(leaf) is str and not leaf)


def _holes(cut: str) -> tuple[str, Callable[[Leaves], tuple[Any, ...]]]:
    """To be filled by `%`, and a function that picks what fills it."""
    return _HOLE.sub("%s", cut), _picked([int(index) for index in _HOLE.findall(cut)])


def _picked(places: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that picks these, always as a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    return (lambda held: (held[places[0]],)) if places else (lambda held: ())


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise Unusual
    return str(value)


# What is text in JSON, and how it is written.
_WORDS: dict[type, Callable[[Any], str]] = {
    Decimal: _decimal,
    datetime.datetime: datetime.datetime.isoformat,
    datetime.date: datetime.date.isoformat,
    datetime.time: datetime.time.isoformat,
    uuid.UUID: str,
}
_LEAVES = {str, int, float, bool, type(None), *_WORDS}
_BRANCHES = (Model, LazyObject)

_UNSEEN: Any = object()
_outlines: dict[tuple[Any, ...], _Outline | None] = {}
