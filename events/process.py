"""The process: it has one publisher, from its first event on, in each of its forks anew, and to its end."""

import atexit
import os
import threading
from typing import Any

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.signals import connection_created

from .publisher import Publisher

# What SQLite has locked in the thread when a process forks stays locked in the child, for ever.
FORK_SECONDS = 0.5


def publisher() -> Publisher:
    """This process's publisher."""
    return _publisher


# Its thread starts when it is first woken.
_publisher = Publisher()
_inherited: list[Publisher] = []
# By the threads that fork.
_paused: dict[int, Publisher] = {}


def _before_fork() -> None:
    if _publisher.pause(FORK_SECONDS):
        _paused[threading.get_ident()] = _publisher


def _after_fork_in_parent() -> None:
    if paused := _paused.pop(threading.get_ident(), None):
        paused.resume()


def _after_fork_in_child() -> None:
    """The child begins anew. It keeps what it inherited, so that nothing is closed under the parent."""
    global _publisher
    _paused.clear()
    _inherited.append(_publisher)
    _publisher = Publisher()


def _make_way(connection: Any, **arguments: Any) -> None:
    """Who connects to no database in particular is about to drop or copy one, as a test run does, and cannot while the
    thread is in it."""
    if connection.alias == NO_DB_ALIAS:
        _publisher.leave()


def _at_exit() -> None:
    if not _publisher.flush():
        _publisher.give_up()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
connection_created.connect(_make_way, dispatch_uid="signalcast.publisher")
