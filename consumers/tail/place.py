"""A place in a stream, as it is typed and kept: which log, and after which position. No Django."""

import os
from dataclasses import dataclass
from pathlib import Path

MAX_DIGITS = 18


class NoPlace(ValueError):
    """The text is no place: 120, or an epoch, a colon and 120."""


@dataclass(frozen=True, slots=True)
class Place:
    """Everything up to `position` was seen. Without an epoch it is a position of whatever log is there."""

    epoch: str | None
    position: int

    @classmethod
    def parse(cls, text: str) -> "Place":
        """The place that `str` wrote, and that `/sse/` calls an id. Raises NoPlace."""
        epoch, _, position = text.strip().rpartition(":")
        is_number = position.isascii() and position.isdigit() and len(position) <= MAX_DIGITS
        if not is_number or not (epoch.isascii() and epoch.isprintable()):
            raise NoPlace(text)
        return cls(epoch or None, int(position))

    def __str__(self) -> str:
        return f"{self.epoch}:{self.position}" if self.epoch else str(self.position)


class Bookmark:
    """A file that holds a place, so that another process goes on there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: Place | None = None

    def read(self) -> Place | None:
        """The place, or None if there is no file yet. Raises NoPlace, or what the system raises."""
        try:
            self._kept = Place.parse(self._path.read_text("utf-8", "replace"))
        except FileNotFoundError:
            return None
        return self._kept

    def keep(self, place: Place) -> None:
        """Whoever reads the file, and whenever this process dies: it holds this place, or the one before."""
        if place == self._kept:
            return
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        beside.write_text(f"{place}\n")
        beside.replace(self._path)
        self._kept = place
