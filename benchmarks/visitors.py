"""Visitors of a server: each comes, gets what it asked for, and leaves. How long that took, in milliseconds."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from websockets.sync.client import ClientConnection, connect

from .systems import Running

VISITS = 50
PAGE = 500
LAST = 50


class Visitors:
    def __init__(self, running: Running) -> None:
        self._url = f"ws://127.0.0.1:{running.port}{running.path}"
        self._headers = dict(header.split(": ", 1) for header in running.headers)
        self.head = 0
        """The newest position, as the last of them was told."""
        self.lost = 0
        """Events that one of them asked for and did not get, or got in the place of another."""

    def begin_at(self, start: int) -> float:
        """A subscription from a position on: from hello to the first events."""
        with self._connected() as socket:
            return self._follow(socket, start, 1)

    def turn_to(self, start: int) -> float:
        """A page of history, as the dashboard asks for it."""
        with self._connected() as socket:
            return self._follow(socket, start, PAGE)

    def see_the_last(self, head: int) -> float:
        """`?last=50` without a sub-protocol: from before the connection to the fiftieth event."""
        started = time.perf_counter()
        with connect(f"{self._url}?last={LAST}", additional_headers=self._headers, compression=None) as socket:
            found = [_position(str(socket.recv(timeout=30))) for _ in range(LAST)]
            took = time.perf_counter() - started
        self._check(found, head - LAST + 1, LAST)
        return 1000 * took

    def _follow(self, socket: ClientConnection, start: int, count: int) -> float:
        started = time.perf_counter()
        socket.send(json.dumps({"op": "hello", "from": start, "window": PAGE}))
        found: list[int] = []
        while len(found) < count:
            header, *lines = str(socket.recv(timeout=30)).split("\n")
            message = json.loads(header)
            if message["op"] == "reactions":
                continue
            self.head = message["head"]
            found += map(_position, lines)
            if lines:
                socket.send(json.dumps({"op": "ack", "pos": message["to"]}))
        took = time.perf_counter() - started
        self._check(found, start, count)
        return 1000 * took

    def _check(self, found: list[int], start: int, least: int) -> None:
        wanted = range(start, start + max(least, len(found)))
        self.lost += sum(position != got for position, got in zip(wanted, found, strict=True))

    @contextmanager
    def _connected(self) -> Iterator[ClientConnection]:
        options = {"additional_headers": self._headers, "subprotocols": ["signalcast.v1"], "compression": None}
        with connect(self._url, **options) as socket:
            yield socket


def typical(visits: list[float]) -> float:
    return round(median(visits), 2)


def _position(line: str) -> int:
    return int(json.loads(line)["sequence"])
