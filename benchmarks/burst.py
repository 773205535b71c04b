"""A burst: 5,000 events as fast as they can be sent, wherever the clients are. `make bench-burst`, or

    python -m benchmarks.burst [--clients 50] [--events 5000] [--systems signalcast channels-core] [--json path]

What share of them arrived, and how long it took from the first event's being sent until the last client had the last
one that it ever got.

The exit status is 1 if anything of ours was lost, doubled or out of order, never because it was slow.
"""

import argparse
import sys
from math import floor

from .command import parser, report, systems
from .report import Column, Row
from .run import run
from .systems import System


def measure(system: System, chosen: argparse.Namespace) -> Row:
    print(f"{system.name} ...", file=sys.stderr, flush=True)
    row = run(system, clients=chosen.clients, events=chosen.events)
    return {"bench": "burst", "arrived": row["received"] / (row["clients"] * row["events"])} | row


COLUMNS: list[Column] = [
    ("system", lambda row: row["system"]),
    ("clients", lambda row: f"{row['clients']:,}"),
    ("events", lambda row: f"{row['events']:,}"),
    # Nothing but all of it is 100 %.
    ("arrived", lambda row: f"{floor(row['arrived'] * 1000) / 1000:.1%}"),
    ("lost", lambda row: f"{row['lost']:,}"),
    ("took ms", lambda row: f"{row['took_ms']:,.0f}"),
    ("deliveries/CPU s", lambda row: f"{row['deliveries_per_cpu_s']:,}"),
    ("p50 ms", lambda row: f"{row['p50_ms']:.0f}"),
    ("p99 ms", lambda row: f"{row['p99_ms']:.0f}"),
]


def main() -> int:
    words = parser("burst")
    words.add_argument("--clients", type=int, default=50)
    words.add_argument("--events", type=int, default=5000)
    chosen = words.parse_args()
    return report((measure(system, chosen) for system in systems(chosen)), COLUMNS, chosen)


if __name__ == "__main__":
    sys.exit(main())
