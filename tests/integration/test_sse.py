"""Streamed responses, as far as only a real server can tell."""

import select
import socket

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
