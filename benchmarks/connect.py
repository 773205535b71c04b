"""Connecting: what a new client costs the server, one after the other and in a storm. `make bench-connect`, or

    python -m benchmarks.connect [--clients 2000] [--in-flight 500] [--systems signalcast ...] [--json path]

One after the other, the next client leaves when the last one has arrived; in a storm, so many are on their way at any
moment. What counts is the processor time of the server's process, from before the first one until the last one has
arrived and what connecting leaves behind is done.

The exit status is 1 if a client of ours was refused, never because it was slow.
"""

import sys
import time
from collections.abc import Iterator

from . import cores
from .arrivals import arrivals
from .command import parser, report, systems
from .report import Column, Row
from .systems import System

CLIENTS = 2000
IN_FLIGHT = 500
# So many one after the other are enough.
ALONE = 500
# What connecting leaves behind is done with after that.
SETTLE_SECONDS = 1.5


def measure(system: System, clients: int, in_flight: int) -> Row:
    """One run on a server of its own, that somebody has visited before."""
    print(f"{system.name}, {in_flight:,} at once ...", file=sys.stderr, flush=True)
    with system.running() as running:
        with arrivals(running, 1, 1):
            pass
        time.sleep(SETTLE_SECONDS)
        before = cores.cpu_seconds(running.pid)
        with arrivals(running, clients, in_flight) as heard:
            time.sleep(SETTLE_SECONDS)
            cpu = cores.cpu_seconds(running.pid) - before
    figures = {
        "in_flight": in_flight,
        "connects_per_s": round(heard["arrived"] / max(heard["wall_s"], 0.001)),
        "connects_per_cpu_s": round(heard["arrived"] / max(cpu, 0.01)),
        "server_cpu_s": round(cpu, 2),
    }
    return {"bench": "connect", "system": system.name} | heard | figures


def measure_all(systems: list[System], clients: int, in_flight: int) -> Iterator[Row]:
    """With the share of ours in the same weather, where that was measured before."""
    for count, at_once in ((ALONE, 1), (clients, in_flight)):
        ours = 0
        for system in systems:
            row = measure(system, count, at_once)
            ours = row["connects_per_cpu_s"] if system.name == "signalcast" else ours
            yield row | ({"to_ours": row["connects_per_cpu_s"] / ours} if ours else {})


def everybody_came(row: Row) -> bool:
    return row["system"] != "signalcast" or row["refused"] == 0


COLUMNS: list[Column] = [
    ("system", lambda row: row["system"]),
    ("clients", lambda row: f"{row['clients']:,}"),
    ("in flight", lambda row: f"{row['in_flight']:,}"),
    ("connects/CPU s", lambda row: f"{row['connects_per_cpu_s']:,}"),
    ("to ours", lambda row: f"{row['to_ours']:.3g}" if "to_ours" in row else "-"),
    ("connects/s", lambda row: f"{row['connects_per_s']:,}"),
    ("p50 ms", lambda row: f"{row['p50_ms']:.1f}"),
    ("p99 ms", lambda row: f"{row['p99_ms']:.1f}"),
    ("refused", lambda row: f"{row['refused']:,}"),
]


def main() -> int:
    words = parser("connect")
    words.add_argument("--clients", type=int, default=CLIENTS, help="how many a storm has")
    words.add_argument("--in-flight", type=int, default=IN_FLIGHT, help="how many of them at once")
    chosen = words.parse_args()
    rows = measure_all(systems(chosen), chosen.clients, chosen.in_flight)
    return report(rows, COLUMNS, chosen, everybody_came)


if __name__ == "__main__":
    sys.exit(main())
