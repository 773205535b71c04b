"""What the query of an address asks for: `?after=120&type=academy.*`. No I/O, no Django."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from events.event import now

from . import comparison, datapath, moment
from . import filter as filters
from .filter import Expression, Filter, FilterLimits, InvalidFilter
from .place import LARGEST, NoPlace, Place, TooLarge, number_of
from .protocol import Last, Refused, Since, Start, bad_request, shown

_STARTS = ("after", "last", "since")
_NAMES = (*_STARTS, "type", "subject", "sender", "data.…")
_ORDERS = ("gt", "gte", "lt", "lte")
# Of JSON, what may stand for itself, rather than for a string.
_LITERALS: dict[str, object] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Query:
    start: Start
    filter: Filter
    epoch: str | None = None
    """The log of which `start` is a position, if the client said so."""
    others: Mapping[str, str] = field(default_factory=dict)
    """What else the caller allows, by name."""


def text_of(scope: Mapping[str, Any]) -> str:
    """The query of a request. What is not ASCII should have percent signs; where it has none it is UTF-8, as with them
    (WHATWG URL §5.1).
    """
    given: bytes = scope["query_string"]
    return given.decode("utf-8", "replace")


def parse(text: str, also: Iterable[str] = (), limits: FilterLimits = filters.LIMITS) -> Query:
    """The start and the filter of a client that sends no hello; further names are those of `also`, each at most once.

    Raises Refused (4400).
    """
    allowed = tuple(also)
    once: dict[str, str] = {}
    wanted: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        match name:
            case "after" | "last" | "since":
                if given := next((each for each in _STARTS if each in once), None):
                    both = f"{name} twice" if given == name else f"{given} and {name}"
                    raise bad_request(f"The query has {both}; it may have one of {', '.join(_STARTS)}, once.")
                once[name] = value
            case "type" | "subject" | "sender":
                wanted.setdefault(name, []).append(value)
            case _ if datapath.is_path(name):
                wanted.setdefault(name, []).append(value)
            case _ if name in allowed:
                if name in once:
                    raise bad_request(f"The query has {name} twice; it may have it once.")
                once[name] = value
            case _:
                raise bad_request(f"The query has {shown(name)}; it may have {', '.join((*_NAMES, *allowed))}.")
    epoch, start = _start(once)
    others = {name: value for name, value in once.items() if name not in _STARTS}
    return Query(start, _filter(wanted, limits), epoch, others)


def _start(once: Mapping[str, str]) -> tuple[str | None, Start]:
    """The epoch, if one is said, and where to begin."""
    match once:
        case {"after": "earliest"}:
            return None, "earliest"
        case {"after": value}:
            try:
                place = Place.parse(value)
            except NoPlace as error:
                expected = 'a number, 0 or more, "earliest", or an epoch, a colon and a number'
                raise no_place("after", value, expected, error) from error
            return place.epoch, place.position + 1
        case {"last": value}:
            try:
                return None, Last(number_of(value))
            except NoPlace as error:
                raise no_place("last", value, "a number, 0 or more", error) from error
        case {"since": value}:
            time = moment.since(value, now())
            if time is None:
                raise bad_request(f"since is {shown(value)}; it must be {moment.EXPECTED}.")
            return None, Since(time)
    return None, "live"


def no_place(name: str, value: str, expected: str, error: NoPlace) -> Refused:
    problem = f"the number must be {LARGEST} or less" if isinstance(error, TooLarge) else f"it must be {expected}"
    return bad_request(f"{name} is {shown(value)}; {problem}.")


def _filter(wanted: Mapping[str, list[str]], limits: FilterLimits) -> Filter:
    """Different names are all wanted, of one name any value. Equal queries make equal filters."""
    try:
        asked = [_asked(name, wanted[name]) for name in sorted(wanted)]
        parts = [part for part in asked if part is not None]
        return filters.parse({"all": parts} if len(parts) > 1 else parts[0] if parts else None, limits)
    except InvalidFilter as error:
        raise bad_request(f"{error}.") from error


def _asked(name: str, values: list[str]) -> Expression | None:
    if datapath.is_path(name):
        asked: Expression | None = {"any": [part for value in values for part in _of_data(name, value)]}
    else:
        asked = filters.any_of(name, values)
    for part in asked["any"] if asked else ():
        _check(name, part)
    return asked


def _check(name: str, part: Expression) -> None:
    """What is wrong with it is said of the parameter, and not of what we make of it."""
    try:
        filters.parse(part)
    except InvalidFilter as error:
        raise InvalidFilter(name, error.problem) from error


def _of_data(name: str, value: str) -> list[Expression]:
    path, _, order = name.rpartition(".")
    if order in _ORDERS and datapath.is_path(path):
        return [{order: {path: value}}]
    return [{"exact": {name: each}} for each in _spelled(value)]


def _spelled(value: str) -> list[object]:
    """What a value stands for: itself, and the number, boolean or null that JSON writes so."""
    if value in _LITERALS:
        return [value, _LITERALS[value]]
    exactly = comparison.number(value)
    try:
        number = json.loads(value) if exactly is not None else None
    except ValueError:  # As 007, which may be what somebody is called.
        number = None
    # Of more digits than JSON's numbers have, it is a text.
    return [value, number] if number is not None and comparison.number(number) == exactly else [value]
