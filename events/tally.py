"""A tally: how many events of a type there were, when the last one was sent, and how many in the last ten minutes."""

from collections.abc import Mapping
from typing import Any

SECONDS = 10
# How many times ten seconds are told apart.
KEPT = 60


class Tally:
    def __init__(self) -> None:
        self.count = 0
        self.last = 0.0
        """In seconds since 1970."""
        self._counts: dict[int, int] = {}

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "last": self.last, "counts": list(self._counts.items())}

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> "Tally":
        made = cls()
        made.count, made.last, made._counts = found["count"], found["last"], dict(found["counts"])
        return made

    def add(self, sent: float) -> None:
        self.count += 1
        self.last = max(self.last, sent)
        newest, slot = _slot(self.last), _slot(sent)
        if slot <= newest - KEPT:
            return
        self._counts[slot] = self._counts.get(slot, 0) + 1
        if len(self._counts) > KEPT:
            self._counts = {each: count for each, count in self._counts.items() if each > newest - KEPT}

    def recent(self, now: float) -> list[int]:
        """How many in each ten seconds of the last ten minutes, the newest at the end."""
        newest = _slot(now)
        return [self._counts.get(slot, 0) for slot in range(newest - KEPT + 1, newest + 1)]

    def rate(self, now: float) -> float:
        """How many a minute, in the last one."""
        newest = _slot(now)
        counted = sum(self._counts.get(slot, 0) for slot in range(newest - 6, newest + 1))
        return round(counted * 60 / (60 + now % SECONDS), 2)


def _slot(seconds: float) -> int:
    return int(seconds // SECONDS)
