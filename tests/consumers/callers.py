"""Callers: who comes to the door of a server process, and what is done meanwhile in threads."""

from asgiref.sync import sync_to_async
from django.db import connections

from .handshake import scope


class Caller:
    """Somebody at the door. `visit` is None until they are in."""

    def __init__(self, house, **what):
        self._house, self._what = house, what
        self.visit = None
        self.changes = 0

    async def come(self):
        self.visit = await self._house.arrive(scope(**self._what), self._changed)
        return self

    @property
    def code(self):
        """The code they were sent away with, or None."""
        return self.visit.refused and self.visit.refused.code

    def _changed(self):
        self.changes += 1


def in_thread(function, *arguments):
    def run():
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return sync_to_async(run, thread_sensitive=False)()
