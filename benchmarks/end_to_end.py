"""End to end: from `send()` in one process to the frame in another. `make bench-end-to-end`, or

    python -m benchmarks.end_to_end [--clients 100] [--seconds 4] [--databases postgresql sqlite] [--json path]

First 50 signals a second, and how long each took; then twice as many again and again, as long as nothing lags: every
event came, 99 % of them within LAG_MS, and the sender kept its pace. On PostgreSQL with Valkey, on SQLite with nothing.

The exit status is 1 if anything was lost, doubled or out of order, never because it was slow.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from .load import build
from .report import Column, Row, table, write
from .run import is_whole, run
from .systems import Running, System, installed, ours, prepared

RATE = 50
# Where the search begins, and where it would end.
LEAST = 250
MOST = 16_000
LAG_MS = 100
# A sender that needs longer than this does not keep its pace.
LATE = 1.1


def measure(database: str, clients: int, seconds: int) -> Iterator[Row]:
    row = _run(database, clients, RATE, 2 * seconds)
    yield row
    rate = LEAST
    while row["held"] and rate <= MOST:
        row = _run(database, clients, rate, seconds)
        yield row
        rate *= 2


def _run(database: str, clients: int, rate: int, seconds: int) -> Row:
    print(f"{database}, {rate:,} a second ...", file=sys.stderr, flush=True)
    system = System(name="signalcast", deliveries=0, start=START[database])
    row = run(system, clients=clients, events=rate * seconds, rate=rate, publisher="signalcast-append")
    in_time = row["p99_ms"] <= LAG_MS and row["wall_s"] <= LATE * seconds
    facts = {"bench": "end_to_end", "database": database, "rate": rate, "held": is_whole(row) and in_time}
    return facts | row


def _sqlite(stack: ExitStack) -> Running:
    """Without a broker: what is sent is seen through the log."""
    folder = stack.enter_context(TemporaryDirectory(prefix="signalcast-benchmark-"))
    return ours(stack, prepared(DATABASE_URL=f"sqlite:///{folder}/db.sqlite3", REDIS_URL=""))


START: dict[str, Callable[[ExitStack], Running]] = {"postgresql": installed()[0].start, "sqlite": _sqlite}
COLUMNS: list[Column] = [
    ("database", lambda row: row["database"]),
    ("clients", lambda row: f"{row['clients']:,}"),
    ("events/s", lambda row: f"{row['rate']:,}"),
    ("events", lambda row: f"{row['events']:,}"),
    ("p50 ms", lambda row: f"{row['p50_ms']:.1f}"),
    ("p99 ms", lambda row: f"{row['p99_ms']:.1f}"),
    ("lost", lambda row: f"{row['lost']:,}"),
    ("seconds", lambda row: f"{row['wall_s']:.1f}"),
    ("server's core", lambda row: f"{row['server_cpu_s'] / max(row['wall_s'], 0.01):.0%}"),
    ("held", lambda row: "yes" if row["held"] else "no"),
]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.end_to_end")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=4, help="of each rate")
    parser.add_argument("--databases", nargs="+", choices=START, default=list(START))
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    chosen = parser.parse_args()
    build()
    rows = [row for database in chosen.databases for row in measure(database, chosen.clients, chosen.seconds)]
    print(table(rows, COLUMNS))
    if chosen.json:
        write(rows, chosen.json)
    return 0 if all(map(is_whole, rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
