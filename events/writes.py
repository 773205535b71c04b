"""Writes: events that could not be appended where they were sent, on their way to a thread that can. Bounded."""

import logging
from collections import deque
from collections.abc import Callable

from django.db import Error, connections

from . import log, metrics
from .event import Event
from .insertion import reason
from .sending import Sending
from .settings import migration

logger = logging.getLogger("signalcast.events")

SIZE = 10_000


class Writes:
    """What waits, the oldest first. Whoever calls `add` must keep others from that meanwhile."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Event, str, Sending | None]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, event: Event, using: str, sending: Sending | None) -> bool:
        """False if there is no room."""
        if len(self._waiting) >= SIZE:
            return False
        self._waiting.append((event, using, sending))
        return True

    def append(self, done: Callable[[int, Sending | None], None]) -> None:
        """Append to the log what is there now, each in a transaction of its own, and call `done` with the row's id."""
        for _ in range(len(self._waiting)):
            event, using, sending = self._waiting[0]
            try:
                done(log.append(event, using=using), sending)
            except BaseException as error:  # Nobody is left to raise to: the event is lost, and that is said.
                metrics.failed("retry")
                logger.error(
                    "The event %s of type %s is lost: it could not be appended to the log in %r (%s). "
                    "Is that database there, migrated (%s), and not full?",
                    event.id,
                    event.type,
                    using,
                    reason(error),
                    migration(),
                    exc_info=not isinstance(error, Error),
                    extra={"action": "event_lost"},
                )
                connections[using].close()
                if not isinstance(error, Exception):
                    raise
            finally:
                self._waiting.popleft()

    def give_up(self) -> None:
        """Tell of events that are lost, since the process ends. The first may be under way, and may yet be there."""
        waiting = len(self._waiting)
        for _ in range(waiting):
            metrics.failed("retry")
        if waiting:
            logger.error(
                "%d events are lost: the process ended before they could be appended to the log",
                waiting,
                extra={"action": "event_lost"},
            )
