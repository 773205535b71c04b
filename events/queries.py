"""No queries, while code that is not ours makes what goes into an event."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections


class QueryRefused(Exception):
    """Data that is made for an event asked the database, in the sender's transaction."""


@contextmanager
def no_queries() -> Iterator[None]:
    """While code that is not ours makes data: the sender would wait for a query, or be aborted by it."""
    watched = [(connection, connection.needs_rollback) for connection in connections.all()]
    for connection, _ in watched:
        connection.execute_wrappers.append(_refuse)
    try:
        yield
    finally:
        for connection, needed_rollback in watched:
            connection.execute_wrappers.remove(_refuse)
            # A write that was refused has Django give the sender's transaction up, in which nothing has happened.
            connection.needs_rollback = needed_rollback


def _refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    raise QueryRefused(sql)
