"""Memory: what a client that only listens weighs in the server's process. `make bench-memory`, or

    python -m benchmarks.memory [--clients 1000] [--systems signalcast ...] [--json path]

The server is weighed when some have come and gone, so that what it loads and keeps for its first clients is there;
ours has read its log to one of them, too. Then all come, nothing is sent, and it is weighed again.

The exit status is 1 if a client of ours was refused, never because it was heavy.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import postgresql, valkey

from . import cores, history, weight
from .arrivals import arrivals
from .ledger import Ledger
from .load import build, load
from .report import Row, table, write
from .systems import Running, System, installed, ours, prepared

CLIENTS = 1000
# So many come and go before, and are on their way at once.
VISITORS = 20
HISTORY = 2000
SETTLE_SECONDS = 3.0


def measure(system: System, clients: int) -> Row:
    """One run on a server of its own."""
    with _visited(system) as running:
        before = weight.now(running.pid)
        with arrivals(running, clients, VISITORS) as heard:
            time.sleep(SETTLE_SECONDS)
            after = weight.now(running.pid)
    return {
        "bench": "memory",
        "system": system.name,
        "clients": clients,
        "refused": heard["refused"],
        "rss_before_kb": before,
        "rss_after_kb": after,
        "kb_per_client": round((after - before) / max(heard["arrived"], 1), 1),
    }


@contextmanager
def _visited(system: System) -> Iterator[Running]:
    with ExitStack() as stack:
        running = _with_history(stack) if system.name == "signalcast" else system.start(stack)
        with arrivals(running, VISITORS, VISITORS):
            pass
        time.sleep(SETTLE_SECONDS)
        yield running


def _with_history(stack: ExitStack) -> Running:
    """Ours, when it has read its log to somebody."""
    with cores.on(cores.REST):
        url, layer = stack.enter_context(postgresql.server()), stack.enter_context(valkey.server())
        environment = prepared(DATABASE_URL=url, REDIS_URL=layer.url)
        history.write(url, HISTORY)
    running = ours(stack, environment)
    with TemporaryDirectory(prefix="signalcast-benchmark-") as folder:
        path = Path(folder) / "ledger"
        Ledger.create(path, HISTORY)
        Ledger(path).note(1, HISTORY + 1)
        where = (running.dialect, running.port, running.path)
        with load(*where, clients=1, events=HISTORY, ledger=path, headers=running.headers) as reader:
            reader.wait_until_ready()
            reader.result()
    return running


def is_whole(row: Row) -> bool:
    return row["system"] != "signalcast" or row["refused"] == 0


def show(rows: list[Row]) -> str:
    return table(
        rows,
        [
            ("system", lambda row: row["system"]),
            ("clients", lambda row: f"{row['clients']:,}"),
            ("KB a client", lambda row: f"{row['kb_per_client']:.1f}"),
            ("RSS MB before", lambda row: f"{row['rss_before_kb'] / 1024:.1f}"),
            ("after", lambda row: f"{row['rss_after_kb'] / 1024:.1f}"),
            ("refused", lambda row: f"{row['refused']:,}"),
        ],
    )


def main() -> int:
    systems = {system.name: system for system in installed()}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--systems", nargs="+", choices=systems, default=list(systems))
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    chosen = parser.parse_args()
    build()
    rows: list[Row] = []
    for name in chosen.systems:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows.append(measure(systems[name], chosen.clients))
    print(show(rows))
    if chosen.json:
        write(rows, chosen.json)
    return 0 if all(map(is_whole, rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
