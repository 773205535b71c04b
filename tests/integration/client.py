"""A client of `signalcast.v1`, written from the protocol's words alone: it stores events, and resumes where it was."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

SECONDS = 60


class Client:
    """What it has stored survives its connections."""

    def __init__(self, url, **hello):
        self.events = []
        self.lines = []
        self.gaps = []
        self.reactions = {}
        """By position and receiver."""
        self.noted = []
        """The lines of reactions, as they came."""
        self.ghosts = {}
        self.welcome = None
        self.position = None
        self.after = None
        self._url = url
        self._hello = hello
        self._tip = None
        self._socket = None

    @property
    def numbers(self):
        return [event["data"]["number"] for event in self.events]

    @property
    def sequences(self):
        return [int(event["sequence"]) for event in self.events]

    @asynccontextmanager
    async def connected(self, **options):
        """Says hello, and has been welcomed. Raises ConnectionClosed if it is sent away instead."""
        async with connect(self._url, subprotocols=["signalcast.v1"], **options) as self._socket:
            await self.say(op="hello", **self._hello | self._resume())
            async with asyncio.timeout(SECONDS):
                self.welcome = await self.hear()
                while self.welcome["op"] == "bye":
                    self.welcome = await self.hear()
            assert self.welcome["op"] == "welcome", self.welcome
            if self.position is None:
                self.position = self.welcome["from"]
            if self.after is None:
                self.after = self.welcome["reactions_after"]
            assert self.welcome["from"] == self.position
            yield self

    def drop(self):
        """The connection is gone without a word."""
        self._socket.transport.abort()

    async def say(self, **message):
        await self._socket.send(json.dumps(message))

    async def hear(self):
        """The next message, whatever it is. What it says of the stream is stored."""
        first, *lines = (await self._socket.recv()).split("\n")
        message = json.loads(first)
        match message["op"]:
            case "batch":
                await self._store(message, lines)
            case "gap":
                assert message["from"] == self.position
                self.gaps.append((message["from"], message["to"], message["reason"]))
                self.position = message["to"]
                self._tip = None
                if message["reason"] == "epoch":
                    self.after = self.welcome["reactions_after"]
            case "reactions":
                self.after = message["after"]
                self._learn(lines)
            case "ghosts":
                self.after = message["after"]
                self.ghosts |= {ghost["id"]: ghost for ghost in map(json.loads, lines)}
        return message

    async def hear_until(self, condition):
        """Fails once nothing but heartbeats has come for a minute. How long all of it takes is up to the machine."""
        async with asyncio.timeout(SECONDS) as silence:
            while not condition():
                if (await self.hear())["op"] != "heartbeat":
                    silence.reschedule(asyncio.get_running_loop().time() + SECONDS)

    async def hear_op(self, op):
        async with asyncio.timeout(SECONDS):
            while (message := await self.hear())["op"] != op:
                pass
        return message

    def _resume(self):
        if self.position is None:
            return {}
        return {
            "from": self.position,
            "epoch": self.welcome["epoch"],
            "tip": self._tip,
            "reactions_after": self.after,
        }

    def _learn(self, lines):
        """What receivers did with events that were sent, and with no others."""
        for line in map(json.loads, lines):
            event = next((event for event in reversed(self.events) if int(event["sequence"]) == line["pos"]), None)
            assert event and event["id"] == line["id"], line
            self.noted.append(line)
            for reaction in line.get("reactions", ()):
                self.reactions[line["pos"], reaction["receiver"]] = reaction

    async def _store(self, batch, lines):
        assert batch["from"] == self.position
        events = [json.loads(line) for line in lines]
        sequences = [int(event["sequence"]) for event in events]
        assert sequences == sorted(set(sequences))
        assert all(batch["from"] <= sequence < batch["to"] for sequence in sequences)
        self.events += events
        self.lines += lines
        self.position, self._tip = batch["to"], batch["tip"]
        # Where the server has said goodbye meanwhile, that is still to be heard.
        with suppress(ConnectionClosed):
            await self.say(op="ack", pos=self.position)


async def plain_events(socket, count):
    """The next events that a client without a sub-protocol is sent: one a frame."""
    async with asyncio.timeout(SECONDS):
        return [json.loads(await socket.recv()) for _ in range(count)]
