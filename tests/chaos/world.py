"""The world of a campaign: a database, a broker, two servers behind relays, business, and clients."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from tests.integration.server import Server
from tests.postgresql import PostgreSQL
from tests.valkey import Valkey

from .audit import Evidence
from .business import END_SECONDS, KINDS, Emitter, starter
from .follower import Acknowledging, Follower, Habits, Notes, Plain
from .records import Records
from .relay import Relay
from .schedule import SERVERS
from .wiretap import Wiretap

POLL_SECONDS = 0.1


class World:
    """All its parts, running."""

    def __init__(
        self, *, valkey: Valkey, postgresql: PostgreSQL | None, folder: Path, seed: str, mutant: str, away: float
    ) -> None:
        self.valkey = valkey
        self.postgresql = postgresql
        self.records = Records()
        self.wiretap = Wiretap(valkey.url)
        own = {"MUTANT": mutant, "DJANGO_SETTINGS_MODULE": "tests.chaos.settings", "REDIS_URL": valkey.url}
        url = os.environ["DATABASE_URL"]
        self.servers = [Server("ours", url, folder / f"server{n}.txt", **own) for n in range(SERVERS)]
        self.relays = [Relay(server.port) for server in self.servers]
        self.start = starter(os.environ | own, seed, folder)
        self.emitters = [Emitter(self.start, kind) for kind in KINDS]
        self.followers = list(_followers(self.relays, seed, away))
        self._folder = folder
        self._business: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.records.close)
            await self.records.prepare()
            for server in self.servers:
                stack.callback(server.kill)
            await asyncio.gather(*(asyncio.to_thread(server.start) for server in self.servers))
            for relay in self.relays:
                await relay.start()
                stack.push_async_callback(relay.stop)
            for emitter in self.emitters:
                stack.callback(emitter.bury)
                self._business.append(_task(stack, emitter.run()))
            for work in (self.wiretap, *self.followers):
                _task(stack, work.run())
            yield

    async def business_has_begun(self) -> None:
        """Wait for the first event: before it there is nothing to break, and nothing to forge."""
        while not await self.records.head():
            await asyncio.sleep(POLL_SECONDS)

    async def end_business(self) -> None:
        """The last ones end right after a commit, so that only a server can publish what they leave."""
        for number in (signal.SIGTERM, signal.SIGUSR1):
            ending = slice(0, None, 2) if number == signal.SIGUSR1 else slice(1, None, 2)
            for emitter in self.emitters[ending]:
                emitter.stop(number)
            await asyncio.wait(self._business[ending], timeout=END_SECONDS)
        for emitter in self.emitters:
            emitter.bury()

    async def settle(self, patience: float) -> None:
        """Wait until every client has everything, or nobody has got anything for so many seconds."""
        for follower in self.followers:
            follower.calm.set()
        clock = asyncio.get_running_loop().time
        since = clock()
        while clock() - since < patience and await self.records.pending():
            await asyncio.sleep(POLL_SECONDS)
        head, log = await self.records.head(), await self.records.log()
        lasts = [max((p for p in log if f.notes.wants(log[p].type)), default=0) for f in self.followers]
        lagging, seen, since = self.followers, -1, clock()
        while lagging and clock() - since < patience:
            await asyncio.sleep(POLL_SECONDS)
            lagging = [f for f, last in zip(self.followers, lasts, strict=True) if not f.has_come_to(head, last)]
            progress = sum(follower.distance for follower in self.followers)
            if progress != seen:
                seen, since = progress, clock()

    async def evidence(self) -> Evidence:
        promises = self._folder / "promises"
        lines = promises.read_text().splitlines() if promises.exists() else []
        return Evidence(
            committed=await self.records.committed(),
            log=await self.records.log(),
            head=await self.records.head(),
            pruned=self.records.pruned,
            pending=await self.records.pending(),
            sent={line[1:] for line in lines if line[0] == "?"},
            promised={line[1:] for line in lines if line[0] == "!"},
            clients=[follower.notes for follower in self.followers],
        )


def _followers(relays: list[Relay], seed: str, away: float) -> Iterator[Follower]:
    """Each kind of client that there is."""
    everything: dict[str, Any] = {"from": 1}
    paid = {"exact": {"type": "academy.order_paid"}}
    acknowledging = {
        "all, from the first": Habits(hello=everything),
        "all, live": Habits(hello={"from": "live"}),
        "one type": Habits(hello=everything | {"filter": paid}),
        "all but one type": Habits(hello=everything | {"filter": {"not": paid}}),
        "slow": Habits(hello=everything | {"window": 64}, pace=0.1),
        "comes and goes": Habits(hello=everything, stays=0.5),
        "away for long": Habits(hello=everything, stays=1.5, away=away),
    }
    plain = {
        "plain": Habits(offered=["cloudevents.json"]),
        "plain, one type": Habits(query="&type=academy.order_paid"),
        "plain, comes and goes": Habits(stays=0.7),
    }
    wants = {
        "one type": lambda type: type == "academy.order_paid",
        "all but one type": lambda type: type != "academy.order_paid",
        "plain, one type": lambda type: type == "academy.order_paid",
    }
    for number, (name, habits) in enumerate([*acknowledging.items(), *plain.items()]):
        notes = Notes(name, wants.get(name, lambda type: True))
        doors = relays[number % SERVERS :] + relays[: number % SERVERS]
        yield (Plain if name in plain else Acknowledging)(notes, habits, doors, seed)


def _task(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    """It is cancelled, and waited for, when the world ends."""
    task = asyncio.create_task(work)

    async def end() -> None:
        task.cancel()
        await asyncio.wait([task])

    stack.push_async_callback(end)
    return task
