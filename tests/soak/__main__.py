"""Memory stays flat, and nobody waits for the slow: `make soak`, or `python -m tests.soak SECONDS`.

A real `manage.py serve` with a PostgreSQL and a Valkey, and a process that sends 2,000 events of 1 KB a second. First
only clients that keep up are there, then 200 slow ones as well, and one of each dialect that reads nothing.

The exit status is 1 if the server grew by 30 MB, or if a client that keeps up missed an event, or got one twice or out
of order. That a machine is slow is no failure: the pace that was reached is shown, and what became of the latency.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from tests import postgresql, valkey  # noqa: E402
from tests.integration.program import manage  # noqa: E402
from tests.integration.server import ROOT, Server  # noqa: E402

from .emitter import Emitter  # noqa: E402
from .fast import Fast, FastPlain  # noqa: E402

RATE = 2000
# More than the ring holds, in events and bytes.
WARM_UP = 20_000
# More than the kernel holds for one of them: some 3 MB on loopback.
FILLING = 6000
MOST_MB = 30
SETTLE_SECONDS = 60
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DEBUG": "0",
    "SECRET_KEY": "a key that all processes of the soak share, and nobody else",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What was seen while events were sent at one pace, to one audience."""

    name: str
    rate: float
    transactions: float
    p50: float
    p99: float
    rss: list[int]


class Soak:
    def __init__(self, server, emitter):
        self.server = server
        self.emitter = emitter
        self.fast = [Fast(), Fast(), Fast(), FastPlain()]
        self.sent = 0

    @property
    def faults(self):
        missing = [
            f"{self.sent + 1 - each.position} events never came" for each in self.fast if each.position <= self.sent
        ]
        return [fault for each in self.fast for fault in each.faults] + missing

    async def phase(self, name, count, rate):
        before = [len(each.took) for each in self.fast]
        rss = [self.server.status("VmRSS")]
        sending = asyncio.create_task(asyncio.to_thread(self.emitter.send, count, rate))
        while not sending.done():
            await asyncio.wait([sending], timeout=1)
            rss.append(self.server.status("VmRSS"))
        self.sent += count
        await self.settle()
        rss.append(self.server.status("VmRSS"))
        took = sorted(seconds for each, start in zip(self.fast, before, strict=True) for seconds in each.took[start:])
        sent = sending.result()
        return Phase(
            name=name,
            rate=sent.rate,
            transactions=sent.transactions / sent.seconds,
            p50=took[len(took) // 2],
            p99=took[len(took) * 99 // 100],
            rss=rss,
        )

    async def settle(self):
        """Until everybody who keeps up has everything."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while any(each.position <= self.sent for each in self.fast):
                    await asyncio.sleep(0.05)
        except TimeoutError:  # It is told as a fault of those who wait.
            return


async def soak(server, emitter, seconds):
    soak = Soak(server, emitter)
    # They replay what came before them: then the ring is full, and whatever is kept of the log is kept.
    await asyncio.to_thread(emitter.send, WARM_UP, RATE * 10)
    soak.sent = WARM_UP
    following = [asyncio.create_task(each.follow(server, emitter.session)) for each in soak.fast]
    await soak.settle()
    alone = await soak.phase("keeping up alone", RATE * seconds // 2, RATE)
    with crowd(server, emitter.session) as others:
        await asyncio.to_thread(others.stdout.readline)
        # As long as the kernel takes what is sent to them, nobody can tell that they are slow.
        filling = await soak.phase("as others fall back", FILLING, RATE)
        among = await soak.phase("among 200 slow", RATE * seconds, RATE)
        buffers = await asyncio.to_thread(ask, server)
        others.stdin.close()
        sent_away = int(await asyncio.to_thread(others.stdout.readline))
    lost = [repr(task.exception()) for task in following if task.done()]
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    print(buffers)
    return report([alone, filling, among], sent_away, lost + soak.faults)


def ask(server):
    """What the server says of its buffers."""
    with urllib.request.urlopen(f"{server.origin}/readyz?verbose", timeout=SETTLE_SECONDS) as answer:
        return answer.read().decode()


@contextmanager
def crowd(server, session):
    command = [sys.executable, "-m", "tests.soak.crowd", str(server.port), session]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def report(phases, sent_away, faults):
    alone, filling, among = phases
    print(f"{'':20} {'events/s':>9} {'commits/s':>9} {'p50 ms':>8} {'p99 ms':>8} {'RSS MB':>15}")
    for each in phases:
        rss = f"{each.rss[0] / 1024:.0f} … {max(each.rss) / 1024:.0f}"
        row = f"{each.rate:9,.0f} {each.transactions:9,.0f} {each.p50 * 1000:8.1f} {each.p99 * 1000:8.1f} {rss:>15}"
        print(f"{each.name:20} {row}")
    # Since all had come: what a connection costs is another matter. While the kernel still takes what is sent to them,
    # there may be a batch for each between two turns of a busy loop, for a moment: that is shown.
    grown = (max(among.rss) - filling.rss[0]) / 1024
    print(f"The server grew by {grown:.1f} MB, of {MOST_MB}; p99 is {among.p99 / alone.p99:.1f} times what it was.")
    print(
        f"Slow clients sent away: {sent_away}. Faults of clients that keep up: {len(faults)}.", *faults[:10], sep="\n  "
    )
    return 1 if faults or grown >= MOST_MB else 0


def main(seconds=60):
    with (
        postgresql.server() as database_url,
        valkey.server() as layer,
        tempfile.TemporaryDirectory(prefix="signalcast-soak-") as folder,
    ):
        environment = ENVIRONMENT | {"REDIS_URL": layer.url}
        said, complaints, status = manage("migrate", "--verbosity", "0", database_url=database_url)
        assert status == 0, complaints
        server = Server("ours", database_url, Path(folder) / "server.txt", **environment)
        server.start()
        emitter = Emitter(database_url, **environment)
        try:
            return asyncio.run(soak(server, emitter, int(seconds)))
        finally:
            emitter.stop()
            server.stop()
            print(server.output)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
