"""A websocket that was opened, and is never read from: what a sleeping laptop looks like to a server."""

import socket
from contextlib import suppress

_KEY = "dGhlIHNhbXBsZSBub25jZQ=="


class FrozenSocket:
    def __init__(self, server, address, subprotocol="", buffer=4096, **headers):
        self._socket = socket.socket()
        # Small, so that the server's bytes stay with the server.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(60)
        self._socket.connect(("127.0.0.1", server.port))
        lines = [
            f"GET {address} HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {_KEY}",
            "Sec-WebSocket-Version: 13",
            *([f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []),
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        assert self._socket.recv(12) == b"HTTP/1.1 101"

    def hello(self):
        message = b'{"op":"hello","from":1}'
        # RFC 6455 §5.2: one text frame, masked, with a mask of zeroes.
        self._socket.sendall(bytes([0x81, 0x80 | len(message), 0, 0, 0, 0]) + message)

    def flood(self, most, text=b"x" * 1000):
        """Says this again and again, until nobody takes it any more, or so many bytes were taken. How many."""
        frame = bytes([0x81, 0x80 | 126]) + len(text).to_bytes(2) + bytes(4) + text
        self._socket.settimeout(2)
        taken = 0
        with suppress(TimeoutError):
            while taken < most:
                taken += self._socket.send(frame * 60)
        return taken

    def thaw(self, count):
        """Reads this many bytes after all."""
        while count > 0:
            received = len(self._socket.recv(min(count, 1 << 20)))
            assert received, "the server has closed the connection"
            count -= received

    def sip(self, count):
        """Reads at most this many bytes of those that are there. False if the server has closed the connection."""
        self._socket.setblocking(False)
        try:
            return self._socket.recv(count) != b""
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False

    def close(self):
        self._socket.close()
