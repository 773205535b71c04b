"""A path into an event's data, as `data.order.fields.total`. No I/O, no Django.

It goes through objects by key and through lists by index. A key may have dots in it: the shortest key that leads on to
the end is taken.
"""

from collections.abc import Callable
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
    keys = [_keys(parts, start) for start in range(len(parts))]
    indices = [int(part) if part.isascii() and part.isdigit() and len(part) < 10 else None for part in parts]

    def find(value: Any, start: int = 0) -> Any:
        if start == len(keys):
            return value
        if isinstance(value, dict):
            # No part of the data is looked at twice: only one run of the path leads to it.
            for key, after in keys[start]:
                if key in value and (found := find(value[key], after)) is not ABSENT:
                    return found
        elif isinstance(value, list):
            index = indices[start]
            if index is not None and index < len(value):
                return find(value[index], start + 1)
        return ABSENT

    return find


def _keys(parts: list[str], start: int) -> list[tuple[str, int]]:
    """What may be the next key, and where the path goes on behind it."""
    return [(".".join(parts[start:stop]), stop) for stop in range(start + 1, len(parts) + 1)]
