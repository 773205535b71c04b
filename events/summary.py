"""An event in a line for people, derived from its data alone: what was not declared cannot slip in here."""

import re
from collections.abc import Mapping
from typing import Any

MAX_LENGTH = 200

# CloudEvents strings hold no control characters, surrogates or noncharacters.
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_PLAIN = frozenset({str, int, float})
# Marks of what there is nothing to say of: a request, a user whom nobody has asked for.
_MUTE = ("unsupported", "lazy")

_FORBIDDEN = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_NONCHARACTERS}]+")


def summarise(data: Mapping[str, Any]) -> str:
    """For example `order 42: Nora Lindqvist, Typography I, 129.00 · note hello`."""
    phrases = [_phrase(name, value) for name, value in data.items()]
    return one_line(" · ".join(filter(None, phrases)))


def one_line(text: str) -> str:
    """The text without what CloudEvents forbids in strings, cut at 200 characters."""
    # What is printable is allowed, and most texts are; to search one costs 3 µs.
    if len(text) <= MAX_LENGTH and text.isprintable():
        return text
    shown = text[: 2 * MAX_LENGTH]
    if not shown.isprintable():
        shown = _FORBIDDEN.sub(" ", shown)
    return shown if len(shown) <= MAX_LENGTH else shown[: MAX_LENGTH - 1] + "…"


# Without `match`, which takes twice as long.
def _phrase(name: str, value: Any) -> str:
    kind = type(value)
    if kind in _PLAIN:
        return f"{name} {value}"
    if kind is dict:
        model = value.get("model")
        if "pk" in value and isinstance(model, str):
            return _reference(model, value)
        if isinstance(value.get("$mark"), str):
            return "" if value["$mark"] in _MUTE else f"{name} ({value['$mark']})"
    if kind is bool:
        return name if value else f"not {name}"
    return f"{name} ({len(value)})" if kind is dict or kind is list else ""


def _reference(model: str, value: dict[str, Any]) -> str:
    known, key = model.rpartition(".")[2], value["pk"]
    if type(key) in _PLAIN:
        known = f"{known} {key}"
    fields = value.get("fields")
    # A dict that somebody sent may look like a reference, and not be one.
    if type(fields) is not dict:
        return known
    shown = ", ".join([str(item) for item in fields.values() if type(item) in _PLAIN and item != ""])
    return f"{known}: {shown}" if shown else known
