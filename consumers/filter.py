"""Filters: which events a client wants, in the dialects of CloudEvents Subscriptions 1.0 §3.2.4. No I/O, no Django.

`{"any": [{"prefix": {"type": "academy."}}, {"exact": {"type": "auth.user_logged_in"}}]}`

Ours are `gt`, `gte`, `lt` and `lte`, and the paths into the data: `{"gte": {"data.order.fields.total": 100}}`.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from events.event import Entry

from . import comparison, datapath

MAX_DEPTH = 8
MAX_EXPRESSIONS = 100
# The longest text that is looked for, in characters.
MAX_TEXT = 1000
# Measured: 0.7 µs an expression, while 25 bytes of data are read.
_EXPRESSION_COST = 25

Matches = Callable[[Entry], bool]
Expression = dict[str, Any]


class InvalidFilter(Exception):
    """A filter cannot be used; the message points at the place in it, e.g. `filter.any[1].exact`."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place if len(place) <= 100 else place[:97] + '...'} {problem}")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class FilterLimits:
    """How deep a filter may be nested, and how many expressions it may have."""

    depth: int = MAX_DEPTH
    expressions: int = MAX_EXPRESSIONS


LIMITS = FilterLimits()


@dataclass(frozen=True, slots=True)
class Filter:
    """A question about events, as they are seen. Two filters with the same key have the same answers."""

    key: str
    matches: Matches = field(compare=False, repr=False)
    reads_data: bool = False
    """Whether it looks into the data, which takes as long as there is data."""
    cost: int = 0
    """How long it takes to ask about one event, whatever is in it: as long as to read so many bytes of data."""


EVERYTHING = Filter("", lambda entry: True)


def parse(expression: object, limits: FilterLimits = LIMITS) -> Filter:
    """The filter that an expression describes; None is no filter. Raises InvalidFilter."""
    if expression is None:
        return EVERYTHING
    parser = _Parser(limits)
    matches = parser.parse(expression, "filter", limits.depth)
    key = json.dumps(expression, sort_keys=True, separators=(",", ":"))
    return Filter(key, matches, parser.reads_data, parser.cost)


def any_of(name: str, patterns: Iterable[str]) -> Expression | None:
    """What asks for an attribute that is one of these texts, or begins with one that has a star behind it.

    None if a lone star, or no text at all, asks for nothing. Raises InvalidFilter.
    """
    wanted = list(patterns)
    parts = [_like(name, pattern) for pattern in wanted]
    return {"any": parts} if parts and "*" not in wanted else None


def _like(name: str, pattern: str) -> Expression:
    text, star, rest = pattern.partition("*")
    if not pattern or rest:
        shown = pattern if len(pattern) <= 60 else pattern[:57] + "..."
        example = _EXAMPLES.get(name, "academy.*")
        raise InvalidFilter(name, f"is {shown!r}; write a whole {name}, or the start of one and a star: {example}")
    return {"prefix" if star else "exact": {name: text}}


_EXAMPLES = {"subject": "academy.order/*", "sender": "academy.*"}


class _Parser:
    """Builds the function that answers; the number of expressions is bounded over the whole of a filter."""

    def __init__(self, limits: FilterLimits) -> None:
        self.limits = limits
        self.expressions = 0
        self.reads_data = False
        self.cost = 0

    def parse(self, expression: object, place: str, depth: int) -> Matches:
        self._count(1)
        if depth == 0:
            raise InvalidFilter(place, f"is nested more than {self.limits.depth} deep")
        if not isinstance(expression, dict) or len(expression) != 1:
            raise InvalidFilter(
                place, 'must be an object with one dialect, e.g. {"exact":{"type":"academy.order_paid"}}'
            )
        ((dialect, operand),) = expression.items()
        place = f"{place}.{dialect}"
        match dialect:
            case "exact" | "prefix" | "suffix":
                return _all([_text_test(dialect, *each) for each in self._members(operand, place, _ATTRIBUTES)])
            case "gt" | "gte" | "lt" | "lte":
                return _all([_order_test(dialect, *each) for each in self._members(operand, place, _PATHS)])
            case "all":
                return _all(self._several(operand, place, depth))
            case "any":
                return _any(self._several(operand, place, depth))
            case "not":
                return _negated(self.parse(operand, place, depth - 1))
        raise InvalidFilter(place, f"is no dialect that is spoken here: {', '.join(_DIALECTS)}")

    def _members(self, operand: object, place: str, wanted: str) -> list[tuple[str, Any, str]]:
        """Name, value and place of each member; there must be one."""
        if not isinstance(operand, dict) or not operand:
            raise InvalidFilter(place, wanted)
        # The first was counted with its dialect.
        self._count(len(operand) - 1)
        if paths := [name for name in operand if datapath.is_path(name)]:
            self.reads_data = True
            self.cost += sum(map(_path_cost, paths))
        return [(name, value, f"{place}.{name}") for name, value in operand.items()]

    def _count(self, more: int) -> None:
        self.expressions += more
        self.cost += more * _EXPRESSION_COST
        if self.expressions > self.limits.expressions:
            raise InvalidFilter("filter", f"has more than {self.limits.expressions} expressions")

    def _several(self, operand: object, place: str, depth: int) -> list[Matches]:
        if not isinstance(operand, list) or not operand:
            raise InvalidFilter(place, "must be a list of at least one expression")
        return [self.parse(each, f"{place}[{index}]", depth - 1) for index, each in enumerate(operand)]


