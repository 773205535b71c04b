"""Drops: what arrives when every client is cut off for 2 s, again and again. `make bench-drops`, or

    python -m benchmarks.drops [--clients 100] [--rate 50] [--seconds 12] [--systems signalcast ...] [--json path]

Every client's connection is reset some seconds after it was made, while events go on; 2 s later it comes back. Ours
says where it was, as docs/protocol.md describes it. Others have no such thing, and go on with what comes then.

The exit status is 1 if anything of ours was lost, doubled or out of order, never because it was slow.
"""

import asyncio
import json
import random
import socket
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake

from . import cores
from .command import parser, report, systems
from .ledger import Ledger
from .report import Column, Row
from .run import publishing
from .systems import Running, System

AWAY_SECONDS = 2.0
# A client's connection is cut so long after it was made.
FIRST, LAST = 1.0, 3.0
# After the last event nobody is cut any more; who has nothing new for so long has got what there was to get.
SILENCE_SECONDS = 5.0
# The others want their clients to speak, too.
FOLLOWED = ("signalcast", "nchan", "websockets", "channels-pubsub", "channels-core")


class Client:
    """Follows, is cut off, comes back, and keeps count."""

    def __init__(self, running: Running, ledger: Ledger, events: int) -> None:
        self._running = running
        self._ledger = ledger
        self._events = events
        self._heard = time.monotonic()
        self._resume: dict[str, Any] = {"from": 1}
        self.seen = bytearray(events + 1)
        self.newest = self.doubled = self.out_of_order = self.cuts = 0
        self.took: list[float] = []

    @property
    def received(self) -> int:
        return sum(self.seen)

    @property
    def is_done(self) -> bool:
        return self.received == self._events or time.monotonic() - self._heard > SILENCE_SECONDS

    async def follow(self, ended: asyncio.Event) -> None:
        """Until it has everything, or hears no more of it; until `ended` it is cut off."""
        while not (ended.is_set() and self.is_done):
            with suppress(OSError, InvalidHandshake):  # Whoever is refused comes back as well.
                await self._stay(ended)
            if not ended.is_set():
                await asyncio.sleep(AWAY_SECONDS)

    async def _stay(self, ended: asyncio.Event) -> None:
        async with self._connected() as connection:
            reading = asyncio.create_task(self._read(connection))
            await asyncio.wait([reading], timeout=random.uniform(FIRST, LAST))
            if not ended.is_set():
                self.cuts += 1
                _cut(connection)
            while ended.is_set() and not (self.is_done or reading.done()):
                await asyncio.wait([reading], timeout=0.1)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    def _connected(self) -> connect:
        headers = dict(header.split(": ", 1) for header in self._running.headers)
        spoken = ["signalcast.v1"] if self._running.dialect == "signalcast.v1" else None
        url = f"ws://127.0.0.1:{self._running.port}{self._running.path}"
        return connect(url, additional_headers=headers, subprotocols=spoken, compression=None)

    async def _read(self, connection: ClientConnection) -> None:
        if self._running.dialect == "frames":
            async for frame in connection:
                self._hear(str(frame))
            return
        await connection.send(json.dumps({"op": "hello", **self._resume}))
        async for frame in connection:
            header, *lines = str(frame).split("\n")
            message = json.loads(header)
            if message["op"] == "welcome":
                self._resume["epoch"] = message["epoch"]
            elif message["op"] == "batch":
                for line in lines:
                    self._hear(line)
                self._resume |= {"from": message["to"], "tip": message["tip"]}
                await connection.send(json.dumps({"op": "ack", "pos": message["to"]}))

    def _hear(self, line: str) -> None:
        number = int(line.partition('"sequence":"')[2][:20])
        self._heard = time.monotonic()
        self.doubled += self.seen[number]
        self.out_of_order += number < self.newest and not self.seen[number]
        self.seen[number] = 1
        self.newest = max(self.newest, number)
        self.took.append(self._ledger.seconds_since(number))


def _cut(connection: ClientConnection) -> None:
    """As a network does it: nothing is said, and what was under way is gone."""
    raw = connection.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.transport.abort()


def measure(system: System, clients: int, rate: int, seconds: int) -> Row:
    print(f"{system.name} ...", file=sys.stderr, flush=True)
    events = rate * seconds
    with TemporaryDirectory(prefix="signalcast-benchmark-") as folder, system.running() as running:
        path = Path(folder) / "ledger"
        Ledger.create(path, events)
        words = [system.name, running.publish_port, events, events, path, rate]
        with publishing(running, [str(word) for word in words]) as sending, cores.on(cores.REST):
            try:
                if not sending.stdout.readline():
                    raise SystemExit("The publisher has given up; see above.")
                followers = [Client(running, Ledger(path), events) for _ in range(clients)]
                asyncio.run(_follow(followers, sending))
            finally:
                sending.kill()
    return {"bench": "drops", "system": system.name, "clients": clients, "events": events} | _figures(followers, events)


async def _follow(clients: list[Client], sending: Any) -> None:
    ended = asyncio.Event()
    following = [asyncio.create_task(client.follow(ended)) for client in clients]
    await asyncio.sleep(FIRST / 2)
    sending.stdin.close()
    await asyncio.to_thread(sending.wait)
    ended.set()
    await asyncio.gather(*following)


def _figures(clients: list[Client], events: int) -> Row:
    received = sum(client.received for client in clients)
    took = sorted(seconds for client in clients for seconds in client.took) or [0.0]
    return {
        "cuts": sum(client.cuts for client in clients),
        "received": received,
        "share": received / (events * len(clients)),
        "lost": events * len(clients) - received,
        "doubled": sum(client.doubled for client in clients),
        "out_of_order": sum(client.out_of_order for client in clients),
        "p50_ms": round(1000 * took[len(took) // 2], 1),
        "p99_ms": round(1000 * took[len(took) * 99 // 100], 1),
    }


COLUMNS: list[Column] = [
    ("system", lambda row: row["system"]),
    ("clients", lambda row: f"{row['clients']:,}"),
    ("events", lambda row: f"{row['events']:,}"),
    ("cuts", lambda row: f"{row['cuts']:,}"),
    # Never rounded up: all is all.
    ("arrived", lambda row: f"{int(row['share'] * 1000) / 10:.1f}%"),
    ("lost", lambda row: f"{row['lost']:,}"),
    ("doubled", lambda row: f"{row['doubled']:,}"),
    ("out of order", lambda row: f"{row['out_of_order']:,}"),
    ("p50 ms", lambda row: f"{row['p50_ms']:.0f}"),
    ("p99 ms", lambda row: f"{row['p99_ms']:.0f}"),
]


def main() -> int:
    words = parser("drops")
    words.add_argument("--clients", type=int, default=100)
    words.add_argument("--rate", type=int, default=50, help="events a second")
    words.add_argument("--seconds", type=int, default=12)
    chosen = words.parse_args()
    followed = [system for system in systems(chosen) if system.name in FOLLOWED]
    rows = (measure(system, chosen.clients, chosen.rate, chosen.seconds) for system in followed)
    return report(rows, COLUMNS, chosen)


if __name__ == "__main__":
    sys.exit(main())
