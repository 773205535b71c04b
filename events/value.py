"""One argument of a signal as a JSON-safe value: references, declared fields, masks, limits.

Only what was declared is shown: an argument by being passed, a model's field by the model's `event_fields`. Nothing
here runs a query. What cannot be shown becomes a mark, `{"$mark": reason, …}`.
"""

import datetime
import enum
import math
import re
import uuid
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from functools import lru_cache, partial
from json.encoder import c_make_encoder, encode_basestring_ascii  # type: ignore[attr-defined]
from pathlib import PurePath
from typing import Any

from django.db.models import ForeignKey, Model
from django.db.models.fields.files import FieldFile
from django.utils.duration import duration_iso_string
from django.utils.functional import LazyObject, Promise, empty

from .instance import key_in, memory
from .mask import is_secret
from .personal import Marked
from .queries import no_queries
from .shape import Shape, holds_secret
from .shape import shape as shape_of

MAX_DEPTH = 32
MAX_NAME = 100

_SURROGATES = re.compile("[\ud800-\udfff]")


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} is nothing that JSON knows")


def encoder(between: str) -> Any:
    """What `json.dumps` makes anew for each call, to take three times as long: ASCII only, without spaces, no NaN."""
    return c_make_encoder(None, _refuse, encode_basestring_ascii, None, ":", between, False, False, False)


_encode = encoder(",")


def dumps(value: Any) -> str:
    """JSON of what is shown: it was made here, so nothing in it holds itself."""
    return "".join(_encode(value, 0))


@dataclass(frozen=True, slots=True)
class Failed:
    """Stands for data that could not be computed: `error` is the exception's name."""

    error: str


class _TooLarge(Exception):
    """More than fits into one event."""


