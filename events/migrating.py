"""Migrating: while this process makes the log's tables, nothing can be recorded yet, and that is no fault.

What would be said then of each event is said in one line, at the end.
"""

import logging
from typing import Any

from django.db.models.signals import post_migrate, pre_migrate

from .process import publisher
from .settings import migration

logger = logging.getLogger("signalcast.events")

_UNSAID = {"append_failed", "event_lost", "publish_failed", "note_failed"}


class _Silence(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self.lost = 0

    def filter(self, record: logging.LogRecord) -> bool:
        action = getattr(record, "action", "")
        self.lost += action == "event_lost"
        return action not in _UNSAID


_silence = _Silence()


def follow(app: Any) -> None:
    """Listen to what `migrate` tells our app, in whatever database: a test run makes one after the other."""
    pre_migrate.connect(_begin, sender=app, dispatch_uid="signalcast.migrating")
    post_migrate.connect(_end, sender=app, dispatch_uid="signalcast.migrating")


def _begin(**arguments: Any) -> None:
    logger.addFilter(_silence)


def _end(**arguments: Any) -> None:
    publisher().flush()  # It tries the last of them again, and must not say of each what is said below.
    logger.removeFilter(_silence)
    lost, _silence.lost = _silence.lost, 0
    if lost:
        logger.warning(
            "%d events are lost: they were sent before the log had its tables, which %s makes",
            lost,
            migration(),
            extra={"action": "event_lost"},
        )
