"""Memory: what a client that only listens weighs in the server's process. `make bench-memory`, or

    python -m benchmarks.memory [--clients 1000] [--systems signalcast ...] [--json path]

The server is weighed when some have come and gone, so that what it loads and keeps for its first clients is there;
ours has read its log to one of them, too. Then all come, nothing is sent, and it is weighed again.

The exit status is 1 if a client of ours was refused, never because it was heavy.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import postgresql, valkey

from . import cores, history, weight
from .arrivals import arrivals
from .command import parser, report, systems
from .ledger import Ledger
from .load import load
from .report import Column, Row
from .systems import Running, System, ours, prepared

CLIENTS = 1000
# So many come and go before, and are on their way at once.
VISITORS = 20
HISTORY = 2000
SETTLE_SECONDS = 3.0


def measure(system: System, clients: int) -> Row:
    """One run on a server of its own."""
    print(f"{system.name} ...", file=sys.stderr, flush=True)
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


def everybody_came(row: Row) -> bool:
    return row["system"] != "signalcast" or row["refused"] == 0


COLUMNS: list[Column] = [
    ("system", lambda row: row["system"]),
    ("clients", lambda row: f"{row['clients']:,}"),
    ("KB a client", lambda row: f"{row['kb_per_client']:.1f}"),
    ("RSS MB before", lambda row: f"{row['rss_before_kb'] / 1024:.1f}"),
    ("after", lambda row: f"{row['rss_after_kb'] / 1024:.1f}"),
    ("refused", lambda row: f"{row['refused']:,}"),
]


def main() -> int:
    words = parser("memory")
    words.add_argument("--clients", type=int, default=CLIENTS)
    chosen = words.parse_args()
    rows = (measure(system, chosen.clients) for system in systems(chosen))
    return report(rows, COLUMNS, chosen, everybody_came)


if __name__ == "__main__":
    sys.exit(main())
