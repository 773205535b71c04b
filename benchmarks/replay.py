"""Replay: what it costs to read the log, for one client that wants all of it, and for many that come back at once.

    python -m benchmarks.replay [--events 1000000] [--clients 1000] [--json path]

The log is written before the server starts, so the server's ring is empty, and every event comes from the database.
One client asks for everything from position 1 on; then, of another server and a shorter log, a thousand ask for all
that there is from one position. Their clock runs from before they connect until the last one has the last event.

The exit status is 1 if anything was lost, doubled or out of order, never because it was slow.
"""

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from websockets.sync.client import connect

from tests import postgresql

from . import cores, history, weight
from .ledger import Ledger
from .load import build, load
from .report import Row, table, write
from .run import is_whole
from .systems import Running, ours, prepared

EVENTS = 1_000_000
CLIENTS = 1000
# More than the ring and the pages that are kept hold of the log, so that clients which stray too far cost a read.
BEHIND = 20_000
DATABASES = ("postgresql", "sqlite")


def measure(database: str, clients: int, events: int) -> Row:
    with ExitStack() as services:
        folder = Path(services.enter_context(TemporaryDirectory(prefix="signalcast-benchmark-")))
        with cores.on(cores.REST):
            url = _started(services, database, folder)
            # Without a Redis there is no group, and nothing here needs one.
            environment = prepared(DATABASE_URL=url, REDIS_URL="")
            history.write(url, events)
        reads = _count_reads(url) if database == "postgresql" else None
        with ExitStack() as stack:
            row = _replay(ours(stack, environment), clients, events, folder / "ledger")
        if reads:
            # Now that the server's connections are closed, PostgreSQL has counted everything.
            row |= reads()
    return {"bench": "replay", "system": "signalcast", "database": database} | row


def _started(services: ExitStack, database: str, folder: Path) -> str:
    if database == "postgresql":
        return services.enter_context(postgresql.server())
    return f"sqlite:///{folder}/db.sqlite3"


def _replay(running: Running, clients: int, events: int, path: Path) -> Row:
    Ledger.create(path, events)
    ledger = Ledger(path)
    ledger.note(1, events + 1)
    _greet(running)
    weighed = weight.now(running.pid)
    before, began = cores.cpu_seconds(running.pid), time.monotonic()
    with (
        weight.Scales(running.pid, lambda: ledger.slowest) as scales,
        load(
            running.dialect,
            running.port,
            running.path,
            clients=clients,
            events=events,
            ledger=path,
            headers=running.headers,
        ) as following,
    ):
        following.wait_until_ready()
        heard = following.result()
        took = time.monotonic() - began
        cpu = cores.cpu_seconds(running.pid) - before
    return _row(heard, cpu) | {
        "wall_s": round(took, 3),
        "rss_before_mb": round(weighed / 1024, 1),
        "rss_tenth_mb": round(_first_tenth(scales, events) / 1024, 1),
        "rss_max_mb": round(scales.most() / 1024, 1),
    }


def _greet(running: Running) -> None:
    """Somebody comes and goes: what a server loads and connects for its first client is there."""
    headers = dict(header.split(": ", 1) for header in running.headers)
    url = f"ws://127.0.0.1:{running.port}{running.path}"
    with connect(url, additional_headers=headers, subprotocols=["signalcast.v1"], compression=None) as socket:
        socket.send('{"op":"hello"}')
        assert '"op":"welcome"' in socket.recv(timeout=30)


def _first_tenth(scales: weight.Scales, events: int) -> int:
    return max(kilobytes for progress, kilobytes in scales.weights if progress <= events // 10)


def _row(heard: dict[str, Any], cpu: float) -> Row:
    # How long an event was on its way says nothing where all of them are old.
    for meaningless in ("p50_ms", "p99_ms"):
        del heard[meaningless]
    figures = {
        "deliveries_per_cpu_s": round(heard["received"] / max(cpu, 0.01)),
        "server_cpu_s": round(cpu, 2),
        "client_cpu_s": heard.pop("cpu_s"),
    }
    return heard | figures


def _count_reads(url: str) -> Callable[[], Row]:
    """A function that tells what was read of the events' table since now, by connections that are closed."""

    def counted() -> tuple[int, int]:
        with psycopg.connect(url) as connection:
            found: tuple[int, int] = connection.execute(
                "SELECT idx_scan + seq_scan, idx_tup_fetch + seq_tup_read FROM pg_stat_user_tables"
                " WHERE relname = 'signalcast_event'"
            ).fetchone()
            return found

    before = counted()

    def since() -> Row:
        scans, rows = counted()
        return {"log_scans": scans - before[0], "log_rows": rows - before[1]}

    return since


def show(rows: list[Row]) -> str:
    return table(
        rows,
        [
            ("database", lambda row: row["database"]),
            ("clients", lambda row: f"{row['clients']:,}"),
            ("events", lambda row: f"{row['events']:,}"),
            ("deliveries/CPU s", lambda row: f"{row['deliveries_per_cpu_s']:,}"),
            ("seconds", lambda row: f"{row['wall_s']:.1f}"),
            ("lost", lambda row: f"{row['lost']:,}"),
            ("scans", lambda row: f"{row['log_scans']:,}" if "log_scans" in row else "-"),
            ("each read", lambda row: f"{row['log_rows'] / row['events']:.2f} x" if "log_rows" in row else "-"),
            ("RSS MB before", lambda row: f"{row['rss_before_mb']:.0f}"),
            ("a tenth in", lambda row: f"{row['rss_tenth_mb']:.0f}"),
            ("most", lambda row: f"{row['rss_max_mb']:.0f}"),
            ("server's core", lambda row: f"{row['server_cpu_s'] / max(row['wall_s'], 0.01):.0%}"),
        ],
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay")
    parser.add_argument("--events", type=int, default=EVENTS, help="how many one client replays")
    parser.add_argument("--clients", type=int, default=CLIENTS, help=f"how many come back at once, {BEHIND:,} behind")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=list(DATABASES))
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    chosen = parser.parse_args()
    build()
    rows: list[Row] = []
    for clients, events in ((1, chosen.events), (chosen.clients, BEHIND)):
        for database in chosen.databases:
            print(f"{database}, {clients:,} clients ...", file=sys.stderr, flush=True)
            rows.append(measure(database, clients, events))
    print(show(rows))
    if chosen.json:
        write(rows, chosen.json)
    return 0 if all(map(is_whole, rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
