"""A client that comes back as docs/protocol.md says, to the next of several servers."""

import asyncio
import random
from contextlib import suppress
from itertools import cycle

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from .client import Client

BASE_SECONDS = 0.25
CAP_SECONDS = 15


class Returning(Client):
    """Comes back, by the next door, for as long as it has not heard of everything."""

    def __init__(self, doors, cookie="", **hello):
        super().__init__("", **hello)
        self.connections = 0
        self.is_here = asyncio.Event()
        self.byes = []
        self.tries = []
        """How many it took to come in, each time."""
        self.away = []
        """For how many seconds it was not served, each time."""
        self._doors = cycle(doors)
        self._headers = {"Cookie": cookie} if cookie else {}
        self._tried = 0
        self._bye = None
        self._left = None

    async def hear(self):
        message = await super().hear()
        if message["op"] == "bye":
            self._bye = message
            self.byes.append(message)
        return message

    async def hear_all(self, is_all):
        """Until `is_all()` holds."""
        async with asyncio.timeout(180):
            while not is_all():
                with suppress(ConnectionClosed, InvalidHandshake, OSError):
                    await self._come_and_hear(is_all)
                if not is_all():
                    await asyncio.sleep(random.uniform(0, self._most()))

    async def _come_and_hear(self, is_all):
        door = next(self._doors)
        self._url = door.url
        self._tried += 1
        async with self.connected(origin=door.origin, additional_headers=self._headers):
            self._arrive()
            try:
                while not is_all():
                    await self.hear()
            finally:
                self._left = _clock()

    def _arrive(self):
        self.connections += 1
        self.tries.append(self._tried)
        self._tried = 0
        if self._left is not None:
            self.away.append(_clock() - self._left)
        self.is_here.set()

    def _most(self):
        """Seconds: the most that it may wait before it tries again."""
        bye, self._bye = self._bye, None
        return bye["retry_ms"] / 1000 if bye else min(CAP_SECONDS, BASE_SECONDS * 2**self._tried)


def _clock():
    return asyncio.get_running_loop().time()
