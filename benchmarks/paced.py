"""A sender at a pace, in a process of its own: so many rows a second are copied into an empty PostgreSQL.

    python -m benchmarks.paced RATE EVENTS LEDGER

What is due goes in one transaction; this process's publisher numbers and nudges, as always. It says when it is ready,
begins when its input ends, and says in the end how many seconds it sent for, and how many it had of the processor.
"""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .ledger import Ledger
from .lines import event

# Between two transactions, in seconds.
NAP = 0.002


def send(rate: int, events: int, ledger: Ledger) -> None:
    import django

    django.setup()
    from channels.layers import get_channel_layer
    from django.db import connection

    from events.process import publisher

    columns = "event_id, type, source, time, text"
    rows = [""]
    for number in range(1, events + 1):
        made = event(number)
        rows.append("\t".join([made.id, made.type, made.source, made.time.isoformat(), made.encode()]) + "\n")
    # As a process that has sent before: what it needs is loaded.
    get_channel_layer()
    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.read()
    started, used = time.monotonic(), time.process_time()
    for chunk in _due(rate, events):
        ledger.note(chunk.start, chunk.stop)
        with connection.cursor() as cursor, cursor.copy(f"COPY signalcast_event ({columns}) FROM STDIN") as copy:
            copy.write("".join(rows[chunk.start : chunk.stop]))
        # The table was empty: a row's id is its number.
        publisher().wake(chunk.start)
    took = time.monotonic() - started
    publisher().flush(60)
    print(took, time.process_time() - used, flush=True)


def _due(rate: int, events: int) -> Iterator[range]:
    """The sequence numbers, when their time has come."""
    started = time.monotonic()
    sent = 0
    while sent < events:
        due = min(events, int((time.monotonic() - started) * rate) + 1)
        if due > sent:
            yield range(sent + 1, due + 1)
            sent = due
        time.sleep(max(NAP, started + sent / rate - time.monotonic()))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    rate, events, ledger = sys.argv[1:]
    send(int(rate), int(events), Ledger(Path(ledger)))
