"""Scaling: what becomes of ours with more clients, more events, and a longer log. `make bench-scaling`, or

    python -m benchmarks.scaling [--parts clients rates rows] [--most-clients 10000] [--most-rate 10000]
        [--most-rows 10000000] [--json path]

Each part goes up in steps of ten. `clients` is the fan-out. In `rates` ten clients follow, and rows are copied into
PostgreSQL at a pace. In `rows` there is a log of that length, and what is done with it is timed: it should not matter.

The exit status is 1 if anything was lost, doubled or out of order, never because it was slow.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import postgresql

from . import cores, fanout, history
from .ledger import Ledger
from .load import build, load
from .report import Column, Row, table, write
from .systems import ROOT, Running, installed, ours, prepared
from .visitors import PAGE, VISITS, Visitors, typical

# What a process has open besides its clients.
OTHER_FILES = 100
FOLLOWERS = 10
# For each rate.
SECONDS = 10
LEAST_ROWS = 1000
DATABASES = ("postgresql", "sqlite")


def tens(least: int, most: int) -> Iterator[int]:
    while least <= most:
        yield least
        least *= 10


# -- Clients ---------------------------------------------------------------------------------------------------------


def measure_clients(most: int) -> Iterator[Row]:
    _open_files(most)
    for clients in tens(10, most):
        _say(f"{clients:,} clients")
        yield fanout.measure(installed()[0], clients) | {"bench": "scaling", "part": "clients"}


def _open_files(clients: int) -> None:
    """As many as are allowed, for the processes that are started from here."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < clients + OTHER_FILES:
        raise SystemExit(f"{clients:,} clients need as many open files; a process may have {most:,} (ulimit -Hn).")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


# -- Rates -----------------------------------------------------------------------------------------------------------


def measure_rates(most: int) -> Iterator[Row]:
    for rate in tens(1, most):
        _say(f"{rate:,} events a second")
        yield {"bench": "scaling", "part": "rates", "system": "signalcast", "rate": rate} | _at_a_rate(rate)


def _at_a_rate(rate: int) -> Row:
    events = rate * SECONDS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="signalcast-benchmark-")))
        running = stack.enter_context(installed()[0].running())
        Ledger.create(folder / "ledger", events)
        following = stack.enter_context(
            load(
                running.dialect,
                running.port,
                running.path,
                clients=FOLLOWERS,
                events=events,
                ledger=folder / "ledger",
                headers=running.headers,
            )
        )
        sender = stack.enter_context(_paced(running, rate, events, folder / "ledger"))
        stack.callback(sender.kill)
        following.wait_until_ready()
        sender.stdout.readline()
        before = cores.cpu_seconds(running.pid)
        sender.stdin.close()
        heard = following.result()
        took, used = map(float, sender.stdout.readline().split())
        cpu = cores.cpu_seconds(running.pid) - before
    return heard | {
        "wall_s": round(took, 2),
        "server_cpu_s": round(cpu, 2),
        "sender_cpu_s": round(used, 2),
        "client_cpu_s": heard.pop("cpu_s"),
    }


def _paced(running: Running, rate: int, events: int, ledger: Path) -> "subprocess.Popen[str]":
    with cores.on(cores.REST):
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.paced", str(rate), str(events), str(ledger)],
            cwd=ROOT,
            env=os.environ | running.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


# -- Rows ------------------------------------------------------------------------------------------------------------


def measure_rows(most: int, databases: list[str]) -> Iterator[Row]:
    for database in databases:
        for rows in tens(LEAST_ROWS, most):
            _say(f"{rows:,} rows, {database}")
            yield {"bench": "scaling", "part": "rows", "system": "signalcast", "database": database} | _at_length(
                database, rows
            )


