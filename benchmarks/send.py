"""Sending: what a streamed signal costs its sender, beside one bare INSERT of the same row. `make bench-send`, or

    python -m benchmarks.send [--json path]

Both go to the same table on the same connection, in turns: the INSERT through the driver itself, without Django. The
signal has an order, a user and a word for arguments, and no other receiver. In a transaction, what is weighed lies
between BEGIN and COMMIT, our savepoint included; without one, each is its own. Publishers work as they always do
(`thread`), or leave their part to the servers (`off`), which shows what the sender alone does.

The exit status is 1 if an event is missing, never because it was slow.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from tests import postgresql

from . import cores
from .report import Row, table, write
from .systems import ENVIRONMENT

ROUNDS = 25
# In one transaction only the first 50 have a savepoint.
SENDS = 40
MODES = ("off", "thread")


def measure(database: str) -> list[Row]:
    """All rows of one database, measured in a process of its own that has a core to itself."""
    with ExitStack() as stack:
        with cores.on(cores.REST):
            url = stack.enter_context(_database(database))
        environment = ENVIRONMENT | {"DATABASE_URL": url}
        with cores.on(cores.SERVER):
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.send", "--here"],
                env={name: value for name, value in os.environ.items() if name != "REDIS_URL"} | environment,
                stdout=subprocess.PIPE,
                check=True,
                timeout=300,
            )
    found: list[Row] = json.loads(done.stdout)
    return found


class Sender:
    """Business in this process, on the default connection."""

    def __init__(self) -> None:
        from django.contrib.auth.models import User
        from django.core.management import call_command
        from django.db import connection
        from django.dispatch import Signal

        import events
        from academy.models import Order
        from events.process import publisher

        call_command("migrate", verbosity=0)
        self.connection = connection
        self.publisher = publisher()
        self._signal = Signal()
        events.attach(self._signal, type="academy.order_paid")
        # As it comes from a view: in memory, and complete.
        student = User(pk=1, username="nora")
        order = Order(pk=1, student=student, student_name="Nora Lindqvist", course_title="Typography I", amount=129)
        self._arguments = {"sender": Order, "order": order, "user": student, "note": "hello"}
        self.send()
        self._row = self._stored()

    def send(self) -> None:
        self._signal.send(**self._arguments)

    def inserts(self, count: int) -> Callable[[], None]:
        """A function that inserts the same row each time, but for its id, through the bare driver."""
        from events.event import new_id, now

        mark = "%s" if self.connection.vendor == "postgresql" else "?"
        columns = ", ".join(self._row)
        statement = f"INSERT INTO signalcast_event ({columns}) VALUES ({', '.join([mark] * len(self._row))})"
        rows = iter([tuple((self._row | {"event_id": new_id(now())}).values()) for _ in range(count)])
        driver = self.connection.connection

        def insert() -> None:
            driver.cursor().execute(statement, next(rows))

        return insert

    def clear(self) -> int:
        """Begin again with an empty table. How many events were in it."""
        self.publisher.flush(60)
        with self.connection.cursor() as cursor:
            cursor.execute("DELETE FROM signalcast_event")
            count: int = cursor.rowcount
        return count

    def _stored(self) -> dict[str, Any]:
        columns = "event_id, stream, type, source, sender, subject, time, correlation_id, causation_id, origin, text"
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} FROM signalcast_event")
            return dict(zip(columns.split(", "), cursor.fetchone(), strict=True))


def measure_here() -> Iterator[Row]:
    import django

    django.setup()
    from django.conf import settings

    sender = Sender()
    for mode in MODES:
        settings.SIGNALCAST = settings.SIGNALCAST | {"PUBLISHER": mode}
        for transaction in (False, True):
            yield _compare(sender, mode, transaction)


def _compare(sender: Sender, mode: str, in_transaction: bool) -> Row:
    """The medians of many short rounds, in which the two take turns."""
    took: list[tuple[float, float]] = []
    missing = 0
    sender.clear()
    for _ in range(ROUNDS):
        insert = _microseconds(sender.inserts(SENDS), in_transaction)
        missing += SENDS - sender.clear()
        send = _microseconds(sender.send, in_transaction)
        missing += SENDS - sender.clear()
        took.append((insert, send))
    return {
        "bench": "send",
        "system": "signalcast",
        "database": sender.connection.vendor,
        "publisher": mode,
        "transaction": in_transaction,
        "insert_us": round(median(insert for insert, _ in took), 1),
        "send_us": round(median(send for _, send in took), 1),
        "ratio": round(median(send / insert for insert, send in took), 2),
        "lost": missing,
    }


def _microseconds(act: Callable[[], None], in_transaction: bool) -> float:
    from django.db import transaction

    with ExitStack() as stack:
        if in_transaction:
            stack.enter_context(transaction.atomic())
        started = time.perf_counter()
        for _ in range(SENDS):
            act()
        return (time.perf_counter() - started) / SENDS * 1e6


def _database(name: str) -> AbstractContextManager[str]:
    return postgresql.server() if name == "postgresql" else _SQLite()


class _SQLite(tempfile.TemporaryDirectory[str]):
    def __enter__(self) -> str:
        return f"sqlite:///{super().__enter__()}/db.sqlite3"


def show(rows: list[Row]) -> str:
    return table(
        rows,
        [
            ("database", lambda row: row["database"]),
            ("publisher", lambda row: row["publisher"]),
            ("transaction", lambda row: "one" if row["transaction"] else "each"),
            ("INSERT µs", lambda row: f"{row['insert_us']:.0f}"),
            ("send() µs", lambda row: f"{row['send_us']:.0f}"),
            ("ratio", lambda row: f"{row['ratio']:.2f}"),
            ("more µs", lambda row: f"{row['send_us'] - row['insert_us']:.0f}"),
            ("lost", lambda row: str(row["lost"])),
        ],
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.send")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    parser.add_argument("--here", action="store_true", help="measure the database of DATABASE_URL, and say it as JSON")
    chosen = parser.parse_args()
    if chosen.here:
        print(json.dumps(list(measure_here())))
        return 0
    rows = [row for database in ("postgresql", "sqlite") for row in measure(database)]
    print(show(rows))
    if chosen.json:
        write(rows, chosen.json)
    return 1 if any(row["lost"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
