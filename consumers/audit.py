"""The audit: who followed what, from where, from when to when. A log of its own, which can be shipped."""

import logging
import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from .protocol import CloseCode, Refused, shown
from .viewer import Viewer

SELDOM_SECONDS = 600.0
MAX_SELDOM = 1000

logger = logging.getLogger("signalcast.audit")


class Audit:
    """Of one visit. Its two lines, of beginning and end, have all the facts as members of their record."""

    __slots__ = ("_facts", "_began")

    def __init__(self, viewer: Viewer, address: str) -> None:
        self._facts: dict[str, Any] = {
            "user": viewer.name,
            "token": viewer.token,
            "open": viewer.open,
            "personal": viewer.personal,
            "types": list(viewer.types),
            "address": address,
        }
        self._began: float | None = None

    def began(self, *, way: str, start: object, filter: str) -> None:
        """`way` is the dialect, or the address of what was asked for."""
        if not logger.isEnabledFor(logging.INFO):
            return
        self._began = time.monotonic()
        self._facts |= {"way": way, "start": start, "filter": filter}
        logger.info("%s follows (%s)", self._who(), way, extra={"action": "visit_began", **self._facts})

    def tested(self, *, type: str, id: str) -> None:
        """They have sent a test event."""
        facts = {**self._facts, "type": type, "id": id}
        logger.info("%s has sent a test event of %s", self._who(), type, extra={"action": "test_event_sent", **facts})

    def ended(self, code: CloseCode | None) -> None:
        """With our code, or None if it was the client that left."""
        if self._began is None:
            return
        seconds = round(time.monotonic() - self._began, 3)
        facts = {**self._facts, "seconds": seconds, "code": int(code) if code else None}
        logger.info("%s has left after %s s", self._who(), seconds, extra={"action": "visit_ended", **facts})

    def _who(self) -> str:
        name = shown(self._facts["user"]) if self._facts["user"] else "somebody on this machine"
        token = f" by the token {shown(self._facts['token'])}" if self._facts["token"] else ""
        return f"{name}{token} at {self._facts['address'] or 'no address'}"


class Seldom:
    """Of whoever asks the same again and again, one visit in ten minutes is told. Of 1,000 that is known at most."""

    def __init__(self) -> None:
        self._told: OrderedDict[Hashable, float] = OrderedDict()

    def is_due(self, whose: Hashable, now: float) -> bool:
        if now - self._told.get(whose, -SELDOM_SECONDS) < SELDOM_SECONDS:
            return False
        self._told[whose] = now
        self._told.move_to_end(whose)
        if len(self._told) > MAX_SELDOM:
            self._told.popitem(last=False)
        return True


def refused(refused: Refused, address: str) -> None:
    """Somebody was not let in."""
    facts = {"address": address, "code": int(refused.code)}
    who = address or "no address"
    logger.info("Refused at %s: %s", who, refused.message, extra={"action": "visit_refused", **facts})
