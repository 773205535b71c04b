"""The product, broken on purpose: each function here breaks one promise, and a campaign must notice.

They are applied in the processes of a campaign, from outside: the product has no switch for any of them.
"""

import asyncio
import os
from collections.abc import Callable
from typing import Any

from consumers import hub, notecursor, opening, process, ring, subscription
from events import log, numbering, receivers
from events.event import Entry
from events.streams import Message


def no_repair() -> None:
    """One group message is dropped in each server, and nobody looks at the log for it."""
    accept = hub.Hub._accept

    def accept_but_one(self: hub.Hub, raw: object) -> None:
        if hasattr(self, "dropped"):
            accept(self, raw)
        self.dropped = True

    async def nothing(self: hub.Hub) -> None:
        await asyncio.sleep(0)

    hub.Hub._accept = accept_but_one
    hub.Hub.catch_up = nothing


def numbered_at_insert() -> None:
    """Positions are the ids of the rows: in the order of insertion, with holes where something was rolled back."""
    insert = receivers.insert

    def insert_and_number(event: Any, connection: Any) -> int:
        row_id = insert(event, connection)
        log.open_stream("main", using=connection.alias)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE signalcast_event SET position = id WHERE id = %s", [row_id])

        def advance() -> None:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE signalcast_stream SET head = %s WHERE head < %s", [row_id, row_id])

        connection.on_commit(advance)
        return row_id

    receivers.insert = insert_and_number


def rollbacks_published() -> None:
    """Events are appended in a transaction of their own, whatever becomes of the sender's."""
    receivers._append = lambda event, sending, connection: receivers._hand_over(event, sending, connection.alias)


def numbered_backwards() -> None:
    """In one pass, what was sent last comes first."""
    numbering._NUMBER = numbering._NUMBER.replace("OVER (ORDER BY id)", "OVER (ORDER BY id DESC)")


def no_sweep() -> None:
    """What a process leaves unpublished that was killed stays so."""
    process.sweep = lambda: None


def cursor_off_by_one() -> None:
    """Who comes back misses an event."""
    found = opening.Opening.position.fget
    assert found
    opening.Opening.position = property(lambda self: found(self) + (1 < self.start <= self.head))


def resume_forgotten() -> None:
    """Who comes back begins with what is live."""

    async def live(*arguments: Any, head: int, **bounds: Any) -> int:
        return head + 1

    opening._position = live


def forgeries_believed() -> None:
    """A group message need not be sealed."""

    def believe(raw: Any, key: bytes) -> Message | None:
        wanted = ("stream", "epoch", "start", "lines")
        return Message(**{name: raw[name] for name in wanted}) if isinstance(raw, dict) else None

    hub.unseal = believe


def doubles_kept() -> None:
    """What comes twice is in the ring twice."""

    def append(self: ring.Ring, entries: Any) -> bool:
        self._entries += entries
        self.next += len(entries)
        self._trim()
        return True

    ring.Ring.append = append


def filters_confused() -> None:
    """Who asks for the same place gets the same batch, whatever the filter."""

    def key(self: subscription.Subscription, *place: int) -> Any:
        return self.position, place

    subscription.Subscription._key = key


def batch_forgotten() -> None:
    """Of what is taken at once, without a turn of the client's task, a batch is not written now and then."""
    take = subscription.Subscription.take_at_once

    def take_and_forget(self: subscription.Subscription, limit: int) -> Any:
        batch = take(self, limit)
        return batch if batch and batch.start % 50 else None

    subscription.Subscription.take_at_once = take_and_forget


def bytes_of_each_server() -> None:
    """Every process writes a line in its own way."""
    of = Entry.of.__func__

    def another(cls: type[Entry], position: int, text: str, **place: str) -> Entry:
        entry: Entry = of(cls, position, text, **place)
        return cls(position, f'{entry.line[:-1]},"process":"{os.getpid()}"}}')

    Entry.of = classmethod(another)


def pruned_too_far() -> None:
    """A prune takes a hundred events more than it was asked to."""
    prune = log.prune
    log.prune = lambda stream, before, **options: prune(stream, before + 100, **options)


def reactions_of_anything() -> None:
    """What receivers did is told of every event, whether or not it was sent."""
    notecursor.Span.shows = lambda span, entry: True


MUTANTS: dict[str, Callable[[], None]] = {
    mutant.__name__.replace("_", "-"): mutant
    for mutant in (
        no_repair,
        numbered_at_insert,
        rollbacks_published,
        numbered_backwards,
        no_sweep,
        cursor_off_by_one,
        resume_forgotten,
        forgeries_believed,
        doubles_kept,
        filters_confused,
        batch_forgotten,
        bytes_of_each_server,
        pruned_too_far,
        reactions_of_anything,
    )
}
