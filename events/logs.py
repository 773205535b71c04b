"""Lines for a log: one form for people, one of JSON for machines. What a stranger sent can neither break nor forge one.

For any project's LOGGING: {"formatters": {"json": {"()": "events.logs.JsonFormatter"}}, …}. Knows no Django.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from .event import rfc3339

MAX_CHARACTERS = 8192
INDENT = "    "

# What Django says there is about what a stranger sent, e.g. a Host header, and so is how often: the message is enough.
_SECURITY = "django.security."

# `runserver` colours its lines, which is no part of what they say.
_COLOURS = re.compile("\x1b\\[[0-9;]*m")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LineFormatter(logging.Formatter):
    """`12:00:00 WARNING signalcast.consumers: The channel layer cannot be reached: … [layer_lost]`

    A traceback follows, indented, so that nothing in it looks like a line of its own.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record, self.datefmt)} {record.levelname:<7} {record.name}: {_message(record)}"
        action = getattr(record, "action", None)
        lines = [_printable(f"{line} [{action}]" if action else line)]
        for text in (_exception(self, record), record.stack_info or ""):
            lines += [INDENT + _printable(part) for part in text.splitlines()]
        return "\n".join(lines)


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, action, message, process, exception; and whatever else the record was
    given, as far as JSON can say it."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": rfc3339(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "action": getattr(record, "action", None),
            "message": _message(record),
            "process": record.process,
            "exception": _exception(self, record) or None,
            "stack": record.stack_info,
        }
        extras = {name: _json(value) for name, value in vars(record).items() if name not in _STANDARD | said.keys()}
        texts = {name: _json(value) for name, value in said.items() if value is not None}
        texts |= {name: text for name, text in extras.items() if text and len(text) <= MAX_CHARACTERS}
        return "{" + ", ".join(f"{_json(name)}: {text}" for name, text in texts.items()) + "}"


def _message(record: logging.LogRecord) -> str:
    template = _COLOURS.sub("", str(record.msg))
    try:
        message = template % record.args if record.args else template
    except Exception:  # What a wrong format was given says more than a complaint of `logging`.
        message = f"{template} {record.args!r}"
    if len(message) > MAX_CHARACTERS:
        # Collectors cut long lines in pieces, and the second would look like a line of its own.
        message = f"{message[:MAX_CHARACTERS]}… ({len(message) - MAX_CHARACTERS} characters more)"
    return message


def _exception(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if record.name.startswith(_SECURITY):
        return ""
    return formatter.formatException(record.exc_info) if record.exc_info else record.exc_text or ""


def _printable(text: str) -> str:
    """Line ends, control characters, invisible ones and lone surrogates become `\\n`, `\\x1b`, `\\u2028`, …"""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _json(value: Any) -> str:
    """In ASCII, without control characters and lone surrogates; empty if JSON cannot say it."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return ""
    if "\\ud" in text:
        text = json.dumps(json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")))
    return text
