"""A terminal: what somebody who follows the stream is told, and how far. Knows neither where it comes from nor Django.

Events go to one stream, and all that is said about them to another; so the first can be piped on.
"""

import json
import select
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO

from consumers.place import Place

from .bookmark import Bookmark
from .line import Line, printable


class Unread(Exception):
    """Nobody reads the events any more: the other end of the pipe is closed."""


class Unwritten(Exception):
    """The events cannot be written; the message says why."""


class Terminal:
    """Whoever follows tells it everything, in order."""

    def __init__(
        self,
        events: TextIO,
        notes: Callable[[str], object],
        *,
        line: Line | None,
        bookmark: Bookmark | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.place: Place | None = None
        """What has been written is everything up to here."""
        self._events = events
        self._notes = notes
        self._line = line
        self._bookmark = bookmark
        # The time of day: what is monotonic stands still while a laptop sleeps.
        self._clock = clock
        self._lost_at: float | None = None
        self._said = ""
        self._has_kept = True

    def began(self, place: Place) -> None:
        """The stream is there, and goes on behind this place."""
        if self._lost_at is not None:
            self.found()
        elif self.place is None:
            self.note(f"following after position {place.position}")
        self.reached(place)

    def write(self, lines: Sequence[str], place: Place) -> None:
        """These events, which lead to this place. Raises Unread, Unwritten."""
        self._write(map(self._shown, lines))
        self.reached(place)

    def write_reactions(self, lines: Sequence[str]) -> None:
        """What receivers did with events before, for people. Raises Unread, Unwritten."""
        if self._line:
            self._write(map(self._line.reactions, map(json.loads, lines)))

    def reached(self, place: Place) -> None:
        """Nothing up to here is wanted, or it has been written."""
        self.place = place
        if self._bookmark is None:
            return
        try:
            self._bookmark.keep(place)
            self._has_kept = True
        except OSError as error:
            if self._has_kept:
                self.note(f"the place cannot be kept ({error.strerror}); going on without")
            self._has_kept = False

    def gap(self, start: int, stop: int, reason: str, place: Place) -> None:
        """What is in `[start, stop)` will not come."""
        if reason == "epoch":
            self.note(f"this is another log than before: it begins at position {stop}")
        else:
            self.note(f"positions {start} to {stop - 1} will not come: they are not held any more ({reason})")
        self.reached(place)

    def lost(self, what: str) -> None:
        """The stream is not there for now. Said once, until it is for another reason."""
        if self._lost_at is None:
            self._lost_at = self._clock()
        if what != self._said:
            self._said = what
            self.note(f"{what}; trying again")

    def found(self) -> None:
        """It is there again."""
        if self._lost_at is not None:
            seconds = self._clock() - self._lost_at
            where = f" after position {self.place.position}" if self.place else ""
            self.note(f"resumed{where} ({seconds:.0f} s)")
            self._lost_at, self._said = None, ""

    def note(self, text: str) -> None:
        try:
            self._notes(f"-- {printable(text)}")
        except BrokenPipeError as error:
            raise Unread from error

    def check(self) -> None:
        """Raises Unread: nothing else would tell while there is nothing to write."""
        try:
            descriptor = self._events.fileno()
        except (OSError, ValueError):
            return
        poll = select.poll()
        poll.register(descriptor, 0)
        if any(state & (select.POLLERR | select.POLLNVAL) for _, state in poll.poll(0)):
            raise Unread

    def _write(self, texts: Iterable[str]) -> None:
        try:
            self._events.write("".join(f"{text}\n" for text in texts))
            self._events.flush()
        except BrokenPipeError as error:
            raise Unread from error
        except OSError as error:
            raise Unwritten(error.strerror or str(error)) from error

    def _shown(self, line: str) -> str:
        if self._line is None and line.isascii() and line.isprintable():
            return line
        event = json.loads(line)
        if not isinstance(event, dict):
            raise ValueError("an event that is no object")
        return self._line.text(event) if self._line else json.dumps(event, separators=(",", ":"))
