"""What a signal said, as the `data` of an event: JSON, bounded, and without what was not declared."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils.functional import LazyObject

from .instance import pk
from .personal import Keys, Marked, Search, places, tells
from .queries import no_queries
from .shape import shape
from .summary import one_line, summarise
from .value import Failed, Shown, are_usual, dumps, free, mark

Paths = Sequence[str]
_KEYS = (int, str, float)


class Payload(NamedTuple):
    text: str
    """`data` as JSON, ASCII only."""
    subject: str
    """The first model instance, e.g. `academy.order/42`, or empty."""
    summary: str
    """A line for people, derived from the data."""
    degraded: str
    """Why the data is not quite what was sent, e.g. `nul,too-large`, or empty."""
    personal: str = ""
    """Where in the data personal values stand, e.g. `#/note`, or empty. The summary may tell them as well."""


def describe(arguments: Mapping[Any, Any], *, limit: int, personal: Paths = ()) -> Payload:
    """The payload of a signal sent with `arguments`, its data at most `limit` bytes. Never raises, never queries.

    What is at the paths of `personal`, or declared so by a model, is personal.
    """
    return _all(arguments, limit, personal) or _what_fits(arguments, limit, personal)


def compute(
    data: Callable[..., Mapping[Any, Any]],
    sender: Any,
    arguments: Mapping[str, Any],
    *,
    limit: int,
    personal: Paths = (),
) -> Payload:
    """The payload that an attachment's own `data` makes. It may not query; if it raises, a mark says so."""
    try:
        with no_queries():
            computed = dict(data(sender=sender, **arguments))
    except Exception as error:
        computed = {"error": Failed(type(error).__name__)}
    payload = describe(computed, limit=limit, personal=personal)
    if payload.subject:
        return payload
    name, instance = _first(arguments)
    if instance is None or name in personal or name + ".pk" in personal:
        return payload
    subject = _row(instance)
    return payload._replace(subject="" if personal and _may_tell(payload, subject) else subject)


def _all(arguments: Mapping[Any, Any], limit: int, personal: Paths) -> Payload | None:
    """All arguments in one go; None if something is the matter with one, or they are too large together."""
    if not are_usual(arguments):
        return None
    shown = Shown(limit, set())
    try:
        data = shown.arguments(arguments)
        text = dumps(data)
    except Exception:  # Whatever it is, it will be said of the argument.
        return None
    if len(text) > limit or "too-large" in shown.degraded:
        return None
    return payload_of(text, data, arguments, shown.degraded, personal, shown.personal)


def _what_fits(arguments: Mapping[Any, Any], limit: int, personal: Paths) -> Payload:
    """Each argument as far as there is room for it, with marks for the others."""
    degraded: set[str] = set()
    data: dict[str, Any] = {}
    members: list[str] = []
    marked: list[Marked] = []
    room = limit - len("{}")
    for name, value in arguments.items():
        argument = Shown(limit, degraded)
        key, shown = argument.argument(name, value)
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
        marked += argument.personal
    text = "{" + ",".join(members) + "}"
    if room < 0:
        data = mark("too-large", degraded, arguments=len(arguments))
        text = dumps(data)
    return payload_of(text, data, arguments, degraded, personal, marked)


def payload_of(
    text: str,
    data: dict[str, Any],
    arguments: Mapping[Any, Any],
    degraded: set[str],
    personal: Paths,
    marked: Sequence[Marked],
) -> Payload:
    # Most events are neither, and their senders need not wait for it.
    reasons = ",".join(sorted(degraded)) if degraded else ""
    hidden: Collection[Keys] = Search(data, marked, personal).found if personal or marked else ()
    subject = _subject(data, arguments, personal, hidden)
    return Payload(text, subject, summarise(data), reasons, places(hidden) if hidden else "")


def _may_tell(payload: Payload, subject: str) -> bool:
    """Whether a subject that is not taken from the data could be one of its personal values."""
    known = tells(payload.text, payload.personal, subject.partition("/")[2]) if payload.personal else False
    return known or "too-large" in payload.degraded


def _subject(data: dict[str, Any], arguments: Mapping[Any, Any], personal: Paths, hidden: Collection[Keys]) -> str:
    """The first instance, as it is shown in the data, unless it is hidden, or its name is."""
    for value, (key, shown) in zip(arguments.values(), data.items(), strict=False):
        if not issubclass(type(value), Model) and _instance(value) is None:
            continue
        if hidden and ((key,) in hidden or (key, "pk") in hidden or (key, "model") in hidden):
            return ""
        if type(shown) is dict and "pk" in shown:
            return _named(shown["model"], shown["pk"])
        # What is not shown because it did not fit may still be named, if nobody has said what is personal in it.
        return "" if personal else _row(value)
    return ""


def _first(arguments: Mapping[Any, Any]) -> tuple[str, Model | None]:
    """The first instance, and the name that it was sent by."""
    for name, value in arguments.items():
        if (instance := _instance(value)) is not None:
            # It may be of a class that somebody made of `str`.
            return str.__str__(name), instance
    return "", None


def _instance(value: Any) -> Model | None:
    if issubclass(type(value), LazyObject):
        value = object.__getattribute__(value, "_wrapped")
    return value if issubclass(type(value), Model) else None


def _row(value: Any) -> str:
    instance: Any = _instance(value)
    try:
        known = shape(type(instance))
    except Exception:  # What a model declares may be anything; then nobody knows whether its key is personal.
        return ""
    if known.is_secret_key or known.has_personal_key:
        return ""
    _, key = Shown(1024, set()).argument(known.key, pk(instance))
    return _named(known.label, key)


def _named(label: str, key: Any) -> str:
    return one_line(f"{label}/{key}") if isinstance(key, _KEYS) else ""
