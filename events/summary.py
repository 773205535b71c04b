"""An event in a line for people, derived from its data alone: what was not declared cannot slip in here."""

import re
from collections.abc import Mapping
from typing import Any

MAX_LENGTH = 200

# CloudEvents strings hold no control characters.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def summarise(data: Mapping[str, Any]) -> str:
    """For example `order 42: Nora Lindqvist, Typography I, 129.00 · note hello`."""
    return one_line(" · ".join(filter(None, map(_phrase, data.keys(), data.values()))))


def one_line(text: str) -> str:
    """The text without control characters, cut at 200 characters."""
    shown = _CONTROLS.sub(" ", text[: 2 * MAX_LENGTH])
    return shown if len(shown) <= MAX_LENGTH else shown[: MAX_LENGTH - 1] + "…"


def _phrase(name: str, value: Any) -> str:
    match value:
        case {"model": str(model), "pk": pk}:
            fields = value.get("fields", {}).values()
            shown = ", ".join(str(item) for item in fields if _is_plain(item) and item != "")
            return f"{model.rpartition('.')[2]} {pk}" + (f": {shown}" if shown else "")
        case {"$mark": str(reason)}:
            return f"{name} ({reason})"
        case bool():
            return name if value else f"not {name}"
        case str() | int() | float():
            return f"{name} {value}"
        case list() | dict():
            return f"{name} ({len(value)})"
    return ""


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