_DIALECTS = ("exact", "prefix", "suffix", "all", "any", "not", "gt", "gte", "lt", "lte")
_ATTRIBUTES = 'must be an object of attributes, e.g. {"type":"academy.order_paid"}'
_PATHS = 'must be an object of paths, e.g. {"data.order.fields.total":100}'


def _text_test(dialect: str, name: str, value: object, place: str) -> Matches:
    if datapath.is_path(name):
        return _of_data(_finder(name, place), _data_test(dialect, value, place))
    if not (name.isascii() and name.isalnum() and name.islower()) or name == "data":
        raise InvalidFilter(
            place, "is not the name of an attribute, e.g. type, subject, sender, nor a path, e.g. data.order.pk"
        )
    return _ATTRIBUTE_TESTS[dialect](name, _text(value, place))


def _data_test(dialect: str, value: object, place: str) -> comparison.Test:
    if dialect == "exact":
        if isinstance(value, str):
            return comparison.equal(_short(value, place))
        if not (value is None or isinstance(value, bool) or comparison.is_number(value)):
            raise InvalidFilter(place, f"must be a string, a number{_too_large(value)}, a boolean or null")
        return comparison.equal(value)
    text = _text(value, place)
    if dialect == "prefix":
        return lambda found: isinstance(found, str) and found.startswith(text)
    return lambda found: isinstance(found, str) and found.endswith(text)


def _order_test(dialect: str, path: str, value: object, place: str) -> Matches:
    if not datapath.is_path(path):
        raise InvalidFilter(place, "is not a path into the data, e.g. data.order.fields.total")
    if not (isinstance(value, str) or comparison.is_number(value)):
        raise InvalidFilter(place, f"must be a number{_too_large(value)} or a string")
    wanted = _text(value, place) if isinstance(value, str) else value
    return _of_data(_finder(path, place), comparison.ordered(dialect, wanted))


def _path_cost(path: str) -> int:
    """Of looking it up, at worst. Keys may have dots in them, so each part may be where several keys begin."""
    return 50 + 5 * (path.count(".") + 1) ** 2


def _finder(path: str, place: str) -> datapath.Find:
    try:
        return datapath.finder(path)
    except ValueError as error:
        raise InvalidFilter(place, str(error)) from error


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidFilter(place, "must be a string that is not empty")
    return _short(value, place)


def _short(value: str, place: str) -> str:
    if len(value) > MAX_TEXT:
        raise InvalidFilter(place, f"must be a string of at most {MAX_TEXT} characters")
    return value


def _too_large(value: object) -> str:
    return (
        f" of at most {comparison.MAX_DIGITS} digits"
        if isinstance(value, int | float) and not isinstance(value, bool)
        else ""
    )


# -- What answers


def _exact(name: str, wanted: str) -> Matches:
    return lambda entry: entry.attributes.get(name) == wanted


def _prefix(name: str, wanted: str) -> Matches:
    return lambda entry: str(entry.attributes.get(name, "")).startswith(wanted)


def _suffix(name: str, wanted: str) -> Matches:
    return lambda entry: str(entry.attributes.get(name, "")).endswith(wanted)


def _of_data(find: datapath.Find, test: comparison.Test) -> Matches:
    # What is absent is of no kind, and passes no test.
    return lambda entry: test(find(entry.data))


def _all(parts: list[Matches]) -> Matches:
    return parts[0] if len(parts) == 1 else lambda entry: all(part(entry) for part in parts)


def _any(parts: list[Matches]) -> Matches:
    return parts[0] if len(parts) == 1 else lambda entry: any(part(entry) for part in parts)


def _negated(part: Matches) -> Matches:
    return lambda entry: not part(entry)


_ATTRIBUTE_TESTS: dict[str, Callable[[str, str], Matches]] = {"exact": _exact, "prefix": _prefix, "suffix": _suffix}
