"""What a signal said, as the `data` of an event: JSON, bounded, and without what was not declared."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils.functional import LazyObject

from .instance import pk
from .mask import is_secret
from .queries import no_queries
from .summary import one_line, summarise
from .value import Failed, Shown, dumps, free, mark


class Payload(NamedTuple):
    text: str
    """`data` as JSON, ASCII only."""
    subject: str
    """The first model instance, e.g. `academy.order/42`, or empty."""
    summary: str
    """A line for people, derived from the data."""
    degraded: str
    """Why the data is not quite what was sent, e.g. `nul,too-large`, or empty."""


def describe(arguments: Mapping[Any, Any], *, limit: int) -> Payload:
    """The payload of a signal sent with `arguments`, its data at most `limit` bytes. Never raises, never queries."""
    return _all(arguments, limit=limit) or _what_fits(arguments, limit=limit)


def compute(
    data: Callable[..., Mapping[Any, Any]], sender: Any, arguments: Mapping[str, Any], *, limit: int
) -> Payload:
    """The payload that an attachment's own `data` makes. It may not query; if it raises, a mark says so."""
    try:
        with no_queries():
            computed = dict(data(sender=sender, **arguments))
    except Exception as error:
        computed = {"error": Failed(type(error).__name__)}
    payload = describe(computed, limit=limit)
    return payload if payload.subject else payload._replace(subject=_subject(arguments))


def _all(arguments: Mapping[Any, Any], *, limit: int) -> Payload | None:
    """All arguments, as almost always; None if one is too large, or they are together."""
    degraded: set[str] = set()
    shown = Shown(limit=limit, degraded=degraded)
    data: dict[str, Any] = {}
    for name, value in arguments.items():
        key, item = shown.argument(name, value)
        data[free(key, name, data)] = item
        if "too-large" in degraded:
            return None
    text = dumps(data)
    return _payload(text, data, arguments, degraded) if len(text) < limit else None


def _what_fits(arguments: Mapping[Any, Any], *, limit: int) -> Payload:
    """Each argument as far as there is room for it, with marks for the others."""
    degraded: set[str] = set()
    data: dict[str, Any] = {}
    members: list[str] = []
    room = limit - len("{}")
    for name, value in arguments.items():
        key, shown = Shown(limit=limit, degraded=degraded).argument(name, value)
        key = free(key, name, data)
        member = dumps({key: shown})[1:-1]
        if len(member) >= room:
            shown = mark("too-large", degraded, bytes=len(member))
            member = dumps({key: shown})[1:-1]
        room -= len(member) + len(",")
        if room < 0:
            break
        data[key] = shown
        members.append(member)
    text = "{" + ",".join(members) + "}"
    if room < 0:
        data = mark("too-large", degraded, arguments=len(arguments))
        text = dumps(data)
    return _payload(text, data, arguments, degraded)


def _payload(text: str, data: dict[str, Any], arguments: Mapping[Any, Any], degraded: set[str]) -> Payload:
    return Payload(text, _subject(arguments), summarise(data), ",".join(sorted(degraded)))


def _subject(arguments: Mapping[Any, Any]) -> str:
    for value in arguments.values():
        if issubclass(type(value), LazyObject):
            value = object.__getattribute__(value, "_wrapped")
        if issubclass(type(value), Model):
            meta = type(value)._meta
            key = _key(meta.pk.name, pk(value))
            return one_line(f"{meta.label_lower}/{key}") if isinstance(key, int | str) else ""
    return ""


def _key(name: str, value: Any) -> Any:
    if type(value) is int and abs(value) < 2**63 and not is_secret(name):
        return value  # As in most models; it spares the sender 2 µs.
    _, shown = Shown(limit=1024, degraded=set()).argument(name, value)
    return shown
