"""Publication: what is done about an event once its transaction has ended, as SIGNALCAST["PUBLISHER"] says.

By this process's publisher, by the sender itself, or by the servers alone.
"""

import logging

from django.db import connections

from . import metrics
from .event import Event
from .numbering import Busy, is_pending, number
from .outcomes import Ghost
from .process import publisher
from .sending import Sending
from .settings import current
from .streams import MAIN
from .writes import Writes

logger = logging.getLogger("signalcast.events")


def publish(row_id: int, sending: Sending | None = None) -> None:
    """Give a row that was committed its position, as SIGNALCAST["PUBLISHER"] says; and note what its receivers did."""
    match mode():
        case "thread":
            publisher().wake(row_id)
            note = publisher().note
        case "inline":
            publish_now(row_id)
            note = publisher().note_here
        case _:
            return
    if sending is not None:
        sending.commit(note)


def append_again(event: Event, sending: Sending, *, using: str) -> bool:
    """Append an event after the commit, from the publisher's thread; in memory from this one. False if its queue is
    full."""
    if not is_in_memory():
        return publisher().write(event, sending, using=using)
    writes = Writes()
    writes.add(event, using, sending)
    writes.append(publish)
    return True


def haunt(ghost: Ghost) -> None:
    """Note that a transaction was rolled back: never at once, and never in the thread that rolls back."""
    match mode():
        case "thread":
            publisher().haunt(ghost)
        case "inline":
            publisher().note_later(ghost)


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
    if not is_in_memory():
        publisher().wake(0)


def mode() -> str:
    """SIGNALCAST["PUBLISHER"]; but "inline" for "thread" on an in-memory SQLite, where a thread locks senders out."""
    wanted = current().PUBLISHER
    return "inline" if wanted == "thread" and is_in_memory() else wanted


def is_in_memory() -> bool:
    """Whether the log is in memory, where whoever writes locks everybody else's connection out at once."""
    connection = connections[current().DATABASE]
    return connection.vendor == "sqlite" and bool(connection.is_in_memory_db())
