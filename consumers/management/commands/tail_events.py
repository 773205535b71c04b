"""`manage.py tail_events --type 'academy.*' --last 20`: follow the stream in a terminal."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.core.management import BaseCommand, CommandError, CommandParser

from consumers import query
from consumers.place import NoPlace, Place
from consumers.protocol import Refused
from consumers.tail import log
from consumers.tail.bookmark import Bookmark
from consumers.tail.line import Line
from consumers.tail.remote import Address, BadAddress, Ended, Remote
from consumers.tail.terminal import Terminal, Unread, Unwritten

TOKEN = "SIGNALCAST_TOKEN"

_OPERATORS = {"=": "", ">": ".gt", ">=": ".gte", "<": ".lt", "<=": ".lte"}
_CONDITION = re.compile(r"((?:data\.[^=<>!]*?[^=<>!\s])|subject|sender|type)\s*(>=|<=|=|>|<)\s*(.*)", re.DOTALL)

# As a shell has it of a program that a signal ended.
INTERRUPTED, UNREAD, TERMINATED = (128 + number for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGTERM))


class Command(BaseCommand):
    help = (
        "Follow the stream of events in this terminal: read from this project's own log, or with --url from a server. "
        "It goes on until Ctrl-C; what it has to say of the stream itself goes to standard error."
    )
    # What is wrong with the project is no reason not to look at its events.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--type", action="append", metavar="TYPE", help="only this type, e.g. 'academy.*'; repeated, any of them")
        add(
            "--where",
            action="append",
            metavar="CONDITION",
            help="only events for which this holds, e.g. 'data.order.fields.amount>100' or 'subject=academy.order/42': "
            "=, >, >=, < or <= behind a path into the data, = behind subject or sender; repeated, all of them",
        )
        add("--since", metavar="TIME", help="begin with the first event since then: 10m, 2h, 3d, 2026-11-01T10:00Z")
        add("--last", metavar="N", help="begin with the newest N events")
        add("--after", metavar="PLACE", help="begin behind a position, 120 or EPOCH:120; 'earliest': with the oldest")
        add("--state", metavar="FILE", help="keep the place in this file, and go on from there when started again")
        add("--json", action="store_true", help="write each event as it is: one line, a CloudEvent in JSON")
        add("--reactions", action="store_true", help="write what receivers did on a line after, once it is known")
        add("--url", metavar="URL", help="follow this server instead, e.g. https://example.com/ or ws://host/ws/")
        add("--token-file", metavar="FILE", help=f"the token for --url; else ${TOKEN} is used, or you are asked")

    def handle(self, *, state: str | None, url: str | None, json: bool, reactions: bool, **options: Any) -> None:
        if reactions and (url or json):
            raise CommandError(
                "--reactions are for people who follow this project's own log: not with --url or --json."
            )
        place, asked = _asked(**options)
        bookmark = Bookmark(Path(state)) if state else None
        terminal = Terminal(
            self._events(),
            self._note,
            line=None if json else Line(is_coloured=self._is_coloured(options["force_color"])),
            bookmark=bookmark,
        )
        place = _kept(bookmark) or place
        with self._told_of_the_end(terminal, has_state=bookmark is not None):
            if url is None:
                asyncio.run(log.follow(terminal, query.parse(urlencode(asked)), place, reactions=reactions))
            else:
                self._follow_server(terminal, url, asked, place, options["token_file"])

    def _follow_server(
        self, terminal: Terminal, url: str, asked: list[tuple[str, str]], place: Place | None, token_file: str | None
    ) -> None:
        query.parse(urlencode(asked))
        address = Address.parse(url)
        token = _token(token_file)
        if token and address.is_readable_by_others:
            terminal.note("the token crosses the network as it is: use https")
        try:
            Remote(terminal, address, asked, place, token).follow()
        except Ended as ended:
            if token or not ended.wants_token or not sys.stdin.isatty():
                raise
            terminal.note(str(ended))
            Remote(terminal, address, asked, place, _checked(getpass(f"Token for {address}: "))).follow()

    @contextmanager
    def _told_of_the_end(self, terminal: Terminal, *, has_state: bool) -> Iterator[None]:
        """It never stops without a word, but where nobody reads any more."""
        status = INTERRUPTED

        def terminate(*_: object) -> None:
            nonlocal status
            status = TERMINATED
            if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # Started in the background of a script.
                raise KeyboardInterrupt
            signal.raise_signal(signal.SIGINT)

        before = signal.signal(signal.SIGTERM, terminate)
        try:
            yield
        except KeyboardInterrupt:
            if terminal.place:
                hint = "" if has_state else f"; to go on there: --after {terminal.place}"
                terminal.note(f"stopped after position {terminal.place.position}{hint}")
            sys.exit(status)
        except Unread:
            # What Python flushes at its end goes nowhere, and without a complaint.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(UNREAD)
        except Unwritten as error:
            raise CommandError(f"The events cannot be written: {error}.") from error
        except Refused as refused:
            raise CommandError(refused.message) from refused
        except (BadAddress, Ended) as error:
            raise CommandError(str(error)) from error
        finally:
            signal.signal(signal.SIGTERM, before)

    def _events(self) -> Any:
        if hasattr(self.stdout, "reconfigure"):
            # A terminal that knows ASCII alone is no reason to stop.
            self.stdout.reconfigure(errors="backslashreplace")
        return self.stdout._out

    def _note(self, text: str) -> None:
        self.stderr.write(text, self.style.WARNING if self.stderr.isatty() else str)
        self.stderr.flush()

    def _is_coloured(self, is_forced: bool) -> bool:
        """Django knows what it was told and what the terminal can do; the rest is https://no-color.org."""
        has_styles = self.style.SUCCESS("x") != "x"
        return has_styles and (is_forced or (self.stdout.isatty() and not os.environ.get("NO_COLOR")))


