"""An event as one line of a terminal. No I/O, no Django.

What is in an event was written by anybody: nothing of it may reach a terminal that the terminal would obey.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

_DIM = "2"
_LINE_ENDS = "\x85\u2028\u2029"
_TIME_WIDTH = 23
# Readable on dark and on light: green, yellow, blue, magenta, cyan, and the same but bright.
_TYPE_COLOURS = ("32", "33", "34", "35", "36", "92", "94", "95", "96")


class Line:
    """Writes events as lines; the columns are as wide as what they have held so far, within reason."""

    def __init__(self, *, is_coloured: bool) -> None:
        self._is_coloured = is_coloured
        self._widths = {"position": 6, "type": 20, "subject": 12}

    def text(self, event: Mapping[str, Any]) -> str:
        """Time, position, type, subject and summary, as far as the event has them."""
        type = printable(event.get("type"))
        columns = (
            self._coloured(_time(event.get("time")), _DIM),
            self._coloured(self._wide("position", _position(event)), _DIM),
            self._coloured(self._wide("type", type), _colour_of(type)),
            self._wide("subject", printable(event.get("subject"))),
            printable(event.get("summary")),
        )
        return "  ".join(columns).rstrip()

    def reactions(self, told: Mapping[str, Any]) -> str:
        """Under the event, as a rule: how many receivers there were, and what went wrong."""
        position = printable(told.get("pos")).rjust(self._widths["position"])
        return self._coloured(f"{'':{_TIME_WIDTH}}  {position}  {_outcomes(told)}", _DIM)

    def _wide(self, name: str, text: str) -> str:
        self._widths[name] = max(self._widths[name], min(len(text), 40))
        return text.rjust(self._widths[name]) if name == "position" else text.ljust(self._widths[name])

    def _coloured(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._is_coloured and text else text


def printable(value: object) -> str:
    """The value's text on one line, with an escape for whatever a terminal might obey, or hide."""
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace() and character > "\x80" and character not in _LINE_ENDS:
        return " "  # The narrow and unbreakable ones of some languages' numbers.
    return ascii(character)[1:-1]


def _outcomes(told: Mapping[str, Any]) -> str:
    reactions = told.get("reactions")
    if not isinstance(reactions, list):
        return "what receivers did is unknown"
    called = [each for each in reactions if each.get("outcome") != "ignored"]
    if not called:
        return "no receivers"
    parts = [f"{len(called)} receiver{'s' if len(called) > 1 else ''}"]
    raised = [each for each in called if each.get("outcome") == "raised"]
    if raised:
        types = dict.fromkeys(printable(each.get("error")).partition(":")[0] for each in raised)
        parts.append(f"{len(raised)} raised {', '.join(types)}")
    for outcome in ("not_run", "cancelled"):
        if count := sum(each.get("outcome") == outcome for each in called):
            parts.append(f"{count} {outcome.replace('_', ' ')}")
    return ", ".join(parts)


def _time(value: object) -> str:
    """In the process's own time zone, to the millisecond."""
    try:
        time = datetime.fromisoformat(str(value))
        return time.astimezone().isoformat(" ", "milliseconds")[:_TIME_WIDTH]
    except (ValueError, OverflowError):
        return printable(value)


def _position(event: Mapping[str, Any]) -> str:
    return printable(event.get("sequence")).lstrip("0")


def _colour_of(type: str) -> str:
    """The same for a type whenever, and wherever, it is shown."""
    return _TYPE_COLOURS[crc32(type.encode("utf-8", "replace")) % len(_TYPE_COLOURS)]
