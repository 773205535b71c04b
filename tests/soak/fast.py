"""Clients that keep up, one class for each dialect: they notice whatever is missing, doubled or out of order, and look
at the clock."""

import json
import time
from array import array

from websockets.asyncio.client import connect

from events.event import Entry, sent_at


class Fast:
    """Follows from the first event on."""

    query = ""
    subprotocols = ("signalcast.v1",)

    def __init__(self):
        self.position = 1
        self.faults = []
        self.took = array("d")
        """Seconds from each signal to its receipt."""

    async def follow(self, server, session):
        headers = {"Origin": server.origin, "Cookie": f"sessionid={session}"}
        options = {"additional_headers": headers, "subprotocols": self.subprotocols or None, "compression": None}
        async with connect(server.url + self.query, **options) as socket:
            await self._follow(socket)

    async def _follow(self, socket):
        await socket.send('{"op":"hello","from":1}')
        async for frame in socket:
            header, *lines = frame.split("\n")
            message = json.loads(header)
            if message["op"] == "batch":
                self._hear(lines)
                await socket.send(json.dumps({"op": "ack", "pos": message["to"]}))
            elif message["op"] not in ("welcome", "heartbeat", "reactions"):
                self.faults.append(header)

    def _hear(self, lines):
        now = time.time()
        for line in lines:
            sequence = int(line.partition('"sequence":"')[2][:20] or 0)
            if sequence != self.position:
                self.faults.append(f"{sequence} came where {self.position} was due")
            self.position = sequence + 1
            self.took.append(now - sent_at(Entry(sequence, line).id))


class FastPlain(Fast):
    query = "?after=0"
    subprotocols = ()

    async def _follow(self, socket):
        async for line in socket:
            self._hear([line])
