"""Samples: an event, notes, gaps and goodbyes as they might be, for the examples that `messages` shows. No I/O, no
Django.
"""

import json
from datetime import UTC, datetime

from events.event import Entry, Event

from .protocol import CloseCode, Gap

SOURCE, STREAM, EPOCH = "/signalcast", "main", "a657905a6ce14546920fa4b260362a35"
TIME = datetime(2026, 11, 22, 18, 59, 18, 415969, UTC)
_DATA = {
    "order": {"model": "academy.order", "pk": 1, "fields": {"course_title": "Typography I", "amount": "129.00"}},
    "user": {"model": "auth.user", "pk": 1},
    "note": "hello",
}

GAPS = (Gap(start=43, stop=1247, reason="retention"), Gap(start=5060, stop=1, reason="epoch"))
ERRORS = ((0, "ack.pos 99 is beyond what was sent."), (CloseCode.SIGN_IN, "Sign in to follow this stream."))
BYE = (CloseCode.RESTART, 5000)
REACTIONS = {
    "pos": 43,
    "id": "01a204a0-850f-767d-8d49-00000000002b",
    "method": "send",
    "ms": 3.6,
    "reactions": [
        {
            "receiver": "academy.receivers.enroll_student",
            "source": "academy/receivers.py:36",
            "order": 1,
            "async": False,
            "ms": 0.412,
            "outcome": "ok",
        },
        {
            "receiver": "academy.receivers.sync_crm",
            "source": "academy/receivers.py:61",
            "order": 2,
            "async": False,
            "ms": 3.1,
            "outcome": "raised",
            "error": "CrmUnavailable: order 42",
        },
    ],
}


def entry(position: int) -> Entry:
    """An event in its place."""
    return Entry.of(position, _encoded(position), source=SOURCE, stream=STREAM, epoch=EPOCH)


def _encoded(position: int) -> str:
    event = Event(
        id=f"01a204a0-850f-767d-8d49-{position:012x}",
        stream=STREAM,
        type="academy.order_paid",
        source=SOURCE,
        time=TIME,
        sender="academy.Order",
        subject="academy.order/1",
        summary="order 1: Typography I, 129.00 \u00b7 user 1 \u00b7 note hello",
        data=json.dumps(_DATA),
    )
    return event.encode()


GHOST = json.loads(_encoded(1)) | {"outcome": "rolledback", "reactions": REACTIONS["reactions"]}
