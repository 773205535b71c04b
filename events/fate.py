"""Fate: what becomes of the transaction in which an event was appended, and how that is heard of.

It waits among the connection's hooks. Django calls them after the commit, and drops them when a transaction, or just a
savepoint, is rolled back: who is dropped without having been called is a ghost.
"""

import os
import sys
from typing import Any

from . import metrics
from .event import Event
from .outcomes import Ghost
from .publication import haunt, publish
from .sending import Sending

# Of one transaction: what waits for its end is held in memory.
MAX_GHOSTS = 1000
MAX_SENDINGS = 10_000


class Fate:
    """Of one event. Its `commit` is the hook."""

    __slots__ = ("_event", "_process", "_row_id", "_sending")

    def __init__(self, event: Event, row_id: int, sending: Sending, connection: Any) -> None:
        waiting = len(connection.run_on_commit)
        self._row_id = row_id
        self._process = _process
        self._event = event if waiting < MAX_GHOSTS and _may_be_seen(connection) else None
        self._sending = sending if waiting < MAX_SENDINGS else None
        if self._sending is None:
            metrics.failed("note")

    def commit(self) -> None:
        self._event = None
        publish(self._row_id, self._sending)

    def __del__(self) -> None:
        # Wherever that is: in the middle of a rollback, or of whatever happens to be done when memory is tidied up.
        try:
            event = self._event
            if event is not None and self._process == _process and not sys.is_finalizing():
                haunt(Ghost(event, self._sending))
        except Exception:  # Nobody is there to be told; and of a ghost nothing depends.
            return


def _may_be_seen(connection: Any) -> bool:
    """Whether it is rolled back because of the business, and not because a test undoes everything that it did."""
    blocks: Any = getattr(connection, "atomic_blocks", None)
    return bool(blocks) and not getattr(blocks[0], "_from_testcase", False)


_process = os.getpid()


def _after_fork() -> None:
    """A child that lets go of what it inherited knows nothing of what the parent will do with it."""
    global _process
    _process = os.getpid()


os.register_at_fork(after_in_child=_after_fork)
