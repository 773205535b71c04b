"""Filters: which events a client wants, in the dialects of CloudEvents Subscriptions 1.0 §3.2.4. No I/O, no Django.

`{"any": [{"prefix": {"type": "academy."}}, {"exact": {"type": "auth.user_logged_in"}}]}`
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 8
MAX_EXPRESSIONS = 100

Matches = Callable[[Mapping[str, Any]], bool]


class InvalidFilter(Exception):
    """A filter cannot be used; the message points at the place in it, e.g. `filter.any[1].exact`."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place if len(place) <= 100 else place[:97] + '...'} {problem}")


@dataclass(frozen=True, slots=True)
class Filter:
    """A question about events. Two filters with the same key have the same answers."""

    key: str
    matches: Matches = field(compare=False, repr=False)


EVERYTHING = Filter("", lambda attributes: True)


def parse(expression: object) -> Filter:
    """The filter that an expression describes; None is no filter. Raises InvalidFilter."""
    if expression is None:
        return EVERYTHING
    matches = _Parser().parse(expression, "filter", MAX_DEPTH)
    return Filter(json.dumps(expression, sort_keys=True, separators=(",", ":")), matches)


def of_types(patterns: Iterable[str]) -> Filter:
    """The filter of `?type=academy.*&type=auth.user_logged_in`: any of these types, `*` all. Raises InvalidFilter."""
    wanted = list(patterns)
    if not wanted or "*" in wanted:
        return EVERYTHING
    return parse({"any": [_of_type(pattern) for pattern in wanted]})


def _of_type(pattern: str) -> dict[str, dict[str, str]]:
    prefix, star, rest = pattern.partition("*")
    if not pattern or rest:
        raise InvalidFilter("type", f"is {pattern!r}; write a whole type, or the start of one and a star: academy.*")
    return {"prefix": {"type": prefix}} if star else {"exact": {"type": prefix}}


class _Parser:
    """Builds the function that answers; the number of expressions is bounded over the whole of a filter."""

    def __init__(self) -> None:
        self.expressions = 0

    def parse(self, expression: object, place: str, depth: int) -> Matches:
        self.expressions += 1
        if self.expressions > MAX_EXPRESSIONS:
            raise InvalidFilter("filter", f"has more than {MAX_EXPRESSIONS} expressions")
        if depth == 0:
            raise InvalidFilter(place, f"is nested more than {MAX_DEPTH} deep")
        if not isinstance(expression, dict) or len(expression) != 1:
            raise InvalidFilter(
                place, 'must be an object with one dialect, e.g. {"exact":{"type":"academy.order_paid"}}'
            )
        ((dialect, operand),) = expression.items()
        place = f"{place}.{dialect}"
        match dialect:
            case "exact" | "prefix" | "suffix":
                return _COMPARISONS[dialect](_attributes(operand, place))
            case "all" | "any":
                return _COMBINATIONS[dialect](self._several(operand, place, depth))
            case "not":
                return _negated(self.parse(operand, place, depth - 1))
        raise InvalidFilter(place, "is no dialect that is spoken here: exact, prefix, suffix, all, any, not")

    def _several(self, operand: object, place: str, depth: int) -> list[Matches]:
        if not isinstance(operand, list) or not operand:
            raise InvalidFilter(place, "must be a list of at least one expression")
        return [self.parse(each, f"{place}[{index}]", depth - 1) for index, each in enumerate(operand)]


def _attributes(operand: object, place: str) -> list[tuple[str, str]]:
    if not isinstance(operand, dict) or not operand:
        raise InvalidFilter(place, 'must be an object of attributes, e.g. {"type":"academy.order_paid"}')
    for name, value in operand.items():
        if not (name.isascii() and name.isalnum() and name.islower()) or name == "data":
            raise InvalidFilter(f"{place}.{name}", "is not the name of an attribute, e.g. type, subject, sender")
        if not isinstance(value, str) or not value:
            raise InvalidFilter(f"{place}.{name}", "must be a string that is not empty")
    return list(operand.items())


def _exact(wanted: list[tuple[str, str]]) -> Matches:
    return lambda event: all(event.get(name) == value for name, value in wanted)


def _prefix(wanted: list[tuple[str, str]]) -> Matches:
    return lambda event: all(str(event.get(name, "")).startswith(value) for name, value in wanted)


def _suffix(wanted: list[tuple[str, str]]) -> Matches:
    return lambda event: all(str(event.get(name, "")).endswith(value) for name, value in wanted)


def _all(parts: list[Matches]) -> Matches:
    return lambda event: all(part(event) for part in parts)


def _any(parts: list[Matches]) -> Matches:
    return lambda event: any(part(event) for part in parts)


def _negated(part: Matches) -> Matches:
    return lambda event: not part(event)


_COMPARISONS = {"exact": _exact, "prefix": _prefix, "suffix": _suffix}
_COMBINATIONS = {"all": _all, "any": _any}