def _at_length(database: str, rows: int) -> Row:
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="signalcast-benchmark-"))
        with cores.on(cores.REST):
            url = f"sqlite:///{folder}/db.sqlite3"
            if database == "postgresql":
                url = stack.enter_context(postgresql.server())
        environment = prepared(DATABASE_URL=url, REDIS_URL="")
        history.write(url, rows)
        costs = _costs(environment)
        visits = _visit(ours(stack, environment), rows)
    return {"rows": rows} | costs | visits | {"lost": costs["lost"] + visits["lost"]}


def _costs(environment: dict[str, str]) -> Row:
    with cores.on(cores.SERVER):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.costs"],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            check=True,
            timeout=600,
        )
    found: Row = json.loads(done.stdout)
    return found


def _visit(running: Running, rows: int) -> Row:
    visitors = Visitors(running)
    anywhere = random.Random(1)

    def somewhere() -> int:
        return anywhere.randint(1, rows - PAGE)

    visitors.begin_at(1)
    head = visitors.head
    return {
        "open_ms": typical([visitors.begin_at(somewhere()) for _ in range(VISITS)]),
        "page_ms": typical([visitors.turn_to(somewhere()) for _ in range(VISITS)]),
        "last_ms": typical([visitors.see_the_last(head) for _ in range(VISITS)]),
        "lost": visitors.lost,
    }


# -- The report ------------------------------------------------------------------------------------------------------


def _whole(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[name]:,.0f}"


def _fine(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[name]:.1f}"


def _core(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[name] / row['wall_s']:.1%}"


COLUMNS: dict[str, list[Column]] = {
    "clients": [
        ("clients", _whole("clients")),
        ("events", _whole("events")),
        ("deliveries/CPU s", _whole("deliveries_per_cpu_s")),
        ("to a frame", lambda row: f"{row['received'] / row['frames']:.0f}"),
        ("p99 ms", _fine("p99_ms")),
        ("lost", _whole("lost")),
        ("seconds", _fine("wall_s")),
    ],
    "rates": [
        ("events/s", _whole("rate")),
        ("events", _whole("events")),
        ("in seconds", _fine("wall_s")),
        ("p50 ms", _fine("p50_ms")),
        ("p99 ms", _fine("p99_ms")),
        ("lost", _whole("lost")),
        ("server's core", _core("server_cpu_s")),
        ("sender's", _core("sender_cpu_s")),
    ],
    "rows": [
        ("database", lambda row: row["database"]),
        ("rows", _whole("rows")),
        ("send() µs", _whole("send_us")),
        ("pass µs", _whole("pass_us")),
        ("idle µs", _whole("idle_pass_us")),
        ("head µs", _whole("head_us")),
        ("newest µs", _whole("newest_us")),
        ("middle µs", _whole("middle_us")),
        ("open ms", _fine("open_ms")),
        ("page ms", _fine("page_ms")),
        ("last=50 ms", _fine("last_ms")),
        ("lost", _whole("lost")),
    ],
}


def is_whole(row: Row) -> bool:
    return not (row["lost"] or row.get("doubled") or row.get("out_of_order"))


def _say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr, flush=True)


def _measure(part: str, chosen: argparse.Namespace) -> Iterator[Row]:
    match part:
        case "clients":
            return measure_clients(chosen.most_clients)
        case "rates":
            return measure_rates(chosen.most_rate)
    return measure_rows(chosen.most_rows, chosen.databases)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling")
    parser.add_argument("--parts", nargs="+", choices=COLUMNS, default=list(COLUMNS))
    parser.add_argument("--most-clients", type=int, default=10_000)
    parser.add_argument("--most-rate", type=int, default=10_000, help="events a second")
    parser.add_argument("--most-rows", type=int, default=10_000_000)
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=list(DATABASES), help="for the rows")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    chosen = parser.parse_args()
    build()
    found: list[Row] = []
    for part in chosen.parts:
        rows = list(_measure(part, chosen))
        print(table(rows, COLUMNS[part]), end="\n\n")
        found += rows
    if chosen.json:
        write(found, chosen.json)
    return 0 if all(map(is_whole, found)) else 1


if __name__ == "__main__":
    sys.exit(main())
