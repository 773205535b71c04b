"""Batches, made once for all subscriptions that want them, and held while they are fresh. No I/O, no Django."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

from .buffers import Buffer, Level

MAX_HELD = 64
# Clients that lag have places of their own, and large batches that nobody else will want.
MAX_BYTES = 4 * 1024 * 1024


class Weighed(Protocol):
    @property
    def weight(self) -> int:
        """The bytes of what it has of its own."""


T = TypeVar("T", bound=Weighed)


class Batches(Generic[T]):
    """Bounded in count and bytes; the oldest go, and are made again if somebody asks."""

    def __init__(self, name: str = "batches") -> None:
        self._name = name
        self._held: OrderedDict[Hashable, T | None] = OrderedDict()
        self._bytes = 0

    @property
    def buffer(self) -> Buffer:
        return Buffer(self._name, Level(len(self._held), MAX_HELD), Level(self._bytes, MAX_BYTES, "bytes"))

    def get(self, key: Hashable, make: Callable[[], T | None]) -> T | None:
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


def _size(batch: Weighed | None) -> int:
    return batch.weight if batch else 0
