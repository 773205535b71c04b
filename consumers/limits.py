"""Limits: what the settings let a client say, and those that are counted: so many a second, so many at once. No I/O."""

from collections import Counter
from collections.abc import Hashable

from events.settings import current

from .filter import FilterLimits
from .protocol import Limits


def of_messages() -> Limits:
    """What a client may send, as the settings have it."""
    settings = current()
    return Limits(bytes=settings.MAX_MESSAGE_BYTES, depth=settings.MAX_JSON_DEPTH, window=settings.MAX_WINDOW)


def of_filters() -> FilterLimits:
    settings = current()
    return FilterLimits(depth=settings.MAX_FILTER_DEPTH, expressions=settings.MAX_FILTER_EXPRESSIONS)


class Rate:
    """So many a second, and as many at once after a quiet second."""

    __slots__ = ("_left", "_at")

    def __init__(self, most: int, now: float) -> None:
        self._left = float(most)
        self._at = now

    def take(self, most: int, now: float) -> bool:
        """Whether one more is within `most` a second."""
        self._left = min(float(most), self._left + (now - self._at) * most)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Headcount:
    """How many there are of each kind, for as long as there is any."""

    def __init__(self) -> None:
        self._there: Counter[Hashable] = Counter()

    def __getitem__(self, kind: Hashable) -> int:
        return self._there.get(kind, 0)

    def enter(self, kind: Hashable) -> None:
        self._there[kind] += 1

    def leave(self, kind: Hashable) -> None:
        self._there[kind] -= 1
        if not self._there[kind]:
            del self._there[kind]
