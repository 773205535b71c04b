"""What a server process has once: its database threads and its hub, for as long as a client needs them.

Servers without a lifespan, stock Daphne among them, never say that they start; so the first client starts it all, and
the last one stops it. Our own server holds it from start to end. This is the composition root: the only module here
that knows the publisher.
"""

import asyncio
import contextvars
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.conf import settings as django_settings

from events.inventory import Inventory, take
from events.process import publisher
from events.publication import sweep
from events.publisher import MOST_OUTCOMES, MOST_WRITES
from events.settings import current, migration
from events.streams import MAIN, key

from .audit import Seldom
from .buffers import Buffer, Level
from .database import Database, StreamLog
from .hub import Hub
from .metrics import meter
from .protocol import CloseCode, Refused
from .ring import Ring
from .shared import Kept
from .visits import Visits

logger = logging.getLogger("signalcast.consumers")

RETRY_SECONDS = 5.0
QUIET_SECONDS = 5.0
INVENTORY_SECONDS = 2.0


class Process:
    """The parts, made when they are first needed."""

    def __init__(self) -> None:
        self.users = 0
        self.database = Database()
        self.visits = Visits(self.database)
        self.seldom = Seldom()
        self._starting = asyncio.Lock()
        self._log: StreamLog | None = None
        self._hub: Hub | None = None
        self._said: dict[str, float] = {}
        self._inventory = Kept(lambda: self.database.run(take), seconds=INVENTORY_SECONDS)

    def may_say(self, complaint: str) -> bool:
        """Once in five seconds for each: what goes wrong for one client goes wrong for a thousand."""
        now = time.monotonic()
        if now - self._said.get(complaint, -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._said[complaint] = now
        return True

    async def hub(self) -> Hub:
        """The hub, following the log. Raises what the database raises."""
        async with self._starting:
            if self._hub is None:
                self._log = self._log or StreamLog(MAIN, self.database)
                hub = _hub(self._log)
                await hub.start()
                meter.started(hub)
                self._hub = hub
            return self._hub

    async def inventory(self) -> Inventory:
        """What is known of the streamed signals, as of two seconds ago at most. Raises what the database raises."""
        found: Inventory = await self._inventory.answer()
        return found

    def check_room(self) -> None:
        """Whether there is room for one more who follows the stream. Raises Refused (4013)."""
        if self._hub and self._hub.clients >= current().MAX_CLIENTS:
            raise Refused(
                CloseCode.OVERLOADED, "This server has as many clients as it takes; come back later.", limit="clients"
            )

    def buffers(self) -> list[Buffer]:
        """What this process holds now; of its hub's, as long as there is one."""
        found = [
            Buffer("appends", Level(publisher().waiting, MOST_WRITES, "events")),
            Buffer("outcomes", Level(publisher().waiting_to_be_noted, MOST_OUTCOMES, "events")),
        ]
        if self._hub is not None:
            found += self._hub.buffers
            found.append(Buffer("clients", Level(self._hub.clients, current().MAX_CLIENTS)))
        return [*found, *meter.buffers()]

    async def stop(self) -> None:
        if self._hub is not None:
            await self._hub.stop()
            meter.stopped(self._hub)
        await self.visits.stop()
        if self._log is not None:
            self._log.close()
        await self.database.close()


# One for each event loop: two loops in one process must not share a hub.
_running: WeakKeyDictionary[asyncio.AbstractEventLoop, Process] = WeakKeyDictionary()
# A loop holds its tasks weakly.
_stopping: set[asyncio.Task[None]] = set()


@asynccontextmanager
async def process() -> AsyncIterator[Process]:
    """This process's parts, kept while the context lasts."""
    loop = asyncio.get_running_loop()
    shared = _running.get(loop) or _running.setdefault(loop, Process())
    shared.users += 1
    try:
        yield shared
    finally:
        shared.users -= 1
        if shared.users == 0:
            # At once, so that a client that comes now gets parts of its own.
            _running.pop(loop, None)
            # Whoever is the last may be cut off meanwhile.
            stopping = loop.create_task(shared.stop(), context=contextvars.Context())
            _stopping.add(stopping)
            stopping.add_done_callback(_stopping.discard)
            await asyncio.shield(stopping)


async def keep() -> None:
    """Hold this process's parts until cancelled, so that somebody sweeps where nobody watches."""
    async with process() as shared:
        while not await _starts(shared):
            await asyncio.sleep(RETRY_SECONDS)
        await asyncio.get_running_loop().create_future()


async def _starts(shared: Process) -> bool:
    try:
        await shared.hub()
    except Exception as error:  # Not migrated yet, or no database there: it will be.
        logger.warning(
            "The log cannot be read yet: %s. Is its database there, and migrated (%s)?",
            error,
            migration(),
            extra={"action": "log_unreadable"},
        )
        return False
    return True


def _hub(log: StreamLog) -> Hub:
    settings = current()
    return Hub(
        MAIN,
        log=log,
        ring=Ring(events=settings.RING_EVENTS, bytes=settings.RING_BYTES),
        heartbeat=settings.HEARTBEAT,
        key=key(django_settings.SECRET_KEY),
        layer=get_channel_layer(),
        sweep=sweep,
    )
