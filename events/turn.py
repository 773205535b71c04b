"""A turn: a transaction in which those who write the same row wait for each other, and see what the others did."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction

# Whatever the project prefers: under another isolation who waited would fail. And a process that is stopped meanwhile
# must not hold the lock for ever.
_POSTGRESQL = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '5s'"


@contextmanager
def turn(using: str) -> Iterator[Any]:
    """A cursor in such a transaction; within another one, in that."""
    connection = connections[using]
    outermost = not connection.in_atomic_block
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if outermost and connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL)
        yield cursor
