"""A history: a log that is long already, written straight into its tables, position and all. Seconds for a million."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import dj_database_url
import psycopg

from .lines import event

# The same rows, whichever database makes them.
_ID = {"postgresql": "lpad(to_hex(n), 12, '0')", "sqlite": "printf('%012x', n)"}
_NUMBERS = {
    "postgresql": "SELECT n FROM generate_series(1, {events}) AS n",
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {events})"
    " SELECT n FROM numbers",
}


def write(database_url: str, events: int) -> None:
    """Events 1 to `events`, into empty tables, as if they had been sent and numbered before."""
    vendor = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    connection = _connect(database_url)
    try:
        for statement in _statements(vendor, events):
            connection.execute(statement)
        connection.commit()
        # A database that has been there for a while knows its tables.
        connection.execute("ANALYZE")
        connection.commit()
    finally:
        connection.close()


def _connect(database_url: str) -> Any:
    if database_url.startswith("sqlite"):
        return sqlite3.connect(dj_database_url.parse(database_url)["NAME"])
    return psycopg.connect(database_url)


def _statements(vendor: str, events: int) -> Sequence[str]:
    made = event(1)
    # The first half of an id is the time, the last part here the number.
    opening, rest = made.encode().split(made.id)
    id = f"'{made.id[:-12]}' || {_ID[vendor]}"
    text = f"'{opening}' || {id} || '{rest}'"
    return [
        f"INSERT INTO signalcast_stream (name, epoch, head) VALUES ('main', '{'e' * 32}', {events})",
        "INSERT INTO signalcast_event (event_id, position, type, source, time, text)"
        f" SELECT {id}, n, '{made.type}', '{made.source}', '{made.time:%Y-%m-%d %H:%M:%S}', {text}"
        f" FROM ({_NUMBERS[vendor].format(events=events)}) AS numbers",
    ]
