"""What commands say where the log cannot be reached."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import CommandError
from django.db import Error

from events.insertion import reason
from events.settings import migration


@contextmanager
def told_if_unreachable() -> Iterator[None]:
    """What a database raises as what to do about it."""
    try:
        yield
    except Error as error:
        raise CommandError(
            f"The log cannot be reached ({reason(error)}). Is its database there, and migrated ({migration()})?"
        ) from error
