"""Fan-out: what one event to many clients costs the server. `make bench-fanout`, or

    python -m benchmarks.fanout [--clients 100 1000] [--systems signalcast nats-server] [--json path]

Each system delivers the same lines as fast as it can without running away from its slowest client: publishers wait
while they are more than AHEAD events ahead. What counts is the processor time of the server's process, from before the
first event was published until the last client had the last one, so nothing is left in a buffer when the clock stops.

The exit status is 1 if anything was lost, doubled or out of order, never because it was slow.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import cores
from .ledger import Ledger
from .load import build, load
from .report import Row, table, write
from .systems import ROOT, Running, System, installed

# As much as a client of ours may leave unacknowledged. Everything is then still in the ring.
AHEAD = 4000
# Few clients take more than a publisher can send in a while.
LEAST_EVENTS = 50
MOST_EVENTS = 200_000
# What connecting leaves behind is done with after that.
SETTLE_SECONDS = 1.5


def measure(system: System, clients: int) -> Row:
    """One run on a server of its own."""
    events = min(max(LEAST_EVENTS, system.deliveries // clients), MOST_EVENTS)
    with TemporaryDirectory(prefix="signalcast-benchmark-") as folder, system.running() as running:
        ledger = Path(folder) / "ledger"
        Ledger.create(ledger, events)
        with _publisher(system, running, events, ledger) as publisher:
            try:
                return {"bench": "fanout", "system": system.name} | _run(running, publisher, clients, events, ledger)
            finally:
                publisher.kill()


def _run(running: Running, publisher: "subprocess.Popen[str]", clients: int, events: int, ledger: Path) -> Row:
    followers = load(
        running.dialect,
        running.port,
        running.path,
        clients=clients,
        events=events,
        ledger=ledger,
        headers=running.headers,
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
    return _row(heard, cpu)


def _row(heard: dict[str, Any], cpu: float) -> Row:
    figures = {
        "deliveries_per_cpu_s": round(heard["received"] / max(cpu, 0.01)),
        "server_cpu_s": round(cpu, 2),
        "client_cpu_s": heard.pop("cpu_s"),
    }
    return heard | figures


def _publisher(system: System, running: Running, events: int, ledger: Path) -> "subprocess.Popen[str]":
    words = [system.name, str(running.publish_port), str(events), str(AHEAD), str(ledger)]
    with cores.on(cores.REST):
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.publish", *words],
            cwd=ROOT,
            env=os.environ | running.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def is_whole(row: Row) -> bool:
    return not (row["lost"] or row["doubled"] or row["out_of_order"])


def show(rows: list[Row]) -> str:
    ours = {row["clients"]: row["deliveries_per_cpu_s"] for row in rows if row["system"] == "signalcast"}

    def ratio(row: Row) -> str:
        own = ours.get(row["clients"])
        return f"{row['deliveries_per_cpu_s'] / own:.3g}" if own else "-"

    return table(
        rows,
        [
            ("system", lambda row: row["system"]),
            ("clients", lambda row: f"{row['clients']:,}"),
            ("events", lambda row: f"{row['events']:,}"),
            ("deliveries/CPU s", lambda row: f"{row['deliveries_per_cpu_s']:,}"),
            ("to ours", ratio),
            ("to a frame", lambda row: f"{row['received'] / row['frames']:.0f}"),
            ("p50 ms", lambda row: f"{row['p50_ms']:.1f}"),
            ("p99 ms", lambda row: f"{row['p99_ms']:.1f}"),
            ("lost", lambda row: f"{row['lost']:,}"),
            ("seconds", lambda row: f"{row['wall_s']:.1f}"),
            ("server's core", lambda row: _share(row["server_cpu_s"], row)),
            ("client's", lambda row: _share(row["client_cpu_s"], row)),
        ],
    )


def _share(cpu: float, row: Row) -> str:
    return f"{cpu / max(row['wall_s'], 0.01):.0%}"


def main() -> int:
    systems = {system.name: system for system in installed()}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fanout")
    parser.add_argument("--clients", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--systems", nargs="+", choices=systems, default=list(systems))
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    chosen = parser.parse_args()
    build()
    rows: list[Row] = []
    for clients in chosen.clients:
        for name in chosen.systems:
            print(f"{name}, {clients:,} clients ...", file=sys.stderr, flush=True)
            rows.append(measure(systems[name], clients))
    print(show(rows))
    if chosen.json:
        write(rows, chosen.json)
    return 0 if all(map(is_whole, rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
