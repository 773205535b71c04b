"""Clients that follow the stream through everything, written from the protocol's words alone, and what they noted.

They judge nothing: what was lost or doubled shows when their notes are held against the log.
"""

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from .relay import Relay

FIRST_WAIT, MOST_WAIT = 0.25, 4.0
WELCOME_SECONDS = 10.0
LOST = (OSError, TimeoutError, WebSocketException)


@dataclass(slots=True)
class Notes:
    """What one client has got, in the order in which it came."""

    name: str
    wants: Callable[[str], bool] = lambda type: True
    """Whether its filter lets events of this type through."""
    start: int | None = None
    """The first position that it wanted."""
    got: list[tuple[int, str, int]] = field(default_factory=list)
    """Position, id, and the hash of the line, of each event."""
    gaps: list[tuple[int, int, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Messages that the protocol does not allow."""
    outages: list[float] = field(default_factory=list)
    """Seconds from the last message before a connection was lost to the first one after it."""
    connections: int = 0


@dataclass(slots=True, kw_only=True)
class Habits:
    """How a client differs from others."""

    hello: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    offered: list[str] = field(default_factory=list)
    pace: float = 0.0
    """Seconds that it takes for a batch."""
    stays: float = float("inf")
    """Seconds after which it cuts its connection."""
    away: float = 0.0
    """Seconds that it then stays away."""


class Follower:
    """Comes back until it is stopped, by the next relay each time, and resumes where it was."""

    def __init__(self, notes: Notes, habits: Habits, relays: list[Relay], seed: str) -> None:
        self.notes = notes
        self._ids: set[str] = set()
        self.position: int | None = None
        self.calm = asyncio.Event()
        """Set at the end: from then on it is quick, and stays."""
        self._habits = habits
        self._relays = relays
        self._rng = random.Random(f"{seed} {notes.name}")
        self._heard: float | None = None
        self._is_back = True
        self._retry: float | None = None
        self._furthest = 0

    @property
    def distance(self) -> int:
        """How far it has come. Who gets the same again and again comes no further."""
        self._furthest = max(self._furthest, self.position or 0)
        return self._furthest + len(self._ids)

    async def run(self) -> None:
        failures = 0
        while True:
            began = _clock()
            stays = None if self.calm.is_set() else self._habits.stays
            with suppress(*LOST):
                async with asyncio.timeout(stays):
                    await self._follow(self._relays[self.notes.connections % len(self._relays)])
            self.notes.connections += 1
            if stays and _clock() - began >= stays:
                await self._rest(self._habits.away)
                self._heard = None
                continue
            self._is_back = False
            failures = 0 if _clock() - began > 5 else failures + 1
            await asyncio.sleep(self._rng.uniform(0, self._longest_wait(failures)))

    def _longest_wait(self, failures: int) -> float:
        """As the protocol wants it: what the server asked for, else a time that doubles."""
        asked, self._retry = self._retry, None
        return min(MOST_WAIT, FIRST_WAIT * 2 ** max(0, failures - 1)) if asked is None else asked

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.calm.wait()

    async def _follow(self, relay: Relay) -> None:
        raise NotImplementedError

    def has_come_to(self, head: int, last: int) -> bool:
        """Whether it has all that there is, `last` being the last position that its filter lets through."""
        raise NotImplementedError

    def _hears(self) -> None:
        now = _clock()
        if not self._is_back and self._heard is not None:
            self.notes.outages.append(now - self._heard)
        self._is_back = True
        self._heard = now

    def _note(self, line: str) -> None:
        event = json.loads(line)
        self.notes.got.append((int(event["sequence"]), event["id"], hash(line)))
        self._ids.add(event["id"])

    def _fault(self, what: str) -> None:
        self.notes.faults.append(what)


class Acknowledging(Follower):
    """Speaks `signalcast.v1`."""

    _epoch: str | None = None
    _tip: str | None = None
    # What the newest welcome said, until there is a position that belongs to it.
    _welcomed: str | None = None
    _noted: int | None = None
    _silence = WELCOME_SECONDS

    async def _follow(self, relay: Relay) -> None:
        address = f"ws://127.0.0.1:{relay.port}/ws/"
        async with connect(address, subprotocols=["signalcast.v1"], open_timeout=WELCOME_SECONDS) as socket:
            resume = {"from": self.position, "epoch": self._epoch, "tip": self._tip} if self.position else {}
            if self.position and self._noted is not None:
                resume["reactions_after"] = self._noted
            await socket.send(json.dumps({"op": "hello", "from": 1} | self._habits.hello | resume))
            self._silence = WELCOME_SECONDS
            try:
                while True:
                    async with asyncio.timeout(self._silence):
                        frame = str(await socket.recv())
                    self._hears()
                    if self._hear(frame):
                        await self._rest(self._habits.pace)
                        await socket.send(json.dumps({"op": "ack", "pos": self.position}))
            finally:
                # Without a close frame: half of the world's clients leave like this.
                socket.transport.abort()

    def _hear(self, frame: str) -> bool:
        """Takes in one message. Whether it has to be acknowledged."""
        header, *lines = frame.split("\n")
        message = json.loads(header)
        match message["op"]:
            case "welcome":
                self._silence, self._welcomed = 2.5 * message["heartbeat_ms"] / 1000, message["epoch"]
                if self.position is None:
                    self.notes.start = self.position = message["from"]
                self._expect(message["from"], "welcome")
                self._noted = message["reactions_after"]
            case "batch":
                self._expect(message["from"], "batch")
                for line in lines:
                    self._note(line)
                self._move(message["to"], message["tip"])
                return True
            case "reactions":
                self._noted = message["after"]
                for line in map(json.loads, lines):
                    if line["id"] not in self._ids:
                        self._fault(f"reactions of {line['pos']}, which was not sent")
            case "gap":
                self._expect(message["from"], "gap")
                self.notes.gaps.append((message["from"], message["to"], message["reason"]))
                self._move(message["to"], None)
            case "bye":
                self._retry = message["retry_ms"] / 1000
            case "error":
                self._fault(f"error {message['code']}: {message['message']}")
        return False

    def _move(self, position: int, tip: str | None) -> None:
        self.position, self._epoch, self._tip = position, self._welcomed, tip

    def has_come_to(self, head: int, last: int) -> bool:
        return self.position is not None and self.position > head

    def _expect(self, start: int, what: str) -> None:
        if start != self.position:
            self._fault(f"a {what} from {start} instead of {self.position}")


class Plain(Follower):
    """Speaks the standard's sub-protocol, or none: it cannot answer, and knows only what it got."""

    async def _follow(self, relay: Relay) -> None:
        if self.position is None:
            self.notes.start = self.position = 1
        query = f"after={self.position - 1}{self._habits.query}"
        async with connect(
            f"ws://127.0.0.1:{relay.port}/ws/?{query}",
            subprotocols=self._habits.offered or None,
            open_timeout=WELCOME_SECONDS,
            ping_interval=2,
            ping_timeout=4,
        ) as socket:
            self._hears()
            try:
                while True:
                    event = str(await socket.recv())
                    self._hears()
                    self._hear(event)
                    await self._rest(self._habits.pace)
            finally:
                socket.transport.abort()

    def _hear(self, line: str) -> None:
        event = json.loads(line)
        if "sequence" in event:
            self._note(line)
            self.position = int(event["sequence"]) + 1
            return
        match event["type"], event["data"]:
            case "signalcast.gap", {"from": start, "to": stop, "reason": reason}:
                self.notes.gaps.append((start, stop, reason))
                self.position = stop
            case "signalcast.bye", {"retry_ms": retry}:
                self._retry = retry / 1000
            case "signalcast.error", {"code": code, "message": message}:
                self._fault(f"error {code}: {message}")

    def has_come_to(self, head: int, last: int) -> bool:
        return self.position is not None and self.position > last


def _clock() -> float:
    return asyncio.get_running_loop().time()