class Shown:
    """Arguments on their way to JSON: together at most `limit` bytes, and not much more work than that."""

    __slots__ = ("degraded", "limit", "path", "personal", "spent")

    def __init__(self, limit: int, degraded: set[str]) -> None:
        self.limit = limit
        self.degraded = degraded
        self.spent = 0
        self.path: list[int] = []
        self.personal: list[Marked] = []
        """Objects that were made on the way, in which personal values stand."""

    def arguments(self, given: Mapping[Any, Any]) -> dict[str, Any]:
        """All of them, if their names are as almost always. Raises whatever one of them raises."""
        return {name: self.value(value) for name, value in given.items()}

    def argument(self, name: Any, value: Any) -> tuple[str, Any]:
        """One of any name. Never raises."""
        known = None
        try:
            known = self.key(name)
            return known, self.keyed(known, value)
        except _TooLarge:
            shown = self.mark("too-large")
        except Exception as error:  # A project's own class may break any of Python's rules; the sender must not notice.
            shown = self.mark("failed", error=type(error).__name__)
        return f"({type(name).__name__})" if known is None else known, shown

    def keyed(self, key: str, value: Any) -> Any:
        return self.secret(value) if is_secret(key) else self.value(value)

    def secret(self, value: Any) -> Any:
        return self.value(value) if value is None or type(value) is bool else self.mark("masked")

    def value(self, value: Any) -> Any:
        kind = type(value)
        # What is short costs nothing: there are few arguments and fields.
        if kind is str:
            return value if len(value) <= _SHORT and value.isascii() and "\0" not in value else self.string(value)
        if kind is int:
            return value if SMALLEST < value < LARGEST else self.integer(value)
        self.spend(2)
        if value is None or kind is bool:
            return value
        # From here on `isinstance` would ask a lazy object for its class, and so evaluate it.
        if issubclass(kind, Model):
            shape = shape_of(kind)
            if shape.leads_on:
                return self.nested(value, partial(self.reference, shape))
            return self.reference(shape, value)
        if issubclass(kind, LazyObject):
            return self.lazy(value)
        if kind in _BUILT_IN:
            return self.built(value, kind)
        with no_queries():  # A project's own class may do anything when it is looked at.
            return self.built(value, kind)

    def member(self, value: Any) -> Any:
        """A value of which there may be any number."""
        kind = type(value)
        return self.string(value) if kind is str else self.integer(value) if kind is int else self.value(value)

    def built(self, value: Any, kind: type) -> Any:
        return self.scalar(value, kind) if issubclass(kind, _SCALARS) else self.container(value, kind)

    def scalar(self, value: Any, kind: type) -> Any:
        if issubclass(kind, enum.Enum):
            return self.value(value.value)
        if issubclass(kind, float):
            return self.number(float.__float__(value))
        if issubclass(kind, Decimal) and not value.is_finite():
            return self.mark("not-a-number", value=str(value))
        if issubclass(kind, datetime.timedelta):
            return duration_iso_string(value)
        self.spent -= 2  # Integers and strings pay for themselves.
        if issubclass(kind, int):
            return self.integer(int.__int__(value))
        if issubclass(kind, datetime.date | datetime.time):
            value = value.isoformat()
        elif not issubclass(kind, str):
            value = str(value)  # Decimals, UUIDs, paths and lazy strings.
        return self.string(str.__str__(value))  # A class made of `str` could say anything of itself.

    def container(self, value: Any, kind: type) -> Any:
        if issubclass(kind, dict):
            return self.nested(value, self.mapping)
        if issubclass(kind, list | tuple):
            return self.nested(value, self.named if hasattr(kind, "_fields") else self.sequence)
        if issubclass(kind, set | frozenset):
            return self.nested(value, self.unordered)
        if kind is Failed:
            return self.mark("failed", error=value.error)
        if is_dataclass(kind):
            return self.nested(value, self.record)
        if issubclass(kind, bytes | bytearray | memoryview):
            return self.mark("binary", bytes=memoryview(value).nbytes)
        if issubclass(kind, FieldFile):  # Before anybody looks at it, an instance holds its name.
            return self.value(value.name)
        return self.mark("unsupported", type=f"{kind.__module__}.{kind.__qualname__}")

    def string(self, value: str) -> Any:
        size = len(value)
        spent = self.spent + size + 2
        if spent > self.limit:
            self.spend(2)
            return self.mark("too-large", characters=size)
        self.spent = spent
        return value if value.isascii() and "\0" not in value else _text(value, self.degraded)

    def integer(self, value: int) -> Any:
        # Python refuses to print integers of more than 4,300 digits.
        bits = value.bit_length()
        if bits > 4096:
            self.spend(2)
            return self.mark("too-large", bits=bits)
        spent = self.spent + bits // 3 + 2
        if spent > self.limit:
            raise _TooLarge
        self.spent = spent
        return value

    def number(self, value: float) -> Any:
        return value if math.isfinite(value) else self.mark("not-a-number", value=str(value))

    def lazy(self, value: Any) -> Any:
        wrapped = object.__getattribute__(value, "_wrapped")
        return self.mark("lazy") if wrapped is empty else self.value(wrapped)

    def reference(self, shape: Shape, instance: Model) -> dict[str, Any]:
        if self.path:
            self.spend(_LEAST)
        held = memory(instance)
        key = key_in(held, shape.key_columns)
        reference = {"model": shape.label, "pk": self.secret(key) if shape.is_secret_key else self.value(key)}
        if shape.fields:
            reference["fields"] = self.fields(shape, held)
        if shape.has_personal_key:
            self.personal.append(Marked(reference, _KEY))
        if shape.personal:
            self.personal.append(Marked(reference["fields"], shape.personal))
        return reference

    def fields(self, shape: Shape, held: dict[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name, column, foreign_key, has_secret in shape.fields:
            if column not in held:
                shown[name] = self.mark("deferred" if column else "unknown-field")
            elif foreign_key and held[column] is not None:
                shown[name] = self.related(foreign_key, held)
            elif has_secret:
                shown[name] = self.secret(held[column])
            else:
                shown[name] = self.value(held[column])
        return shown

    def related(self, field: ForeignKey, held: dict[str, Any]) -> Any:
        """The other end of a foreign key: with its own fields if it is loaded, else just its key."""
        other = held["_state"].fields_cache.get(field.name)
        if other is not None:
            return self.value(other)
        target = field.target_field
        name = "pk" if target.primary_key else target.name
        key = held[field.attname]
        shown = self.secret(key) if holds_secret(target) else self.value(key)
        return {"model": field.related_model._meta.label_lower, name: shown}

    def mapping(self, value: dict[Any, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for key, item in dict.items(value):
            name = free(self.key(key), key, shown)
            shown[name] = self.keyed(name, item)
        return shown

    def key(self, key: Any) -> str:
        shown = self.member(key)
        if isinstance(shown, str):
            return shown
        return dumps(shown) if shown is None or isinstance(shown, int | float) else f"({type(key).__name__})"

    def sequence(self, value: Any) -> list[Any]:
        return [self.member(item) for item in value]

    def named(self, value: Any) -> dict[str, Any]:
        """A named tuple: its names say what is secret."""
        self.spend(len('"":,') * len(type(value)._fields))
        return {name: self.keyed(name, item) for name, item in zip(type(value)._fields, value, strict=True)}

    def unordered(self, value: Any) -> list[Any]:
        return sorted(self.sequence(value), key=dumps)

    def record(self, value: Any) -> dict[str, Any]:
        held = fields(value)
        self.spend(len('"":,') * len(held))
        return {f.name: self.keyed(f.name, getattr(value, f.name)) for f in held}

    def nested(self, value: Any, show: Callable[[Any], Any]) -> Any:
        if id(value) in self.path:
            return self.mark("cycle")
        if len(self.path) >= MAX_DEPTH:
            return self.mark("too-deep")
        self.path.append(id(value))
        try:
            return show(value)
        finally:
            self.path.pop()

    def spend(self, size: int) -> None:
        self.spent += size
        if self.spent > self.limit:
            raise _TooLarge

    def mark(self, reason: str, **facts: Any) -> dict[str, Any]:
        return mark(reason, self.degraded, **facts)


_KEY = frozenset({"pk"})
# What a reference among others has for sure.
_LEAST = len('{"model":"","pk":}')
_STRINGS = frozenset({str})
_SHORT, SMALLEST, LARGEST = 64, -(2**63), 2**63
_SCALARS = (
    enum.Enum,
    str,
    int,
    float,
    Decimal,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    uuid.UUID,
    PurePath,
    Promise,
)
_BUILT_IN = frozenset({dict, list, tuple, set, float, Decimal, datetime.datetime, datetime.date, uuid.UUID})


def are_usual(names: Iterable[Any]) -> bool:
    """Whether they can be names in JSON as they are, and their values may be shown, as with almost all arguments."""
    # A class made of `str` could say anything of itself.
    return _STRINGS.issuperset(map(type, names)) and _are_usual(tuple(names))


@lru_cache(maxsize=1024)
def _are_usual(names: tuple[str, ...]) -> bool:
    return all(
        len(name) <= MAX_NAME and name.isidentifier() and name.isascii() and not is_secret(name) for name in names
    )


def mark(reason: str, degraded: set[str], **facts: Any) -> dict[str, Any]:
    """What stands in the place of a value, and says why."""
    if reason != "masked":
        degraded.add(reason)
    return {"$mark": reason, **facts}


def is_plain(text: str) -> bool:
    """Whether it has nothing in it that breaks databases and parsers."""
    return "\0" not in text and (text.isascii() or not _SURROGATES.search(text))


def _text(value: str, degraded: set[str]) -> str:
    """NUL and lone surrogates break databases and parsers: ␀ and � stand in their place."""
    if "\0" in value:
        degraded.add("nul")
        value = value.replace("\0", "\N{SYMBOL FOR NULL}")
    if not value.isascii() and _SURROGATES.search(value):
        degraded.add("surrogate")
        value = _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", value)
    return value


def free(name: str, key: object, taken: Container[str]) -> str:
    """A name that is not taken yet: 1 and "1" are two keys in Python and one in JSON."""
    if name in taken:
        name = f"{name} ({type(key).__name__})"
    first, count = name, 1
    while name in taken:
        count += 1
        name = f"{first} {count}"
    return name
