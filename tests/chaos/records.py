"""What the database holds, read by plain SQL: the log as it is, and what it was before it was pruned."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, connection, connections

from .audit import Logged
from .emitter import TABLE

T = TypeVar("T")

TRIES = 50
AGAIN_SECONDS = 0.2


class Records:
    """Its one thread has one connection, which is made anew after an error."""

    def __init__(self) -> None:
        self.archive: dict[int, Logged] = {}
        self.pruned = 1
        """Everything before this position was pruned, or is about to be."""
        self._thread = ThreadPoolExecutor(1)

    async def prepare(self) -> None:
        await self._ask(lambda: _rows(f"CREATE TABLE {TABLE} (mark varchar(64) PRIMARY KEY)", fetch=False))

    async def pending(self) -> int:
        """How many committed events wait for their position."""
        rows = await self._ask(lambda: _rows("SELECT count(*) FROM signalcast_event WHERE position IS NULL"))
        return int(rows[0][0])

    async def head(self) -> int:
        rows = await self._ask(lambda: _rows("SELECT head FROM signalcast_stream WHERE name = 'main'"))
        return int(rows[0][0]) if rows else 0

    async def committed(self) -> set[str]:
        return {mark for (mark,) in await self._ask(lambda: _rows(f"SELECT mark FROM {TABLE}"))}

    async def log(self) -> dict[int, Logged]:
        """All that ever had a position: from the archive what was pruned, from the log the rest."""
        newest = await self._read(self.pruned - 1)
        return {position: event for position, event in self.archive.items() if position < self.pruned} | newest

    async def keep_before_pruning(self, before: int) -> None:
        """Everything before this position may be deleted from now on."""
        self.archive |= await self._read(max(self.archive, default=0))
        self.pruned = max(self.pruned, before)

    async def _read(self, after: int) -> dict[int, Logged]:
        sql = "SELECT position, event_id, type, text FROM signalcast_event WHERE position > %s ORDER BY position"
        rows = await self._ask(lambda: _rows(sql, after))
        return {position: Logged(id, type, json.loads(text)["data"]["mark"]) for position, id, type, text in rows}

    async def _ask(self, question: Callable[[], T]) -> T:
        for _ in range(TRIES):
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, question)
            except (DatabaseError, InterfaceError):
                await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
                await asyncio.sleep(AGAIN_SECONDS)
        raise TimeoutError("the database does not come back")

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()


def _rows(sql: str, *arguments: Any, fetch: bool = True) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return list(cursor.fetchall()) if fetch else []
