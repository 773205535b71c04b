"""Latency: how long one event takes to 100 clients, at a rate that leaves everybody time. `make bench-latency`, or

    python -m benchmarks.latency [--clients 100] [--rate 50] [--seconds 8] [--systems signalcast nchan] [--json path]

The publisher sends each event when it is due, wherever the clients are. The clock of an event runs from right before it
is handed over until a client has read it. Ours has two rows: from before an application's `send()`, which appends and
commits, and from when the event, numbered, is handed to the channel layer, which is what others begin with.

The exit status is 1 if anything of ours was lost, doubled or out of order, never because it was slow.
"""

import argparse
import sys
from collections.abc import Iterator

from .command import parser, report, systems
from .report import Column, Row
from .run import run
from .systems import System

# What an event's clock starts with, and the publisher that starts it so.
STARTS = {"signalcast": {"group": "signalcast-group", "append": "signalcast-append"}}


def measure(system: System, chosen: argparse.Namespace) -> Iterator[Row]:
    """A row for each start of the clock, each of a run on a server of its own."""
    for start, publisher in STARTS.get(system.name, {"hand-over": system.name}).items():
        print(f"{system.name}, from {start} ...", file=sys.stderr, flush=True)
        events = chosen.rate * chosen.seconds
        row = run(system, clients=chosen.clients, events=events, rate=chosen.rate, publisher=publisher)
        yield {"bench": "latency", "from": start, "rate": chosen.rate} | row


COLUMNS: list[Column] = [
    ("system", lambda row: row["system"]),
    ("from", lambda row: row["from"]),
    ("clients", lambda row: f"{row['clients']:,}"),
    ("events/s", lambda row: f"{row['rate']:,}"),
    ("events", lambda row: f"{row['events']:,}"),
    ("p50 ms", lambda row: f"{row['p50_ms']:.2f}"),
    ("p99 ms", lambda row: f"{row['p99_ms']:.2f}"),
    ("lost", lambda row: f"{row['lost']:,}"),
    ("seconds", lambda row: f"{row['wall_s']:.1f}"),
    ("server's core", lambda row: f"{row['server_cpu_s'] / max(row['wall_s'], 0.01):.0%}"),
]


def main() -> int:
    words = parser("latency")
    words.add_argument("--clients", type=int, default=100)
    words.add_argument("--rate", type=int, default=50, help="events a second")
    words.add_argument("--seconds", type=int, default=8)
    chosen = words.parse_args()
    return report((row for system in systems(chosen) for row in measure(system, chosen)), COLUMNS, chosen)


if __name__ == "__main__":
    sys.exit(main())
