"""Fan-out: what one event to many clients costs the server. `make bench-fanout`, or

    python -m benchmarks.fanout [--clients 100 1000] [--systems signalcast nats-server] [--json path]

Each system delivers the same lines as fast as it can without running away from its slowest client: publishers wait
while they are too far ahead of it. What counts is the processor time of the server's process, from before the
first event was published until the last client had the last one, so nothing is left in a buffer when the clock stops.

The exit status is 1 if anything of ours was lost, doubled or out of order, never because it was slow.
"""

import sys
from collections.abc import Iterator

from .command import parser, report, systems
from .report import Column, Row
from .run import run
from .systems import System

# Few clients take more than a publisher can send in a while.
LEAST_EVENTS = 50
MOST_EVENTS = 200_000


def measure(system: System, clients: int) -> Row:
    """One run on a server of its own."""
    print(f"{system.name}, {clients:,} clients ...", file=sys.stderr, flush=True)
    events = min(max(LEAST_EVENTS, system.deliveries // clients), MOST_EVENTS)
    return {"bench": "fanout"} | run(system, clients=clients, events=events, ahead=system.ahead)


def measure_all(systems: list[System], clients: list[int]) -> Iterator[Row]:
    """With the share of ours at the same number of clients, where that was measured before."""
    ours: dict[int, int] = {}
    for count in clients:
        for system in systems:
            row = measure(system, count)
            ours |= {count: row["deliveries_per_cpu_s"]} if system.name == "signalcast" else {}
            yield row | ({"to_ours": row["deliveries_per_cpu_s"] / ours[count]} if count in ours else {})


COLUMNS: list[Column] = [
    ("system", lambda row: row["system"]),
    ("clients", lambda row: f"{row['clients']:,}"),
    ("events", lambda row: f"{row['events']:,}"),
    ("deliveries/CPU s", lambda row: f"{row['deliveries_per_cpu_s']:,}"),
    ("to ours", lambda row: f"{row['to_ours']:.3g}" if "to_ours" in row else "-"),
    ("to a frame", lambda row: f"{row['received'] / max(row['frames'], 1):.0f}"),
    ("p50 ms", lambda row: f"{row['p50_ms']:.1f}"),
    ("p99 ms", lambda row: f"{row['p99_ms']:.1f}"),
    ("lost", lambda row: f"{row['lost']:,}"),
    ("seconds", lambda row: f"{row['wall_s']:.1f}"),
    ("server's core", lambda row: _share(row["server_cpu_s"], row)),
    ("client's", lambda row: _share(row["client_cpu_s"], row)),
]


def _share(cpu: float, row: Row) -> str:
    return f"{cpu / max(row['wall_s'], 0.01):.0%}"


def main() -> int:
    words = parser("fanout")
    words.add_argument("--clients", type=int, nargs="+", default=[100, 1000])
    chosen = words.parse_args()
    return report(measure_all(systems(chosen), chosen.clients), COLUMNS, chosen)


if __name__ == "__main__":
    sys.exit(main())
