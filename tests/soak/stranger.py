"""Somebody who writes to a server's port whatever they like, and reads what comes back. Knows no library for either."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

# Long enough to hear why one is sent away, short enough to try often.
SECONDS = 0.5
MOST_BYTES = 256 * 1024
_CLOSE = bytes([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame as RFC 6455 §5.2 has it, or not: any bits, and a length that need not be that of its payload."""

    payload: bytes
    opcode: int = 1
    bits: int = 0x80
    mask: bool = True
    lie: int = 0
    times: int = 1

    @property
    def bytes(self) -> bytes:
        length = max(0, len(self.payload) + self.lie)
        size = length if length < 126 else 126 if length < 65_536 else 127
        more = b"" if size < 126 else length.to_bytes(2 if size == 126 else 8)
        head = bytes([self.bits | self.opcode, (0x80 if self.mask else 0) | size]) + more
        # A mask of zeroes leaves the payload as it is.
        return (head + (bytes(4) if self.mask else b"") + self.payload) * self.times


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What is said on one connection."""

    path: str
    query: str
    headers: tuple[tuple[bytes, bytes], ...]
    frames: tuple[Frame, ...] = ()
    method: str = "GET"

    @property
    def request(self) -> bytes:
        target = f"{self.path}?{self.query}".encode("utf-8", "surrogatepass")
        lines = [b"%s %s HTTP/1.1" % (self.method.encode(), target), *(b": ".join(pair) for pair in self.headers)]
        return b"\r\n".join([*lines, b"", b""])


def say(port: int, attempt: Attempt) -> bytes:
    """All that the server answers, until it closes the connection, is quiet, or has said a lot."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection, suppress(OSError):
        connection.sendall(attempt.request)
        heard = connection.recv(65_536)
        if heard.startswith(b"HTTP/1.1 101"):
            _send(connection, (frame.bytes for frame in attempt.frames))
        while len(heard) < MOST_BYTES and (some := connection.recv(65_536)):
            heard += some
            if heard.startswith(b"HTTP/1.1 200") and b"\r\n\r\n" in heard:
                break
    return heard


def _send(connection: socket.socket, frames: Iterable[bytes]) -> None:
    with suppress(OSError):
        for frame in frames:
            connection.sendall(frame)
        connection.sendall(_CLOSE)
