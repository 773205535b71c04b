"""A chain: the events that led to each other, as they are seen, for the tree of causes. Knows no Django."""

from collections.abc import Sequence
from dataclasses import dataclass

from events.event import Entry

from .answer import text_of
from .sight import Sight

# The first of a chain; and of so many bytes, a larger event comes alone.
MAX_EVENTS = 1000
MAX_BYTES = 1024 * 1024
MAX_ID = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What is seen of it, in the order of positions."""

    id: str
    epoch: str
    head: int
    is_whole: bool
    entries: Sequence[Entry]

    def text(self, reactions: Sequence[str] | None = None) -> str:
        """As JSON."""
        facts = {"epoch": self.epoch, "head": self.head, "correlationid": self.id, "whole": self.is_whole}
        return text_of(facts, self.entries, reactions)


async def chain_of(id: str, found: Sequence[Entry], sight: Sight, *, epoch: str, head: int) -> Chain:
    """Of at most one more than MAX_EVENTS that were found."""
    while not sight.knows(found):
        await sight.learn(found)
    seen = [entry for entry in map(sight.see, found[:MAX_EVENTS]) if entry]
    fitting = _fitting(seen)
    is_whole = len(found) <= MAX_EVENTS and len(fitting) == len(seen)
    return Chain(id=id, epoch=epoch, head=head, is_whole=is_whole, entries=fitting)


def _fitting(entries: Sequence[Entry]) -> Sequence[Entry]:
    size = 0
    for index, entry in enumerate(entries):
        size += len(entry.line)
        if size > MAX_BYTES and index:
            return entries[:index]
    return entries
