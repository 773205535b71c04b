"""`manage.py signals`: every streamed signal, and all that is known of it."""

import json
import os
import re
import signal as signals
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from events import catalog, inventory
from events.management.reach import told_if_unreachable

FIELDS_SHOWN = 20
UNREAD = 128 + signals.SIGPIPE

# What would hide, reorder or break what stands beside it in a terminal.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


class Command(BaseCommand):
    help = (
        "List the streamed signals: what is said of them, what they carry and what of that has changed, who receives "
        "them and how that went, and a line that sends one. Learns from the log what is new in it."
    )
    # It only tells; what may be wrong with the settings is told by `manage.py check`.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("types", nargs="*", metavar="type", help="only these, e.g. academy.order_paid")
        parser.add_argument("--json", action="store_true", help="as /api/signals/ answers, for programs")

    def handle(self, *, types: list[str], **options: Any) -> None:
        try:
            for type in types:
                catalog.attachment_of(type)
        except catalog.UnknownType as error:
            raise CommandError(str(error)) from error
        with told_if_unreachable():
            found = inventory.take()
        if hasattr(self.stdout, "reconfigure"):
            # A terminal that knows ASCII alone is no reason to stop.
            self.stdout.reconfigure(errors="backslashreplace")
        with self._until_nobody_reads():
            self._tell(found.as_json(types or found.types), for_programs=options["json"])

    @contextmanager
    def _until_nobody_reads(self) -> Iterator[None]:
        """`manage.py signals | head` wants no more of it, and no traceback."""
        try:
            yield
            self.stdout.flush()
        except BrokenPipeError:
            # What Python flushes at its end goes nowhere, and without a complaint.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(UNREAD)

    def _tell(self, told: dict[str, Any], *, for_programs: bool) -> None:
        if for_programs:
            self.stdout.write(json.dumps(told, indent=2))
            return
        for signal in told["signals"]:
            self._signal(signal)
        self.stdout.write(_learnt(told))

    def _signal(self, signal: dict[str, Any]) -> None:
        self._line(f"{signal['type']}  {signal['source']}", style=self.style.MIGRATE_HEADING)
        for text in signal["documentation"].splitlines():
            self._line(f"  {text}")
        self._line(f"  {_how_often(signal)}")
        self._rows(["receiver", "runs", "p50 ms", "p95 ms", "failed"], _receivers(signal), numbers=4)
        self._rows(["field", "learnt as", "for example", ""], _fields(signal))
        if signal["shell"]:
            self._line(f"  >>> {signal['shell']}", style=self.style.SUCCESS)
        self.stdout.write("")

    def _rows(self, head: list[str], rows: list[list[str]], numbers: int = 0) -> None:
        if not rows:
            return
        widths = [max(len(_seen(row[at])) for row in [head, *rows]) for at in range(len(head))]
        for row in [head, *rows]:
            cells = [
                _seen(text).rjust(width) if at >= len(head) - numbers else _seen(text).ljust(width)
                for at, (text, width) in enumerate(zip(row, widths, strict=True))
            ]
            self._line("  " + "  ".join(cells).rstrip(), style=self.style.MIGRATE_LABEL if row is head else None)

    def _line(self, text: str, style: Any = None) -> None:
        self.stdout.write(_seen(text), style)


def _how_often(signal: dict[str, Any]) -> str:
    if not signal["count"]:
        return "Not sent yet."
    times = "once" if signal["count"] == 1 else f"{signal['count']:,} times"
    said = f"Sent {times}, last {signal['last_sent']}, {signal['rate_per_minute']:g} a minute."
    return f"{said} Of the newest {signal['noted']:,}, {signal['failed']:,} failed." if signal["noted"] else said


def _receivers(signal: dict[str, Any]) -> list[list[str]]:
    if signal["receivers"] is None:
        return [["unknown", "", "", "", ""]]
    return [
        [
            _receiver(each),
            f"{each['count']:,}",
            *(_milliseconds(each[name]) for name in ("p50_ms", "p95_ms")),
            f"{each['failures']:,}",
        ]
        for each in signal["receivers"]
    ] or [["nobody receives it", "", "", "", ""]]


def _milliseconds(found: float | None) -> str:
    if found is None:
        return "–"
    return "<0.1" if 0 < found < 0.05 else f"{found:,.1f}"


def _receiver(receiver: dict[str, Any]) -> str:
    notes = [
        *(["gone: it was connected by a weak reference"] if receiver["state"] == "dead" else []),
        *(["async"] if receiver["async"] else []),
        *([f"of {receiver['sender']} only"] if receiver["sender"] else []),
        *(["not in this process"] if receiver["state"] == "elsewhere" else []),
    ]
    return f"{receiver['receiver']} ({', '.join(notes)})".lstrip() if notes else receiver["receiver"]


def _fields(signal: dict[str, Any]) -> list[list[str]]:
    changes = {}
    for change in signal["drift"]:
        changes[change["field"]] = f"{change['change']} since {change['first_seen'][:16]}Z"
    rows = [
        [row["name"], row["learnt_as"], row["example"], changes.get(row["path"], "")]
        for row in signal["fields"][:FIELDS_SHOWN]
    ]
    more = len(signal["fields"]) - FIELDS_SHOWN
    return [*rows, [f"… {more} more", "", "", ""]] if more > 0 else rows


def _learnt(told: dict[str, Any]) -> str:
    if not told["learnt"]:
        return "Nothing is learnt from the log yet."
    skipped = f", but for {told['skipped']:,} that were skipped" if told["skipped"] else ""
    return f"Learnt from the positions {told['since']:,} to {told['learnt']:,}{skipped}."


def _seen(text: str) -> str:
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
