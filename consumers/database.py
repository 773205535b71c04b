"""Database work from async code: a few threads of our own, each with its own connection.

Channels' way is one thread for the whole process: one slow query there, in anybody's consumer, stalls every socket.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from events import log
from events.event import Head, Note, Notes, Page

from .shared import Shared

T = TypeVar("T")

THREADS = 3


class Database:
    """Runs functions that use the ORM. Connections stay open, those of a pool aside; after an error they are new."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="signalcast-database")
        self._opened: dict[int, list[BaseDatabaseWrapper]] = {}
        self._generation = 0
        self._shared = Shared()
        self._of_thread = threading.local()

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._run, function, *arguments)

    async def share(self, function: Callable[..., T], *arguments: Any) -> T:
        """As `run`, but once for all who ask the same at the same moment."""
        found: T = await self._shared.answer((function, *arguments), lambda: self.run(function, *arguments))
        return found

    def reconnect(self) -> None:
        """Every thread makes its connections anew before it works again."""
        self._generation += 1

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    def _run(self, function: Callable[..., T], *arguments: Any) -> T:
        if getattr(self._of_thread, "generation", None) != self._generation:
            self._of_thread.generation = self._generation
            connections.close_all()
        try:
            return function(*arguments)
        except (InterfaceError, OperationalError):
            # The database was restarted, perhaps. All that is run here may be run twice.
            connections.close_all()
            return function(*arguments)
        finally:
            self._opened[threading.get_ident()] = connections.all(initialized_only=True)
            self._give_back()

    def _give_back(self) -> None:
        """To Django's pool, which may have no more than we have threads: pages would wait until they fail."""
        for connection in self._opened[threading.get_ident()]:
            if connection.settings_dict["OPTIONS"].get("pool"):
                connection.close()

    def _close(self) -> None:
        self._threads.shutdown()
        for opened in self._opened.values():
            for connection in opened:
                connection.inc_thread_sharing()
                connection.close()


class StreamLog:
    """The log of one stream, as the hub wants it."""

    def __init__(self, stream: str, database: Database) -> None:
        self._stream = stream
        self._database = database
        self._watch = log.Watch()
        self._replaced = 0
        # Before any thread connects: a file that is replaced from now on is noticed.
        self._watch.changed()

    @property
    def interval(self) -> float:
        return self._watch.interval

    def changed(self) -> bool:
        changed = self._watch.changed()
        if self._watch.replaced != self._replaced:
            self._replaced = self._watch.replaced
            self.reconnect()
        return changed

    def reconnect(self) -> None:
        self._database.reconnect()

    def head(self) -> Coroutine[Any, Any, Head]:
        return self._database.run(_head, self._stream)

    def read(self, start: int, limit: int) -> Coroutine[Any, Any, Page]:
        return self._database.run(log.read, self._stream, start, limit)

    def read_notes(self, after: int, limit: int) -> Coroutine[Any, Any, Notes]:
        return self._database.run(log.read_notes, self._stream, after, limit)

    def notes_of(self, start: int, stop: int) -> Coroutine[Any, Any, Sequence[Note]]:
        return self._database.run(log.notes_of, self._stream, start, stop)

    def since(self, time: datetime) -> Coroutine[Any, Any, int]:
        return self._database.share(log.since, self._stream, time)

    def close(self) -> None:
        self._watch.close()


def _head(stream: str) -> Head:
    """The head of a stream that has an epoch: readers may be there before the first event."""
    head = log.head(stream)
    if not head.epoch:
        log.open_stream(stream)
        head = log.head(stream)
    return head
