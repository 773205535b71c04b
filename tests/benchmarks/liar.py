"""A server that sends what a test tells it to, in each dialect of the benchmarks' load client. It hears nothing."""

import asyncio
from contextlib import suppress

HEADS = {"sse": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}
UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def line(number):
    return f'{{"id":"{number:032x}","sequence":"{number:020}","data":{{"note":"{"paid" * 60}"}}}}'


def frame(text, opcode=1):
    length = len(text)
    assert length < 65_536
    size = bytes([length]) if length < 126 else b"\x7e" + length.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + size + text.encode()


def chunk(text):
    return b"%x\r\n%b\r\n" % (len(text), text.encode())


def batch(numbers, start, stop):
    header = f'{{"op":"batch","from":{start},"to":{stop},"tip":"","head":{stop - 1}}}'
    return frame("\n".join([header, *map(line, numbers)]))


def signalcast_v1(numbers):
    """One batch, with a header as if there was nothing wrong with it."""
    return frame('{"op":"welcome","from":1}') + batch(numbers, 1, max(numbers) + 1)


def frames(numbers):
    return b"".join(frame(line(number)) for number in numbers)


def nats(numbers):
    """Lines do not end with frames."""
    text = "".join(f"MSG events 1 {len(line(number))}\r\n{line(number)}\r\n" for number in numbers)
    half = len(text) // 2
    return frame("INFO {}\r\nPONG\r\n", 2) + frame(text[:half], 2) + frame(text[half:], 2)


def socket_io(numbers):
    opening = frame('0{"sid":"a"}') + frame('40{"sid":"b"}') + frame("2")
    return opening + b"".join(frame(f'42["event",{line(number)}]') for number in numbers)


def sse(numbers):
    opening = ":" + " " * 2048 + "\n\nevent: stream-open\ndata:\n\n"
    return chunk(opening) + b"".join(chunk(f"event: message\ndata: {line(number)}\n\n") for number in numbers)


DIALECTS = {"signalcast.v1": signalcast_v1, "frames": frames, "nats": nats, "socket.io": socket_io, "sse": sse}


class Liar:
    """When all clients are there, says `lie` to the first of them and `truth` to the others. May then hang up on it."""

    def __init__(self, dialect, truth, lie, *, clients=3, hangs_up=False):
        self.clients = clients
        self._head = HEADS.get(dialect, UPGRADE)
        self._truth = truth
        self._lie = lie
        self._hangs_up = hangs_up
        self._talks = []
        self._all_are_there = asyncio.Event()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        """Once the clients have gone."""
        async with asyncio.timeout(20):
            await asyncio.gather(*self._talks)
        self._server.close()
        await self._server.wait_closed()

    async def _talk(self, reader, writer):
        is_lied_to = not self._talks
        self._talks.append(asyncio.current_task())
        if len(self._talks) == self.clients:
            self._all_are_there.set()
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self._head)
            await self._all_are_there.wait()
            for byte in self._lie if is_lied_to else self._truth:
                # In the smallest pieces, however many of them one read of the client takes.
                writer.write(bytes([byte]))
                await writer.drain()
            if not (is_lied_to and self._hangs_up):
                await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
