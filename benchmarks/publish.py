"""Publishers, one for each system, in a process of their own: as fast as they can, but never far ahead of the slowest.

    python -m benchmarks.publish SYSTEM PORT EVENTS AHEAD LEDGER

It says when it is ready, begins when its input ends, and ends when everything is sent.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .ledger import Ledger
from .lines import event, line


class Pace:
    """How far a publisher may be ahead of the slowest client, in events."""

    def __init__(self, ledger: Ledger, events: int, ahead: int) -> None:
        self._ledger = ledger
        self._events = events
        self._ahead = ahead

    def chunks(self, size: int) -> Iterator[range]:
        """The sequence numbers, at most `size` at a time, each chunk when it may be sent, and noted as sent now."""
        for start in range(1, self._events + 1, size):
            chunk = range(start, min(start + size, self._events + 1))
            while chunk.stop - 1 - self._ledger.slowest > self._ahead:
                time.sleep(0.0002)
            self._ledger.note(chunk.start, chunk.stop)
            yield chunk


def signalcast(port: int, events: int, pace: Pace, begin: Callable[[], None]) -> None:
    """Rows are appended in bulk, each chunk a transaction; this process's publisher numbers and nudges, as always."""
    import django

    django.setup()
    from django.db import connection

    from events.publisher import publisher

    columns = "event_id, type, source, time, text"
    rows = [""]
    for number in range(1, events + 1):
        made = event(number)
        rows.append("\t".join([made.id, made.type, made.source, made.time.isoformat(), made.encode()]) + "\n")
    begin()
    for chunk in pace.chunks(500):
        with connection.cursor() as cursor, cursor.copy(f"COPY signalcast_event ({columns}) FROM STDIN") as copy:
            copy.write("".join(rows[chunk.start : chunk.stop]))
        # The table was empty: a row's id is its number.
        publisher().wake(chunk.start)
    publisher().flush(60)


def channels_pubsub(port: int, events: int, pace: Pace, begin: Callable[[], None]) -> None:
    """One `group_send` an event."""
    from channels.layers import get_channel_layer

    from .peers import usual

    async def send() -> None:
        layer = get_channel_layer()
        for (number,) in pace.chunks(1):
            await layer.group_send(usual.GROUP, {"type": "event.message", "text": line(number)})

    begin()
    asyncio.run(send())


def websockets(port: int, events: int, pace: Pace, begin: Callable[[], None]) -> None:
    """One message an event, to a server that broadcasts what it gets."""
    from websockets.sync.client import connect

    lines = ["", *map(line, range(1, events + 1))]
    with connect(f"ws://127.0.0.1:{port}/publish", compression=None) as server:
        begin()
        for chunk in pace.chunks(20):
            for number in chunk:
                server.send(lines[number])


def nats_server(port: int, events: int, pace: Pace, begin: Callable[[], None]) -> None:
    """One PUB an event, in writes of a hundred."""
    commands = [b""]
    for text in map(line, range(1, events + 1)):
        commands.append(b"PUB events %d\r\n%b\r\n" % (len(text), text.encode()))
    with socket.create_connection(("127.0.0.1", port)) as server:
        server.sendall(b'CONNECT {"verbose":false,"pedantic":false}\r\n')
        begin()
        for chunk in pace.chunks(100):
            server.sendall(b"".join(commands[chunk.start : chunk.stop]))
        # Answered when all of it was read.
        server.sendall(b"PING\r\n")
        while b"PONG\r\n" not in server.recv(65_536):
            pass


def _begin() -> None:
    print("ready", flush=True)
    sys.stdin.read()


def main(system: str, port: str, events: str, ahead: str, ledger: str) -> None:
    publish = {
        "signalcast": signalcast,
        "channels-pubsub": channels_pubsub,
        "websockets": websockets,
        "nats-server": nats_server,
    }[system]
    publish(int(port), int(events), Pace(Ledger(Path(ledger)), int(events), int(ahead)), _begin)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(*sys.argv[1:])
