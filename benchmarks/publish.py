"""Publishers, one for each system, in a process of their own: as fast as they can, but never far ahead of the slowest.

    python -m benchmarks.publish PUBLISHER PORT EVENTS AHEAD LEDGER [RATE]

With a RATE it sends so many events a second, one by one, each when it is due. It says when it is ready, begins when its
input ends, and ends when everything is sent.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .ledger import Ledger
from .lines import event, line

# A client that gets nothing for so long has lost all that was under way.
LOST_SECONDS = 2


class Pace:
    """When a publisher may go on: `ahead` is how far before the slowest client, `rate` how often a second if not 0."""

    def __init__(self, ledger: Ledger, events: int, ahead: int, rate: int) -> None:
        self.ledger = ledger
        self._events = events
        self._ahead = ahead
        self._rate = rate

    def chunks(self, size: int) -> Iterator[range]:
        """The sequence numbers, at most `size` at a time, each chunk when it may be sent, and noted as sent now."""
        size = 1 if self._rate else min(size, self._ahead)
        began = time.monotonic()
        for start in range(1, self._events + 1, size):
            chunk = range(start, min(start + size, self._events + 1))
            if self._rate:
                time.sleep(max(0.0, began + start / self._rate - time.monotonic()))
            self._wait_for_the_slowest(chunk.stop - 1 - self._ahead)
            self.ledger.note(chunk.start, chunk.stop)
            yield chunk

    def _wait_for_the_slowest(self, least: int) -> None:
        seen, since = self.ledger.slowest, time.monotonic()
        while seen < least and time.monotonic() - since < LOST_SECONDS:
            time.sleep(0.0002)
            if seen != self.ledger.slowest:
                seen, since = self.ledger.slowest, time.monotonic()


def signalcast(port: int, events: int, pace: Pace, begin: Callable[[], None]) -> None:
    """Rows are appended in bulk, each chunk a transaction; this process's publisher numbers and nudges, as always."""
    import django

    django.setup()
    from django.db import connection

    from events.process import publisher

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


def signalcast_append(port: int, events: int, pace: Pace, begin: Callable[[], None]) -> None:
    """One `send()` an event, as an application does it: appended, committed, numbered, nudged."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.db import connection
    from django.dispatch import Signal

    from academy.models import Order
    from events import attach
    from events.process import publisher

    # One that nobody else listens to.
    order_paid = Signal()
    attach(order_paid, type="academy.order_paid")
    student = User(pk=1, username="nora")
    connection.ensure_connection()
    begin()
    for (number,) in pace.chunks(1):
        order = Order(pk=number, student=student, student_name="Nora", course_title="Typography I", amount=129)
        order_paid.send(sender=Order, order=order, user=student, note="paid")
    publisher().flush(60)


def signalcast_group(port: int, events: int, pace: Pace, begin: Callable[[], None]) -> None:
    """The same, but what is nudged to the group is noted once more, right before."""
    from channels.layers import channel_layers

    def begin_noting() -> None:
        channel_layers.backends["default"] = _Noting(channel_layers["default"], pace.ledger)
        begin()

    signalcast_append(port, events, pace, begin_noting)


class _Noting:
    """A channel layer that notes when messages of ours are handed to it."""

    def __init__(self, layer: Any, ledger: Ledger) -> None:
        self._layer = layer
        self._ledger = ledger

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self._ledger.note(message["start"], message["start"] + len(message["lines"]))
        await self._layer.group_send(group, message)


def usual(port: int, events: int, pace: Pace, begin: Callable[[], None]) -> None:
    """One `group_send` an event."""
    from channels.layers import get_channel_layer

    from .peers.usual import GROUP

    async def send() -> None:
        layer = get_channel_layer()
        for (number,) in pace.chunks(1):
            await layer.group_send(GROUP, {"type": "event.message", "text": line(number)})

    begin()
    asyncio.run(send())


def django_eventstream(port: int, events: int, pace: Pace, begin: Callable[[], None]) -> None:
    """One `send_event` an event."""
    from .peers.eventstream import CHANNEL  # isort: skip
    from django_eventstream import send_event

    lines = ["", *map(line, range(1, events + 1))]
    begin()
    for (number,) in pace.chunks(1):
        send_event(CHANNEL, "message", lines[number], json_encode=False)


def socket_io(port: int, events: int, pace: Pace, begin: Callable[[], None]) -> None:
    """One message an event, from a client like the others."""
    from websockets.sync.client import connect

    messages = ["", *(f'42["publish",{line(number)}]' for number in range(1, events + 1))]
    with connect(f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket", compression=None) as server:
        server.recv()
        server.send("40")
        server.recv()
        begin()
        for chunk in pace.chunks(20):
            for number in chunk:
                server.send(messages[number])


def websockets(port: int, events: int, pace: Pace, begin: Callable[[], None]) -> None:
    """One message an event, to a server that broadcasts what it gets. Whatever that answers is left unread."""
    from websockets.sync.client import connect

    lines = ["", *map(line, range(1, events + 1))]
    with connect(f"ws://127.0.0.1:{port}/publish", compression=None, max_queue=None) as server:
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


def main(publisher: str, port: str, events: str, ahead: str, ledger: str, rate: str = "0") -> None:
    publish = {
        "signalcast": signalcast,
        "signalcast-append": signalcast_append,
        "signalcast-group": signalcast_group,
        "nats-server": nats_server,
        "nchan": websockets,
        "socket.io": socket_io,
        "websockets": websockets,
        "django-eventstream": django_eventstream,
        "channels-pubsub": usual,
        "channels-core": usual,
    }[publisher]
    publish(int(port), int(events), Pace(Ledger(Path(ledger)), int(events), int(ahead), int(rate)), _begin)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(*sys.argv[1:])
