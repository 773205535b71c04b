"""The publisher: gives committed events their positions, and nudges the group. One daemon thread a process.

The sender's part is `wake`: it notes a number and rings. Whatever a publisher leaves undone, because its process was
killed or its database went away, the sweep of any server process does a second later.
"""

import atexit
import logging
import os
import threading
import time
from collections import deque
from typing import Any

from django.db import connections

from . import log, metrics
from .event import Event
from .nudge import Nudge
from .numbering import BATCH, Busy, is_pending, number
from .settings import current
from .streams import MAIN

logger = logging.getLogger("signalcast.events")

QUEUE_SIZE = 10_000
IDLE_SECONDS = 5.0
FLUSH_SECONDS = 2.0

# Seconds between two passes, unless the first has left rows behind. A lone event waits for none of it; a burst gets
# fewer and larger passes, so that a sender in the same process is held up less (300 instead of 500 µs an event).
PAUSE = 0.005
BUSY_PAUSE = 0.01
MAX_BACKOFF = 5.0


class Publisher:
    """What the thread has been asked to do, and the thread."""

    def __init__(self) -> None:
        self._rung = threading.Condition()
        self._first: int | None = None
        self._writes: deque[tuple[Event, str]] = deque()
        self._working = False
        self._thread: threading.Thread | None = None
        self._nudge = Nudge()
        self._connection: Any = None
        self._connected = 0.0

    @property
    def waiting(self) -> int:
        """How many events wait for the thread to append them, of QUEUE_SIZE."""
        return len(self._writes)

    def wake(self, first: int) -> None:
        """Number what is pending, from this row id on. It costs the sender a lock and a notification."""
        with self._rung:
            self._first = first if self._first is None else min(first, self._first)
            self._start_and_ring()

    def write(self, event: Event, *, using: str) -> bool:
        """Append an event from the thread, in a transaction of its own. False if the queue is full."""
        with self._rung:
            if len(self._writes) >= QUEUE_SIZE:
                return False
            self._writes.append((event, using))
            self._start_and_ring()
            return True

    def flush(self, timeout: float = FLUSH_SECONDS) -> bool:
        """Wait until nothing is left to do. False if that took longer than `timeout` seconds."""
        with self._rung:
            return self._rung.wait_for(self._is_idle, timeout)

    def give_up(self) -> None:
        """Tell of the events that are lost, since the process ends before they were appended. The first may yet be."""
        waiting = len(self._writes)
        for _ in range(waiting):
            metrics.failed("retry")
        if waiting:
            logger.error(
                "%d events are lost: the process ended before they could be appended to the log",
                waiting,
                extra={"action": "event_lost"},
            )

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
        return self._first is None and not self._writes and not self._working

    def _run(self) -> None:
        backoff = 0.0
        while True:
            first = self._take()
            try:
                self._append()
                if first is not None:
                    self._publish(first)
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
            is_asked = self._rung.wait_for(self._is_asked, IDLE_SECONDS)
        if not is_asked:
            # Without the lock: closing may take a while, and senders need it.
            self._disconnect()
        with self._rung:
            self._rung.wait_for(self._is_asked)
            first, self._first = self._first, None
            self._working = True
            return first

    def _is_asked(self) -> bool:
        return self._first is not None or bool(self._writes)

    def _postpone(self, first: int | None, seconds: float) -> None:
        time.sleep(seconds)
        if first is not None:
            self.wake(first)

    def _append(self) -> None:
        for _ in range(len(self._writes)):
            event, using = self._writes[0]
            try:
                self.wake(log.append(event, using=using))
            except BaseException as error:  # Nobody is left to raise to: the event is lost, and that is said.
                metrics.failed("retry")
                logger.exception(
                    "The event %s of type %s is lost: it could not be appended to the log in %r. "
                    "Is that database there, migrated (manage.py migrate signalcast), and not full?",
                    event.id,
                    event.type,
                    using,
                    extra={"action": "event_lost"},
                )
                connections[using].close()
                if not isinstance(error, Exception):
                    raise
            finally:
                self._writes.popleft()

    def _publish(self, first: int) -> None:
        using = current().DATABASE
        self._connect(using)
        while is_pending(MAIN, using=using, first=first):
            numbered = number(MAIN, using=using, first=first)
            self._nudge.send(numbered)
            is_full = len(numbered.entries) >= BATCH
            if self._connection.vendor == "sqlite":
                time.sleep(log.SQLITE_PAUSE)
            elif not is_full:
                time.sleep(PAUSE)
            if not is_full:
                break
        if self._connection.vendor == "sqlite" and time.monotonic() - self._connected > IDLE_SECONDS:
            # The sweeps of a server let no connection idle, and one that is kept never sees that its file was replaced.
            self._disconnect()

    def _connect(self, using: str) -> None:
        self._connection = connections[using]
        if self._connection.connection is None:
            self._connected = time.monotonic()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()


def publisher() -> Publisher:
    """This process's publisher."""
    return _publisher


def publish(row_id: int) -> None:
    """Give a row that was committed its position, as SIGNALCAST["PUBLISHER"] says."""
    match mode():
        case "thread":
            publisher().wake(row_id)
        case "inline":
            publish_now(row_id)


def publish_now(first: int) -> None:
    """Number what is pending, in the caller's thread: for PUBLISHER "inline"."""
    using = current().DATABASE
    try:
        while is_pending(MAIN, using=using, first=first):
            number(MAIN, using=using, first=first)
    except Busy:  # Another sender is at it, and may have come too early for our row: a sweep will see.
        return
    except Exception:  # The sender has committed and must not be troubled; a sweep will do it.
        metrics.failed("publish")
        logger.exception("Events could not be published", extra={"action": "publish_failed"})


def sweep() -> None:
    """Number whatever is pending, whoever left it behind. Called once a second by every server process."""
    if not _is_in_memory():
        publisher().wake(0)


def mode() -> str:
    """SIGNALCAST["PUBLISHER"]; but always "inline" on an in-memory SQLite, where a thread locks senders out."""
    return "inline" if _is_in_memory() else current().PUBLISHER


def _is_in_memory() -> bool:
    connection = connections[current().DATABASE]
    return connection.vendor == "sqlite" and bool(connection.is_in_memory_db())


# Its thread starts when it is first woken.
_publisher = Publisher()
_inherited: list[Publisher] = []


def _after_fork() -> None:
    """The child begins anew. It keeps what it inherited, so that nothing is closed under the parent."""
    global _publisher
    _inherited.append(_publisher)
    _publisher = Publisher()


def _at_exit() -> None:
    if not _publisher.flush():
        _publisher.give_up()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
