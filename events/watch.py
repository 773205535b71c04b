"""The watch: whether the log may have changed, without reading it."""

import contextlib
import os
import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from .settings import current


class Watch:
    """Tells cheaply whether the log may have changed since it was last asked.

    On SQLite that is `PRAGMA data_version` (some microseconds) on a connection of its own; elsewhere it is always
    "maybe", and asked less often. A database file that was replaced stays invisible to connections that have it open;
    `replaced` tells of that.
    """

    def __init__(self) -> None:
        self._path = _sqlite_path(connections[current().DATABASE])
        self.interval = 0.025 if self._path else 0.25
        """Seconds to wait before asking again."""
        self.replaced = 0
        """How often another file has taken the database's place."""
        self._connection: sqlite3.Connection | None = None
        self._seen: object = None
        self._inode: int | None = None
        self._asked = 0

    def changed(self) -> bool:
        if not self._path:
            return True
        if self._asked % 40 == 0:
            self._look_at_the_file()
        self._asked += 1
        if self._connection is None:
            return False
        try:
            seen, self._seen = self._seen, self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.OperationalError:  # A writer has it all, where there is no write-ahead log.
            return True
        return seen != self._seen

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _look_at_the_file(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            inode = os.stat(self._path).st_ino
            if self._connection is not None and inode == self._inode:
                return
            self.replaced += self._connection is not None
            self.close()
            self._connection = _open_sqlite(self._path)
            self._inode, self._seen = inode, None


def _sqlite_path(connection: BaseDatabaseWrapper) -> str:
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return ""
    name = str(connection.settings_dict["NAME"])
    # Django has SQLite take an address for a name, as in `file:/var/lib/shop.sqlite3?cache=private`.
    return unquote(urlsplit(name).path) if name.startswith("file:") else name


def _open_sqlite(path: str) -> sqlite3.Connection:
    uri = Path(path).absolute().as_uri() + "?mode=ro"
    # Without patience: it is asked in the event loop, and everybody would wait with it.
    return sqlite3.connect(uri, uri=True, timeout=0, check_same_thread=False, isolation_level=None)
