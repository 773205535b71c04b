"""A turn: a transaction in which those who write the same row wait for each other, and see what the others did."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction

# Whatever the project prefers: under another isolation who waited would fail. A process that is stopped meanwhile must
# not hold the lock for ever. And who takes all tables, as a test or a migration does, must not get into a deadlock with
# us, and be the one that fails: within the second (`deadlock_timeout`) after which that is looked for, we give way.
_POSTGRESQL = (
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '5s';"
    " SET LOCAL lock_timeout = '500ms'"
)


@contextmanager
def turn(using: str) -> Iterator[Any]:
    """A cursor in such a transaction; within another one, in that."""
    connection = connections[using]
    outermost = not connection.in_atomic_block
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if outermost and connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL)
        yield cursor
