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
        self._held: OrderedDict[Hashable, T] = OrderedDict()
        self._bytes = 0

    @property
    def buffer(self) -> Buffer:
        return Buffer(self._name, Level(len(self._held), MAX_HELD), Level(self._bytes, MAX_BYTES, "bytes"))

    def get(self, key: Hashable, make: Callable[[], T | None]) -> T | None:
        """What `make` returns, made once for all who ask with this key. None is not held."""
        if held := self._held.get(key):
            return held
        made = make()
        if made is None:
            return None
        self._held[key] = made
        self._bytes += made.weight
        while len(self._held) > MAX_HELD or self._bytes > MAX_BYTES:
            self._bytes -= self._held.popitem(last=False)[1].weight
        return made

    def clear(self) -> None:
        self._held.clear()
        self._bytes = 0
