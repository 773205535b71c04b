"""The publisher: gives committed events their positions, stores what is noted of them, and nudges the group.

One daemon thread. The sender's part is `wake`: it notes a number and rings. The positions that a publisher leaves
undone, because its process was killed or its database went away, the sweep of any server process gives a second later.
"""

import asyncio
import logging
import threading
import time
from math import inf
from typing import Any

from django.db import connections

from . import log, metrics, outcomes, writes
from .event import Event
from .nudge import Nudge
from .numbering import BATCH, Busy, is_pending, number
from .outcomes import Ghost, Outcome, Outcomes
from .sending import Sending
from .settings import current, migration
from .streams import MAIN
from .writes import Writes

logger = logging.getLogger("signalcast.events")

# Of each, before the next one is lost.
MOST_WRITES = writes.SIZE
MOST_OUTCOMES = outcomes.SIZE

IDLE_SECONDS = 5.0
FLUSH_SECONDS = 2.0

# Seconds between two passes, unless the first has left rows behind. A lone event waits for none of it; a burst gets
# fewer and larger passes, the more it brings, since they hold up a sender in the same process: on one core it waits
# 1.8 times as long as for a bare INSERT, instead of 2.0 times if it were always 5 ms.
PAUSE = 0.005
PAUSE_AN_EVENT = 0.001
LONGEST_PAUSE = 0.02
BUSY_PAUSE = 0.01
MAX_BACKOFF = 5.0
MAX_NOTE_BACKOFF = 60.0


