"""One campaign on one database: business goes on, things break, and at the end all is held against the log."""

import asyncio
import logging
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import django
from django.core.management import call_command

from tests import postgresql, valkey

from .audit import Evidence, Violation, audit
from .faults import Faults
from .schedule import GENTLE, Fault, schedule
from .world import World

# Seconds without any progress after which what is missing counts as lost.
PATIENCE = 30.0
PATIENCE_WITH_A_MUTANT = 5.0
THREADS = 64
BEGIN_SECONDS = 60.0


def campaign(
    database: str, *, seconds: float, seed: int, mutant: str = ""
) -> tuple[Sequence[Fault], Evidence, list[Violation]]:
    """Run it in this process, which must not have been set up for Django yet."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="signalcast-chaos-")))
        broker = stack.enter_context(valkey.server())
        server = stack.enter_context(postgresql.started()) if database == "postgresql" else None
        os.environ["DATABASE_URL"] = server.url if server else f"sqlite:///{folder / 'chaos.sqlite3'}"
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.chaos.settings"
        # Whoever judges is no mutant.
        os.environ.pop("MUTANT", None)
        django.setup()
        # The servers' logs have theirs; here only the wiretap would complain, of what is done to its broker.
        logging.disable()
        call_command("migrate", verbosity=0)
        faults = schedule(seed, seconds, database, GENTLE if mutant else ())

        async def run() -> tuple[Evidence, list[Violation]]:
            # Each process is waited for in a thread; a fault must not have to wait for one.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
            world = World(
                valkey=broker,
                postgresql=server,
                folder=folder,
                seed=str(seed),
                mutant=mutant,
                away=min(12, seconds / 4),
            )
            async with world.running():
                async with asyncio.timeout(BEGIN_SECONDS):
                    await world.business_has_begun()
                await _break(world, faults, seconds)
                await world.end_business()
                await world.settle(PATIENCE_WITH_A_MUTANT if mutant else PATIENCE)
                evidence = await world.evidence()
            return evidence, audit(evidence)

        evidence, violations = asyncio.run(run())
        return faults, evidence, violations


async def _break(world: World, faults: Sequence[Fault], seconds: float) -> None:
    """Each fault in its time; whatever is still broken at the end is waited for."""
    clock = asyncio.get_running_loop().time
    began, happen = clock(), Faults(world).happen
    async with asyncio.TaskGroup() as happening:
        for fault in faults:
            await asyncio.sleep(max(0.0, began + fault.at - clock()))
            happening.create_task(happen(fault))
        await asyncio.sleep(max(0.0, began + seconds - clock()))
