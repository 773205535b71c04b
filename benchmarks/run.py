"""One run: a system of its own, clients that follow it, a publisher, and what the server had of its processor."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import cores
from .ledger import Ledger
from .load import load
from .report import Row
from .systems import ROOT, Running, System

# What connecting leaves behind is done with after that.
SETTLE_SECONDS = 1.5


def run(
    system: System, *, clients: int, events: int, ahead: int | None = None, rate: int = 0, publisher: str = ""
) -> Row:
    """What was heard, and what it cost from before the first event was published until the last client had the last.

    A publisher waits while it is `ahead` events ahead of the slowest client (None: it never looks), and sends `rate`
    events a second (0: as fast as it can).
    """
    ahead = events if ahead is None else ahead
    with TemporaryDirectory(prefix="signalcast-benchmark-") as folder, system.running() as running:
        ledger = Path(folder) / "ledger"
        Ledger.create(ledger, events)
        words = [publisher or system.name, running.publish_port, events, ahead, ledger, rate]
        with publishing(running, [str(word) for word in words]) as process:
            try:
                return {"system": system.name} | _run(running, process, clients, events, ledger, system.silence)
            finally:
                process.kill()


def is_whole(row: Row) -> bool:
    """Ours may lose nothing. What others lose stands in their row."""
    return row["system"] != "signalcast" or not (row["lost"] or row["doubled"] or row["out_of_order"])


def _run(
    running: Running, publisher: "subprocess.Popen[str]", clients: int, events: int, ledger: Path, silence: int
) -> Row:
    followers = load(
        running.dialect,
        running.port,
        running.path,
        clients=clients,
        events=events,
        ledger=ledger,
        headers=running.headers,
        silence=silence,
    )
    with followers as following:
        following.wait_until_ready()
        if not publisher.stdout.readline():
            raise SystemExit("The publisher has given up; see above.")
        time.sleep(SETTLE_SECONDS)
        before = cores.cpu_seconds(running.pid)
        publisher.stdin.close()
        heard = following.result()
        cpu = cores.cpu_seconds(running.pid) - before
    if publisher.poll():
        raise SystemExit("The publisher has given up; see above.")
    return _row(heard, cpu)


def _row(heard: dict[str, Any], cpu: float) -> Row:
    figures = {
        "deliveries_per_cpu_s": round(heard["received"] / max(cpu, 0.01)),
        "server_cpu_s": round(cpu, 2),
        "client_cpu_s": heard.pop("cpu_s"),
    }
    return heard | figures


def publishing(running: Running, words: list[str]) -> "subprocess.Popen[str]":
    with cores.on(cores.REST):
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.publish", *words],
            cwd=ROOT,
            env=os.environ | running.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
