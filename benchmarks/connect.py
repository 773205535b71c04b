"""Connecting: what a new client costs the server, one after the other and in a storm. `make bench-connect`, or

    python -m benchmarks.connect [--clients 2000] [--in-flight 500] [--systems signalcast ...] [--json path]

One after the other, the next client leaves when the last one has arrived; in a storm, so many are on their way at any
moment. What counts is the processor time of the server's process, from before the first one until the last one has
arrived and what connecting leaves behind is done.

The exit status is 1 if a client of ours was refused, never because it was slow.
"""

import argparse
import sys
import time
from pathlib import Path

from . import cores
from .arrivals import arrivals
from .report import Row, table, write
from .systems import System, installed

CLIENTS = 2000
IN_FLIGHT = 500
# So many one after the other are enough.
ALONE = 500
# What connecting leaves behind is done with after that.
SETTLE_SECONDS = 1.5


def measure(system: System, clients: int, in_flight: int) -> Row:
    """One run on a server of its own, that somebody has visited before."""
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


def is_whole(row: Row) -> bool:
    return row["system"] != "signalcast" or row["refused"] == 0


def show(rows: list[Row]) -> str:
    ours = {row["in_flight"]: row["connects_per_cpu_s"] for row in rows if row["system"] == "signalcast"}

    def ratio(row: Row) -> str:
        own = ours.get(row["in_flight"])
        return f"{row['connects_per_cpu_s'] / own:.3g}" if own else "-"

    return table(
        rows,
        [
            ("system", lambda row: row["system"]),
            ("clients", lambda row: f"{row['clients']:,}"),
            ("in flight", lambda row: f"{row['in_flight']:,}"),
            ("connects/CPU s", lambda row: f"{row['connects_per_cpu_s']:,}"),
            ("to ours", ratio),
            ("connects/s", lambda row: f"{row['connects_per_s']:,}"),
            ("p50 ms", lambda row: f"{row['p50_ms']:.1f}"),
            ("p99 ms", lambda row: f"{row['p99_ms']:.1f}"),
            ("refused", lambda row: f"{row['refused']:,}"),
        ],
    )


def main() -> int:
    systems = {system.name: system for system in installed()}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.connect")
    parser.add_argument("--clients", type=int, default=CLIENTS, help="how many a storm has")
    parser.add_argument("--in-flight", type=int, default=IN_FLIGHT, help="how many of them at once")
    parser.add_argument("--systems", nargs="+", choices=systems, default=list(systems))
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    chosen = parser.parse_args()
    rows: list[Row] = []
    for clients, in_flight in ((ALONE, 1), (chosen.clients, chosen.in_flight)):
        for name in chosen.systems:
            print(f"{name}, {in_flight:,} at once ...", file=sys.stderr, flush=True)
            rows.append(measure(systems[name], clients, in_flight))
    print(show(rows))
    if chosen.json:
        write(rows, chosen.json)
    return 0 if all(map(is_whole, rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
