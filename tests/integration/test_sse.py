"""Server-sent events, and any streamed response, as far as only a real server can tell."""

import asyncio
import json
import select
import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from math import inf

import pytest

from .client import SECONDS

MEGABYTE = 1024  # as /proc has it, in kB


class Reader:
    """Asks for a page on a plain socket, and reads when it is told to."""

    def __init__(self, server, path, buffer=4096, **headers):
        self._socket = socket.socket()
        # Small, so that the server's bytes stay with the server.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(SECONDS)
        self._socket.connect(("127.0.0.1", server.port))
        self.ask(server, path, **headers)

    def ask(self, server, path, **headers):
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def read_until(self, end):
        """What comes, until that comes. Raises OSError if the connection is cut before."""
        read = bytearray()
        while end not in read[-len(end) - 65_536 :]:
            if not (some := self._socket.recv(65_536)):
                raise OSError("the server has closed the connection")
            read += some
        return bytes(read)

    def is_cut_off(self):
        """Waits until the connection is reset, with what was not read of it."""
        poll = select.poll()
        # Nothing but errors, which are always told.
        poll.register(self._socket, 0)
        return bool(poll.poll(SECONDS * 1000))

    def close(self):
        self._socket.close()


@pytest.fixture
def reader():
    """Opens sockets that read when they are told to."""
    opened = []

    def open(*arguments, **options):
        opened.append(Reader(*arguments, **options))
        return opened[-1]

    yield open

    for each in opened:
        each.close()


def test_a_response_that_nobody_reads_costs_our_server_little_and_is_cut_off(keep_server, reader):
    server = keep_server("ours", STALLED_SECONDS="0.5")
    whole = reader(server, "/download/", buffer=1 << 20)
    whole.read_until(b"\r\n0\r\n\r\n")
    before = server.status("VmRSS")

    frozen = [reader(server, "/download/") for _ in range(3)]
    # Another request on a connection that has had one already.
    whole.ask(server, "/download/")
    assert len(whole.read_until(b"\r\n0\r\n\r\n")) > 100_000_000

    # Each of the three has 100 MB to come.
    assert server.status("VmRSS") - before < 5 * MEGABYTE
    assert all(each.is_cut_off() for each in frozen)


def test_a_response_that_fails_on_the_way_does_not_look_whole(start_server, reader):
    server = start_server("ours")
    server.forgiven = ("signalcast.consumers",)

    with pytest.raises(OSError):
        reader(server, "/broken-download/").read_until(b"\r\n0\r\n\r\n")

    assert "The response of /broken-download/ was cut short" in server.output


class Source:
    """What an EventSource is to a page. What it has survives its connections."""

    def __init__(self, server, query):
        self.events = []
        self.control = []
        self.last_id = None
        self._server = server
        self._query = query

    @property
    def numbers(self):
        return [event["data"]["number"] for event in self.events]

    def listen(self, enough):
        """Until there are so many events. Raises ConnectionError if the stream ends before."""
        with closing(HTTPConnection("127.0.0.1", self._server.port, timeout=SECONDS)) as connection:
            headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
            connection.request("GET", f"/sse/?{self._query}", headers=headers)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            name = "message"
            while len(self.events) < enough:
                line = self._line(answer)
                field, _, value = line.partition(": ")
                match field:
                    case "id":
                        self.last_id = value
                    case "event":
                        name = value
                    case "data" if name == "message":
                        self.events.append(json.loads(value))
                    case "data":
                        self.control.append((name, json.loads(value)["data"]))
                    case "":
                        name = "message"

    def _line(self, answer):
        try:
            line = answer.readline()
        except HTTPException as error:
            raise ConnectionError("the response was cut short") from error
        if not line:
            raise ConnectionError("the stream has ended")
        return line.decode("ascii").removesuffix("\n")


async def test_exactly_once_in_order_across_restarts_of_the_server(start_server, send, server):
    restarted = start_server(server.kind)
    source = Source(restarted, "after=0")
    sending = asyncio.create_task(_send_many(send, 30, 20))

    for enough, end in ((50, restarted.terminate if server.kind == "ours" else restarted.kill), (150, restarted.kill)):
        # Without an end: all may be there before the server has gone.
        listening = asyncio.create_task(asyncio.to_thread(source.listen, inf))
        async with asyncio.timeout(SECONDS):
            while len(source.events) < enough:
                await asyncio.sleep(0.01)
        end()
        with pytest.raises(ConnectionError):
            await listening
        await asyncio.to_thread(restarted.wait)
        await asyncio.to_thread(restarted.start)
    await asyncio.to_thread(source.listen, 600)
    await sending

    assert source.numbers == list(range(600))
    assert [int(event["sequence"]) for event in source.events] == list(range(1, 601))
    assert [name for name, _ in source.control] == (["bye"] if server.kind == "ours" else [])


async def _send_many(send, times, count):
    for _ in range(times):
        await send(count)


async def test_frozen_clients_cost_our_server_little_and_are_let_go(keep_server, send, reader):
    server = keep_server("ours", STALLED_SECONDS="0.5", HEARTBEAT="0.1")
    source = Source(server, "after=0")
    # The ring is filled before the server is weighed, and holds them all: a page of the log would weigh as much.
    await send(250, note="x" * 60_000)
    await asyncio.to_thread(source.listen, 250)
    before = server.status("VmRSS")

    frozen = [reader(server, "/sse/?after=0") for _ in range(5)]
    await asyncio.to_thread(Source(server, "after=0").listen, 250)

    # Each of the five has 15 MB to come.
    assert server.status("VmRSS") - before < 20 * MEGABYTE
    assert all([await asyncio.to_thread(each.is_cut_off) for each in frozen])
