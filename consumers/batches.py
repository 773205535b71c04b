"""Batches, made once for all subscriptions that want them, and held while they are fresh. No I/O, no Django."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

from .buffers import Buffer, Level
from .protocol import Batch

MAX_HELD = 64
# Clients that lag have places of their own, and large batches that nobody else will want.
MAX_BYTES = 4 * 1024 * 1024


class Batches:
    """Bounded in count and bytes; the oldest go, and are made again if somebody asks."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, Batch | None] = OrderedDict()
        self._bytes = 0

    @property
    def buffer(self) -> Buffer:
        return Buffer("batches", Level(len(self._held), MAX_HELD), Level(self._bytes, MAX_BYTES, "bytes"))

    def get(self, key: Hashable, make: Callable[[], Batch | None]) -> Batch | None:
        """What `make` returns, made once for all who ask with this key."""
        if key in self._held:
            return self._held[key]
        made = self._held[key] = make()
        self._bytes += _size(made)
        while len(self._held) > MAX_HELD or self._bytes > MAX_BYTES:
            self._bytes -= _size(self._held.popitem(last=False)[1])
        return made

    def clear(self) -> None:
        self._held.clear()
        self._bytes = 0


def _size(batch: Batch | None) -> int:
    return sum(len(entry.line) for entry in batch.entries) if batch else 0
