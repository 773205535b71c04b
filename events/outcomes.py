"""Outcomes: what became of sent signals, on the way to the notes. Bounded; whoever adds one never waits, nor fails."""

import logging
import time
from collections import deque
from contextlib import suppress
from datetime import datetime
from math import inf

from . import log, metrics, notes
from .event import Event, Note
from .sending import Late, Sending
from .settings import current
from .streams import MAIN

logger = logging.getLogger("signalcast.events")

SIZE = 10_000
BATCH = 500

# Seconds in which a few more come, and between two writes: each of them is a transaction of its own.
GATHER = 0.02
REST = 0.05
# How often the events' positions are waited for, which somebody else is giving them, and how long.
WAIT = 0.02
PATIENCE = 60.0
COMPLAIN = 5.0


class Ghost:
    """An event whose transaction rolled back."""

    __slots__ = ("_event", "sending")

    def __init__(self, event: Event, sending: Sending | None) -> None:
        self._event = event
        self.sending = sending

    @property
    def event_id(self) -> str:
        return self._event.id

    @property
    def type(self) -> str:
        return self._event.type

    @property
    def time(self) -> datetime:
        return self._event.time

    def text(self, epoch: str) -> str:
        """A line of a frame of ghosts."""
        return self._event.ghost(epoch, self.sending.reactions() if self.sending else "")


Outcome = Sending | Late | Ghost


class Outcomes:
    """What waits to be noted, the oldest first."""

    def __init__(self) -> None:
        self._waiting: deque[Outcome] = deque()
        self._due = inf
        self._stored = -inf
        self._waits_since = inf
        self.waits_for_positions = False
        """Whether the events of some had no position yet when they were last tried, and none was given since."""
        self._complained = -inf

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def delay(self) -> float:
        """Seconds until they should be stored; infinite if there are none."""
        return max(0.0, self._due - time.monotonic()) if self._waiting else inf

    def try_again(self) -> None:
        """Events have got positions: some may be those that are waited for."""
        self.waits_for_positions = False

    def add(self, outcome: Outcome) -> bool:
        """Whether whoever stores them must be told that there are some. One more than 10,000 is lost, and counted."""
        if len(self._waiting) >= SIZE:
            metrics.failed("note")
            self._complain("10,000 events wait already for what their receivers did to be noted, and more is lost")
            return False
        self._waiting.append(outcome)
        if self._due < inf:
            return False
        self._due = max(time.monotonic() + GATHER, self._stored + REST)
        return True

    def postpone(self, seconds: float) -> None:
        self._due = time.monotonic() + seconds

    def store(self) -> int:
        """Note what is there, at most 500. Returns the newest cursor, or 0 if nothing was noted.

        Raises what the database raises; then all of it stays.
        """
        # Before they are taken: whoever adds one from now on sets it again.
        self._due = inf
        batch = self._take()
        if not batch:
            return 0
        try:
            last, waiting = self._store(batch)
        except BaseException:
            self._waiting.extendleft(reversed(batch))
            raise
        self._stored = time.monotonic()
        self._keep(waiting)
        if self._waiting:
            self._due = time.monotonic() + (WAIT if waiting else 0)
        return last

    def _take(self) -> list[Outcome]:
        batch: list[Outcome] = []
        with suppress(IndexError):  # Another thread may take some of them.
            while len(batch) < BATCH:
                batch.append(self._waiting.popleft())
        return batch

    def _store(self, batch: list[Outcome]) -> tuple[int, list[Sending | Late]]:
        """The newest cursor, and those whose events have no position yet."""
        positions = log.positions({outcome.event_id for outcome in batch})
        ghosts = [each for each in batch if isinstance(each, Ghost) and each.event_id not in positions]
        told: list[tuple[Sending | Late, int | None]] = []
        for outcome in batch:
            # The transaction of a ghost in the log did commit: a neighbour's hook failed before ours was called.
            sending = outcome.sending if isinstance(outcome, Ghost) else outcome
            if sending is not None and outcome.event_id in positions:
                told.append((sending, positions[outcome.event_id]))
        found = [_reactions(sending, position) for sending, position in told if position is not None]
        found += _ghosts(ghosts) if ghosts else []
        last = 0
        if found:
            last = notes.write(MAIN, found)
            # Not each time: of a few too many nobody takes harm.
            if last // notes.BATCH != (last - len(found)) // notes.BATCH:
                notes.prune(MAIN, current().MAX_NOTES)
        return last, [sending for sending, position in told if position is None]

    def _keep(self, waiting: list[Sending | Late]) -> None:
        """Somebody else gives them their positions, in a moment."""
        self.waits_for_positions = bool(waiting)
        if not waiting:
            self._waits_since = inf
            return
        self._waits_since = min(self._waits_since, time.monotonic())
        if time.monotonic() - self._waits_since < PATIENCE:
            self._waiting.extendleft(reversed(waiting))
            return
        self._waits_since = inf
        for _ in waiting:
            metrics.failed("note")
        self._complain("What receivers did is not noted: their events got no position within a minute")

    def _complain(self, message: str) -> None:
        now = time.monotonic()
        if now - self._complained >= COMPLAIN:
            self._complained = now
            logger.warning(message, extra={"action": "note_failed"})


def _reactions(sending: Sending | Late, position: int) -> Note:
    text = sending.text(position)
    return Note(kind=notes.REACTIONS, position=position, event_id=sending.event_id, type=sending.type, text=text)


def _ghosts(ghosts: list[Ghost]) -> list[Note]:
    """In the order in which they were sent: a list that is dropped is dropped from its end."""
    epoch = log.head(MAIN).epoch
    return [
        Note(kind=notes.GHOST, position=None, event_id=ghost.event_id, type=ghost.type, text=ghost.text(epoch))
        for ghost in sorted(ghosts, key=lambda ghost: ghost.time)
    ]
