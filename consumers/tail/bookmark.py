"""A bookmark: a file that holds a place, so that another process goes on there. No Django."""

import os
from pathlib import Path

from consumers.place import Place


class Bookmark:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: Place | None = None

    def read(self) -> Place | None:
        """The place, or None if there is no file yet. Raises NoPlace, or what the system raises."""
        try:
            self._kept = Place.parse(self._path.read_text("utf-8", "replace").strip())
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
