"""How a value in an event's data is held against the one that a filter names. No I/O, no Django.

Decimals travel as strings, so a string that is a decimal number counts as that number. Times count as times:
`10:00+02:00` is before `09:00Z`. What is of another kind is neither equal, nor before, nor after.
"""

import operator
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from . import moment

Test = Callable[[Any], bool]

# Exact, and quick whatever is written: an exponent that is longer makes no number.
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
MAX_DIGITS = 1000
_TOO_LARGE = 10**MAX_DIGITS
_LARGE = 2**63

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def number(value: object) -> Decimal | int | None:
    """The value as a number, exactly as it is written; None if it is none. True and false are none."""
    match value:
        case bool():
            return None
        case int():
            if -_LARGE < value < _LARGE:
                return value
            # To compare it with a decimal number, it is made one each time: of many digits that takes long.
            return Decimal(value) if -_TOO_LARGE < value < _TOO_LARGE else None
        case float():
            # As JSON writes it: 0.1 is a tenth, and not the nearest binary fraction.
            return _decimal(repr(value))
        case str():
            return _decimal(value)
    return None


def is_number(value: object) -> bool:
    """Whether it is a finite JSON number, and not too large."""
    return isinstance(value, int | float) and number(value) is not None


def equal(wanted: object) -> Test:
    """Whether a value is the string, number, boolean or null that is wanted. A number is also a string that is one."""
    if wanted is None or isinstance(wanted, bool):
        return lambda value: value is wanted
    if isinstance(wanted, str):
        return lambda value: bool(value == wanted)
    wanted_number = number(wanted)
    return lambda value: number(value) == wanted_number


def ordered(order: str, wanted: object) -> Test:
    """Whether a value is `gt`, `gte`, `lt` or `lte` what is wanted.

    Numbers with numbers, times with times; any other text with every string, by its characters' code points.
    """
    holds = _ORDERS[order]
    wanted_number = number(wanted)
    if wanted_number is not None:
        return _among(number, holds, wanted_number)
    time = moment.at(str(wanted))
    if time is not None:
        return _among(_time, holds, time)
    return lambda value: isinstance(value, str) and holds(value, wanted)


def _among(read: Callable[[object], Any], holds: Callable[[Any, Any], bool], wanted: Any) -> Test:
    def test(value: object) -> bool:
        found = read(value)
        return found is not None and holds(found, wanted)

    return test


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if len(text) <= MAX_DIGITS and _NUMBER.fullmatch(text) else None


def _time(value: object) -> datetime | None:
    return moment.at(value) if isinstance(value, str) else None