def _asked(
    *,
    type: list[str] | None,
    where: list[str] | None,
    since: str | None,
    last: str | None,
    after: str | None,
    **options: Any,
) -> tuple[Place | None, list[tuple[str, str]]]:
    """What is asked for, as a query asks for it; but for a place, which may be one of a certain log."""
    if after is not None and (since is not None or last is not None):
        raise CommandError("--after, --since and --last each say where to begin: write one of them.")
    asked = [("type", each) for each in type or ()] + [_condition(each) for each in where or ()]
    if since is not None:
        asked.append(("since", since))
    if last is not None:
        asked.append(("last", str(last)))
    if after == "earliest":
        asked.append(("after", after))
    elif after is not None:
        try:
            return Place.parse(after.strip()), asked
        except NoPlace as error:
            raise CommandError(f"--after {after!r} is no place. Write 120, EPOCH:120 or earliest.") from error
    return None, asked


def _condition(text: str) -> tuple[str, str]:
    """`data.order.fields.amount>100`, as a query says it: `data.order.fields.amount.gt=100`."""
    found = _CONDITION.fullmatch(text.strip())
    if not found:
        raise CommandError(
            f"--where {text!r} is no condition. Write 'data.order.fields.amount>100', with =, >, >=, < or <=."
        )
    path, operator, value = found.groups()
    if operator != "=" and not path.startswith("data."):
        raise CommandError(
            f"--where {text!r}: only what is in the data can be compared; write data.… before {operator}."
        )
    return path + _OPERATORS[operator], value


def _kept(bookmark: Bookmark | None) -> Place | None:
    if bookmark is None:
        return None
    try:
        return bookmark.read()
    except NoPlace as error:
        raise CommandError("What is in the --state file is no place. Name another file, or delete it.") from error
    except OSError as error:
        raise CommandError(f"The --state file cannot be read: {error.strerror}.") from error


def _token(path: str | None) -> str:
    if path is None:
        return _checked(os.environ.get(TOKEN, ""))
    try:
        return _checked(Path(path).read_text("utf-8", "replace"))
    except OSError as error:
        raise CommandError(f"The --token-file cannot be read: {error.strerror}.") from error


def _checked(text: str) -> str:
    token = text.strip()
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise CommandError("This is no token: it has characters that no token has.")
    return token
