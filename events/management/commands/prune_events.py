"""`manage.py prune_events --older-than 30d --keep 1000000`: delete the oldest events of the log."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from events import log
from events.event import Head, now
from events.management.reach import told_if_unreachable
from events.streams import MAIN

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

_AGE = re.compile(r"([0-9]{1,9})([smhdw])")
_COUNT = re.compile(r"[0-9]{1,18}")


class Command(BaseCommand):
    help = (
        "Delete the oldest events of the log, up to the first that has to stay. With both limits an event goes only if "
        "both let it. Everything else may run meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--older-than", metavar="AGE", help="delete what is older: 90s, 10m, 12h, 30d, 4w")
        parser.add_argument("--keep", metavar="N", help="keep at least the newest N events")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")

    def handle(self, *, older_than: str | None, keep: str | None, dry_run: bool, **options: Any) -> None:
        if older_than is None and keep is None:
            raise CommandError("Nothing says what may go. Write --older-than 30d, --keep 1000000, or both.")
        with told_if_unreachable():
            self._prune_what_may_go(older_than, keep, dry_run)

    def _prune_what_may_go(self, older_than: str | None, keep: str | None, dry_run: bool) -> None:
        head = log.head(MAIN)
        oldest = log.oldest(MAIN, head)
        stop = _first_that_stays(head, older_than, keep)
        if stop <= oldest:
            self.stdout.write(f"There is nothing to delete. The log begins at position {oldest}.")
        elif dry_run:
            self.stdout.write(f"The events of positions {oldest} to {stop - 1} would be deleted.")
        else:
            deleted = self._prune(stop, stop - oldest)
            self.stdout.write(f"Deleted {_events(deleted)}. The log begins at position {stop}.", self.style.SUCCESS)

    def _prune(self, stop: int, expected: int) -> int:
        deleted = 0
        for more in log.prune_in_batches(MAIN, stop):
            deleted += more
            if self.stdout.isatty():
                # The next line is written over it.
                self.stdout.write(f"Deleted {deleted} of {_events(expected)}", ending="\r")
        return deleted


def _first_that_stays(head: Head, older_than: str | None, keep: str | None) -> int:
    """The position up to which both limits let events go."""
    since = None if older_than is None else _time_ago(older_than)
    stop = head.position + 1 - (0 if keep is None else _count(keep))
    return stop if since is None else log.first_since(MAIN, since, stop=stop)


def _time_ago(age: str) -> datetime:
    match = _AGE.fullmatch(age)
    if not match:
        raise CommandError(f"--older-than {age!r} is no age. Write a number and s, m, h, d or w, e.g. 12h or 30d.")
    try:
        return now() - timedelta(**{UNITS[match[2]]: int(match[1])})
    except OverflowError as error:
        raise CommandError(f"--older-than {age!r} is before all time. Write less, e.g. 30d.") from error


def _count(number: str) -> int:
    # As a string from the command line, as a number from `call_command`.
    if not _COUNT.fullmatch(str(number)):
        raise CommandError(f"--keep {str(number)!r} is no number of events. Write 0 or more, e.g. 1000000.")
    return int(number)


def _events(count: int) -> str:
    return f"{count} event{'' if count == 1 else 's'}"
