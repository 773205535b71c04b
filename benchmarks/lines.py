"""The lines that are delivered: some 300 bytes, the same for every system. Made by the product's own code."""

from datetime import UTC, datetime

from events.event import Entry, Event, new_id

_SENT = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int) -> Event:
    return Event(
        id=new_id(_SENT),
        stream="main",
        type="academy.order_paid",
        source="/signalcast",
        time=_SENT,
        data=f'{{"order":{{"model":"academy.order","pk":{number}}},"note":"paid"}}',
    )


def line(number: int) -> str:
    """As clients get it. In signalcast's own log the epoch is another one, of the same length."""
    return Entry.of(number, event(number).encode(), source="/signalcast", stream="main", epoch="0" * 32).line
