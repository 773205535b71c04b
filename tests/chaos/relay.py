"""A relay between clients and a server: it forwards bytes, until it is told to cut connections, or to fall silent."""

import asyncio
from contextlib import suppress

CHUNK = 65_536


class Relay:
    """Listens on loopback, and forwards to a port there."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self._to = port
        self._links: set[_Link] = set()
        self._listening: asyncio.Server | None = None

    async def start(self) -> None:
        self._listening = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._listening
        self._listening.close()
        self.cut()
        await self._listening.wait_closed()

    def cut(self) -> int:
        """Both ends of every connection see it reset. Returns how many there were."""
        links = list(self._links)
        for link in links:
            link.cut()
        return len(links)

    def fall_silent(self) -> int:
        """Nothing more is forwarded on the connections of this moment, and neither end is told."""
        for link in self._links:
            link.flows.clear()
        return len(self._links)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(writer, onward[1])
        self._links.add(link)
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(link.pump(reader, onward[1]))
                pumps.create_task(link.pump(onward[0], writer))
        finally:
            self._links.discard(link)
            link.cut()


class _Link:
    """One connection, from end to end."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self.flows = asyncio.Event()
        self.flows.set()
        self._writers = writers

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self.flows.wait()
                writer.write(data)
                await writer.drain()
        await self.flows.wait()
        self.cut()

    def cut(self) -> None:
        self.flows.set()
        for writer in self._writers:
            writer.transport.abort()
