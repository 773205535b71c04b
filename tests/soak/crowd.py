"""Clients that do not keep up, in a process of their own: 200 slow ones, and one of each dialect that reads nothing.

    python -m tests.soak.crowd PORT SESSION

It says when all have come. When its input ends it leaves, and says how often the server had sent somebody away.
"""

import asyncio
import json
import socket
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.integration.frozen import FrozenSocket

V1 = "signalcast.v1"
SLOW = 200
# What a slow client does within this time: it reads a frame of `signalcast.v1`, or so many bytes.
SECONDS = 1.0
BYTES = 32_768


class Crowd:
    def __init__(self, port, session):
        self.port = port
        self.sent_away = 0
        self._headers = {"Origin": f"http://127.0.0.1:{port}", "Cookie": f"sessionid={session}"}
        self._frozen = []
        self._tasks = []

    async def come(self):
        for dialect in (V1, ""):
            self._frozen.append(FrozenSocket(self, "/ws/", dialect, **self._headers))
        self._frozen[0].hello()
        for _ in range(SLOW // 2):
            self._tasks.append(asyncio.create_task(self._sip(self._open())))
            self._tasks.append(asyncio.create_task(self._read(await self._connect())))

    async def leave(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for frozen in self._frozen:
            frozen.close()

    def _open(self):
        return FrozenSocket(self, "/ws/", buffer=BYTES, **self._headers)

    async def _sip(self, plain):
        """It answers no ping, so that it is sent away after a while; and it comes back."""
        while True:
            while plain.sip(BYTES):
                await asyncio.sleep(SECONDS)
            plain.close()
            self.sent_away += 1
            plain = await asyncio.to_thread(self._open)

    async def _connect(self):
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BYTES)
        narrow.connect(("127.0.0.1", self.port))
        url = f"ws://127.0.0.1:{self.port}/ws/"
        opened = await connect(
            url, sock=narrow, additional_headers=self._headers, subprotocols=[V1], compression=None, max_queue=1
        )
        await opened.send('{"op":"hello"}')
        return opened

    async def _read(self, opened):
        """Each frame is acknowledged when the next one has been read."""
        stored = 0
        try:
            while True:
                header = json.loads((await opened.recv()).partition("\n")[0])
                if stored:
                    await opened.send(json.dumps({"op": "ack", "pos": stored}))
                stored = header["to"] if header["op"] == "batch" else stored
                await asyncio.sleep(SECONDS)
        except ConnectionClosed:
            self.sent_away += 1


async def main(port, session):
    crowd = Crowd(int(port), session)
    await crowd.come()
    print("here", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await crowd.leave()
    print(crowd.sent_away, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
