"""A path into an event's data, as `data.order.fields.total`. No I/O, no Django.

It goes through objects by key and through lists by index. A key may have dots in it: the shortest key that leads on to
the end is taken.
"""

from collections.abc import Callable
from itertools import accumulate
from typing import Any

PREFIX = "data."
MAX_LENGTH = 200
MAX_PARTS = 32

ABSENT: Any = object()
"""What is found where there is nothing: it is not null."""

Find = Callable[[Any], Any]


def is_path(name: str) -> bool:
    return name.startswith(PREFIX) and name != PREFIX


def finder(path: str) -> Find:
    """Looks up the path in data. Raises ValueError, with what is wrong with the path."""
    parts = path.removeprefix(PREFIX).split(".")
    if len(path) > MAX_LENGTH:
        raise ValueError(f"is a path of more than {MAX_LENGTH} characters")
    if len(parts) > MAX_PARTS:
        raise ValueError(f"is a path of more than {MAX_PARTS} parts")
    if len(parts) == 1:
        key = parts[0]
        return lambda data: data.get(key, ABSENT) if isinstance(data, dict) else ABSENT
    items = [int(part) if part.isascii() and part.isdigit() and len(part) < 10 else None for part in parts]
    starts = list(accumulate((len(part) + 1 for part in parts), initial=len(PREFIX)))

    def find(value: Any, index: int = 0) -> Any:
        if index == len(parts):
            return value
        if isinstance(value, dict):
            # Nothing in the data is looked at twice: one way through the path leads to it.
            for after in range(index + 1, len(starts)):
                key = path[starts[index] : starts[after] - 1]
                if key in value and (found := find(value[key], after)) is not ABSENT:
                    return found
        elif isinstance(value, list):
            item = items[index]
            if item is not None and item < len(value):
                return find(value[item], index + 1)
        return ABSENT

    return find