class Publisher:
    """What the thread has been asked to do, and the thread."""

    def __init__(self) -> None:
        self._rung = threading.Condition()
        self._first: int | None = None
        self._writes = Writes()
        self._outcomes = Outcomes()
        self._hurries = False
        self._leaves = False
        self._note_backoff = 0.0
        self._working = False
        self._thread: threading.Thread | None = None
        self._nudge = Nudge()
        self._connection: Any = None
        self._connected = 0.0

    @property
    def waiting(self) -> int:
        """How many events wait for the thread to append them, of MOST_WRITES."""
        return len(self._writes)

    @property
    def waiting_to_be_noted(self) -> int:
        """How many events wait for what became of them to be stored, of MOST_OUTCOMES."""
        return len(self._outcomes)

    @property
    def is_here(self) -> bool:
        """Whether the caller is in its thread."""
        return threading.current_thread() is self._thread

    def wake(self, first: int) -> None:
        """Number what is pending, from this row id on. It costs the sender a lock and a notification."""
        with self._rung:
            self._first = first if self._first is None else min(first, self._first)
            self._start_and_ring()

    def note(self, outcome: Outcome) -> None:
        """Store what became of a signal, soon. Most often it costs the sender an append to a list."""
        if self._outcomes.add(outcome):
            with self._rung:
                # The thread was started, or could not be, when the event was published.
                self._rung.notify_all()

    def haunt(self, ghost: Ghost) -> None:
        """The same, in whatever moment: where the lock is not to be had at once, the next who comes by rings."""
        if self._outcomes.add(ghost) and self._rung.acquire(timeout=0.05):
            try:
                self._start_and_ring()
            finally:
                self._rung.release()

    def note_later(self, outcome: Outcome) -> None:
        """With the next that is noted."""
        self._outcomes.add(outcome)

    def note_here(self, outcome: Outcome) -> None:
        """The same in the caller's thread, unless an event loop runs in it: then by the next one that may."""
        self._outcomes.add(outcome)
        if not _is_in_a_loop():
            self._note()

    def write(self, event: Event, sending: Sending | None = None, *, using: str) -> bool:
        """Append an event from the thread, in a transaction of its own. False if the queue is full."""
        with self._rung:
            if not self._writes.add(event, using, sending):
                return False
            self._start_and_ring()
            return True

    def flush(self, timeout: float = FLUSH_SECONDS) -> bool:
        """Wait until nothing is left to do. False if that took longer than `timeout` seconds."""
        if self._may_note() and not (self._thread and self._thread.is_alive()) and not _is_in_a_loop():
            # Nobody else will; the thread, if there was one, would have told the group.
            self._note(tell=self._thread is not None)
        with self._rung:
            self._hurries = True
            self._rung.notify_all()
            try:
                return self._rung.wait_for(self._is_idle, timeout)
            finally:
                self._hurries = False

    def give_up(self) -> None:
        """Tell of the events that are lost, since the process ends before they were appended. The first may yet be."""
        if self._outcomes:
            logger.warning(
                "What the receivers of %d events did is lost: the process ended before it could be noted",
                len(self._outcomes),
                extra={"action": "note_failed"},
            )
        self._writes.give_up()

    def leave(self, timeout: float = FLUSH_SECONDS) -> bool:
        """Have the thread do what is left, and close its connection before it is idle for long. False if that took
        longer than `timeout` seconds."""
        thread = self._thread
        if thread is None or not thread.is_alive():
            return True
        self.flush(timeout)
        with self._rung:
            self._leaves = True
            self._rung.notify_all()
            return self._rung.wait_for(lambda: not self._leaves, timeout)

    def pause(self, timeout: float) -> bool:
        """Keep the thread from its work until `resume`, once it is at rest, or after `timeout` seconds anyway."""
        if not self._rung.acquire(timeout=timeout):
            return False
        self._rung.wait_for(lambda: not self._working, timeout)
        return True

    def resume(self) -> None:
        self._rung.release()

    def _start_and_ring(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._start()
        self._rung.notify_all()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="signalcast-publisher", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # The process may have no more threads, or ends. Whoever wakes us next tries again.
            metrics.failed("publish")
            logger.exception(
                "Events could not be published: there is no thread to be had", extra={"action": "publish_failed"}
            )

    def _is_idle(self) -> bool:
        return not (self._first is not None or self._writes or self._working or self._may_note())

    def _run(self) -> None:
        backoff = 0.0
        while True:
            first = self._take()
            try:
                self._writes.append(self._is_appended)
                if first is not None:
                    self._publish(first)
                if self._must_note():
                    self._note(tell=True)
            except Busy:
                self._postpone(first, BUSY_PAUSE)
            except Exception:  # The database may be away for minutes; events wait in it, and so do we.
                metrics.failed("publish")
                backoff = min(MAX_BACKOFF, backoff * 2 or 0.1)
                logger.exception(
                    "Events could not be published; trying again in %.1f s",
                    backoff,
                    extra={"action": "publish_failed"},
                )
                self._disconnect()
                self._postpone(first, backoff)
            except BaseException:  # The thread ends. Whoever wakes us next starts another, which begins where it was.
                connections.close_all()
                self._working = False
                self._postpone(first, 0)
                raise
            else:
                backoff = 0.0

    def _take(self) -> int | None:
        with self._rung:
            self._working = False
            self._rung.notify_all()
            self._working = not self._wait(self._patience())
        if self._working:
            # Without the lock: closing may take a while, and senders need it.
            self._disconnect()
        with self._rung:
            self._leaves = self._leaves and not self._working
            self._working = False
            self._rung.notify_all()
            self._wait(inf)
            first, self._first = self._first, None
            self._working = True
            return first

    def _patience(self) -> float:
        """Seconds to keep the connection without work. One of Django's pool goes back at once: others wait for it."""
        is_of_a_pool = self._connection is not None and self._connection.settings_dict["OPTIONS"].get("pool")
        return 0 if is_of_a_pool else IDLE_SECONDS

    def _wait(self, seconds: float) -> bool:
        """Until there is something to do. False if that took longer, or the thread is to leave."""
        deadline = time.monotonic() + seconds
        while not self._is_asked():
            left = min(deadline - time.monotonic(), self._outcomes.delay)
            if deadline <= time.monotonic() or self._leaves:
                return False
            self._rung.wait(None if left == inf else left)
        return True

    def _is_asked(self) -> bool:
        return self._first is not None or bool(self._writes) or self._must_note()

    def _must_note(self) -> bool:
        return self._outcomes.delay <= 0 or (self._hurries and self._may_note())

    def _may_note(self) -> bool:
        """Whether some are there, and nothing that they wait for was missing when they were last tried."""
        return bool(self._outcomes) and not self._note_backoff and not self._outcomes.waits_for_positions

    def _postpone(self, first: int | None, seconds: float) -> None:
        time.sleep(seconds)
        if first is not None:
            self.wake(first)

    def _is_appended(self, row_id: int, sending: Sending | None) -> None:
        self.wake(row_id)
        if sending is not None:
            sending.commit(self.note)

    def _publish(self, first: int) -> None:
        using = current().DATABASE
        self._connect(using)
        # A sweep, which knows of no row, only looks: most often there is nothing to take the lock for.
        # On SQLite there is one lock for everything, which a test that undoes all it did keeps until its end.
        is_known = first > 0 and self._connection.vendor != "sqlite"
        while is_known or is_pending(MAIN, using=using, first=first):
            is_known = False
            numbered = number(MAIN, using=using, first=first)
            self._nudge.send(numbered)
            is_full = len(numbered.entries) >= BATCH
            if self._connection.vendor == "sqlite":
                time.sleep(log.SQLITE_PAUSE)
            elif not is_full:
                time.sleep(pause_after(len(numbered.entries)))
            if not is_full:
                break
        # Whoever numbered them: it may have been another process, before we looked.
        self._outcomes.try_again()
        if self._connection.vendor == "sqlite" and time.monotonic() - self._connected > IDLE_SECONDS:
            # The sweeps of a server let no connection idle, and one that is kept never sees that its file was replaced.
            self._disconnect()

    def _note(self, *, tell: bool = False) -> None:
        """Store what became of events, which is nothing that anything else waits for, and tell the group. Never
        raises."""
        try:
            noted = self._outcomes.store()
            self._note_backoff = 0.0
            if noted and tell:
                self._nudge.tell(noted)
        except Exception:
            metrics.failed("note")
            self._note_backoff = min(MAX_NOTE_BACKOFF, self._note_backoff * 2 or 1.0)
            self._outcomes.postpone(self._note_backoff)
            logger.exception(
                "What receivers did could not be noted; trying again in %.0f s. "
                "Is the database there, migrated (%s), and not full?",
                self._note_backoff,
                migration(),
                extra={"action": "note_failed"},
            )

    def _connect(self, using: str) -> None:
        self._connection = connections[using]
        if self._connection.connection is None:
            self._connected = time.monotonic()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()


def pause_after(events: int) -> float:
    """Seconds to wait after a pass that numbered so many."""
    return max(PAUSE, min(LONGEST_PAUSE, PAUSE_AN_EVENT * events))


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
