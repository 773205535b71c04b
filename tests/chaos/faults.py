"""What a fault does to the world, and how it is over again. Each kind has a function here, and a line in `schedule`."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from .schedule import Fault
from .world import World

# The longest that a process with one thing to do may take.
ERRAND_SECONDS = 180.0


class Faults:
    """Those of one campaign. What is hit by one already is not hit by another until that is over."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._locks: dict[object, asyncio.Lock] = {}
        self._errands = 0

    async def happen(self, fault: Fault) -> None:
        await DEEDS[fault.kind](self, **fault.choices)

    async def kill_emitter(self, emitter: int) -> None:
        async with self._alone(f"emitter {emitter}"):
            self._world.emitters[emitter].signal(signal.SIGKILL)

    async def end_emitter_after_a_commit(self, emitter: int) -> None:
        async with self._alone(f"emitter {emitter}"):
            self._world.emitters[emitter].signal(signal.SIGUSR1)

    async def kill_server(self, server: int, away: float) -> None:
        async with self._alone(f"server {server}"):
            await asyncio.to_thread(self._world.servers[server].kill)
            await asyncio.sleep(away)
            await asyncio.to_thread(self._world.servers[server].start)

    async def terminate_server(self, server: int, away: float) -> None:
        async with self._alone(f"server {server}"):
            self._world.servers[server].terminate()
            await asyncio.to_thread(self._world.servers[server].wait)
            await asyncio.sleep(away)
            await asyncio.to_thread(self._world.servers[server].start)

    async def pause(self, who: str, seconds: float) -> None:
        kind, number = who.split()
        target = (self._world.emitters if kind == "emitter" else self._world.servers)[int(number)]
        async with self._alone(who):
            target.signal(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            target.signal(signal.SIGCONT)

    async def kill_broker(self, away: float) -> None:
        async with self._alone("broker"):
            await asyncio.to_thread(self._world.valkey.kill)
            await asyncio.sleep(away)
            await asyncio.to_thread(self._world.valkey.start)

    async def flush_broker(self) -> None:
        async with self._alone("broker"):
            await asyncio.to_thread(self._world.valkey.flush)

    async def pause_broker(self, seconds: float) -> None:
        async with self._alone("broker"):
            self._world.valkey.pause()
            await asyncio.sleep(seconds)
            self._world.valkey.resume()

    async def restart_database(self, mode: str, away: float) -> None:
        assert self._world.postgresql
        async with self._alone("database"):
            await asyncio.to_thread(self._world.postgresql.stop, mode)
            await asyncio.sleep(away)
            await asyncio.to_thread(self._world.postgresql.start)

    async def cut_connections(self, server: int) -> None:
        self._world.relays[server].cut()

    async def leave_connections_half_open(self, server: int) -> None:
        self._world.relays[server].fall_silent()

    async def send_burst(self, events: int) -> None:
        await self._errand("burst", events)

    async def commit_late(self, seconds: float) -> None:
        await self._errand("late", seconds)

    async def forge(self) -> None:
        await self._world.wiretap.forge()

    async def double(self) -> None:
        await self._world.wiretap.double()

    async def reorder(self) -> None:
        await self._world.wiretap.reorder()

    async def prune(self, keep: float) -> None:
        """All but this share of everything that there ever was."""
        before = int(await self._world.records.head() * (1 - keep)) + 1
        if before > self._world.records.pruned:
            await self._world.records.keep_before_pruning(before)
            await self._errand("prune", before)

    async def _errand(self, kind: str, argument: Any) -> None:
        """A process that does one thing, and ends."""
        self._errands += 1
        process = self._world.start(kind, f"{kind}{self._errands}", str(argument))
        try:
            await asyncio.to_thread(process.wait, ERRAND_SECONDS)
        finally:
            process.kill()

    def _alone(self, target: str) -> asyncio.Lock:
        return self._locks.setdefault(target, asyncio.Lock())


Deed = Callable[..., Awaitable[None]]
DEEDS: dict[str, Deed] = {
    "kill an emitter": Faults.kill_emitter,
    "end an emitter between commit and publishing": Faults.end_emitter_after_a_commit,
    "kill a server": Faults.kill_server,
    "terminate a server": Faults.terminate_server,
    "stop and continue a process": Faults.pause,
    "kill the broker": Faults.kill_broker,
    "flush the broker": Faults.flush_broker,
    "pause the broker": Faults.pause_broker,
    "restart the database": Faults.restart_database,
    "cut the clients' connections": Faults.cut_connections,
    "leave connections half open": Faults.leave_connections_half_open,
    "send a burst": Faults.send_burst,
    "commit late": Faults.commit_late,
    "forge messages": Faults.forge,
    "double messages": Faults.double,
    "reorder messages": Faults.reorder,
    "prune": Faults.prune,
}
