"""An event in a line for people, derived from its data alone: what was not declared cannot slip in here."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

MAX_LENGTH = 200

# CloudEvents strings hold no control characters, surrogates or noncharacters.
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_PLAIN = frozenset({str, int, float})

_FORBIDDEN = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_NONCHARACTERS}]+")


def summarise(data: Mapping[str, Any]) -> str:
    """For example `order 42: Nora Lindqvist, Typography I, 129.00 · note hello`."""
    return one_line(" · ".join(filter(None, map(_phrase, data.keys(), data.values()))))


def one_line(text: str) -> str:
    """The text without what CloudEvents forbids in strings, cut at 200 characters."""
    shown = text[: 2 * MAX_LENGTH]
    # What is printable is allowed, and most texts are; to search one costs 3 µs.
    if not shown.isprintable():
        shown = _FORBIDDEN.sub(" ", shown)
    return shown if len(shown) <= MAX_LENGTH else shown[: MAX_LENGTH - 1] + "…"


def _phrase(name: str, value: Any) -> str:
    match value:
        case {"model": str(model), "pk": pk}:
            known = model.rpartition(".")[2] + (f" {pk}" if _is_plain(pk) else "")
            shown = ", ".join([str(item) for item in _fields(value) if _is_plain(item) and item != ""])
            return known + (f": {shown}" if shown else "")
        case {"$mark": str(reason)}:
            return f"{name} ({reason})"
        case bool():
            return name if value else f"not {name}"
        case str() | int() | float():
            return f"{name} {value}"
        case list() | dict():
            return f"{name} ({len(value)})"
    return ""


def _fields(reference: dict[str, Any]) -> Iterable[Any]:
    # A dict that somebody sent may look like a reference, and not be one.
    fields = reference.get("fields")
    return fields.values() if isinstance(fields, dict) else ()


def _is_plain(value: Any) -> bool:
    return type(value) in _PLAIN
