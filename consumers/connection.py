"""One client's connection to our server: what is held for the client, and the straight way to its socket."""

from collections.abc import Callable
from typing import Any

from twisted.internet import tcp
from twisted.web.http import toChunk

from .outbox import ResponseOutbox, SocketOutbox


class Line:
    """A transport. To Twisted it is a push producer: what is told when a buffer is full, and when it is empty."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._tell: Callable[[], None] | None = None
        # Under TLS there is a plain socket at the bottom too, and what is written to it would not be encrypted.
        self._has_straight_way = type(transport) is tcp.Server and not transport.TLS

    def buffered(self) -> int:
        transport = self._transport
        held: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
        return held

    def on_drained(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def _send(self, data: bytes) -> None:
        if left := self._left_of(data):
            self._transport.write(left)

    def _left_of(self, data: bytes) -> bytes:
        """What the socket does not take at once."""
        transport = self._transport
        if not self._has_straight_way or transport.dataBuffer or transport._tempDataLen:
            return data
        try:
            sent = transport.socket.send(data)
        except OSError:  # It is full, or broken, which Twisted will meet again, and tell.
            return data
        return data[sent:]

    def pauseProducing(self) -> None:
        """The application sees for itself how much there is."""

    def resumeProducing(self) -> None:
        if self._tell:
            self._tell()

    def stopProducing(self) -> None:
        self._tell = None


class Connection(Line):
    """A websocket's."""

    def __init__(self, protocol: Any) -> None:
        super().__init__(protocol.transport)
        self._protocol = protocol
        # Twisted tells one producer, and the HTTP channel that the websocket began as is still registered.
        self._transport.unregisterProducer()
        self._transport.registerProducer(self, True)

    def pauseProducing(self) -> None:
        self._protocol.is_full = True

    def resumeProducing(self) -> None:
        self._protocol.is_full = False
        self._protocol.answer_ping()
        super().resumeProducing()

    @property
    def outbox(self) -> SocketOutbox:
        return {"buffered": self.buffered, "on_drained": self.on_drained, "write": self.write, "on_text": self.on_text}

    def on_text(self, hear: Callable[[str], bool]) -> None:
        self._protocol.on_text = hear

    def write(self, frame: bytes) -> None:
        if self._protocol.state != self._protocol.STATE_OPEN:
            return  # The client goes, or has gone; the application will hear of it.
        if self._protocol.send_queue:
            self._protocol.sendData(frame)
        else:
            self._send(frame)


class Response(Line):
    """A request's: one of those that come over its channel, one after the other.

    Whatever Daphne and Twisted's request and channel are given goes through to the transport at once, so all that is
    held is held there. The transport tells the channel, and the channel one producer.
    """

    def __init__(self, request: Any, never_ends: Callable[[], None]) -> None:
        super().__init__(request.transport)
        self._request = request
        self._channel = request.channel
        self._never_ends = never_ends

    @property
    def outbox(self) -> ResponseOutbox:
        return {
            "buffered": self.buffered,
            "on_drained": self.on_drained,
            "write": self.write,
            "abort": self.abort,
            "never_ends": self._never_ends,
        }

    @property
    def _is_over(self) -> bool:
        return bool(self._request.finished or self._request._disconnected)

    def buffered(self) -> int:
        # What is left when the client has gone is let go with the connection.
        return 0 if self._is_over else super().buffered()

    def on_drained(self, tell: Callable[[], None]) -> None:
        super().on_drained(tell)
        if not self._is_over:
            # In the place of that of the request before, which nobody has taken away.
            self._channel.unregisterProducer()
            self._channel.registerProducer(self, True)

    def write(self, data: bytes) -> None:
        if self._is_over:
            return
        if not self._request.startedWriting:
            self._request.write(data)  # It has the headers to say first.
            return
        self._request.sentLength += len(data)
        self._send(b"".join(toChunk(data)) if self._request.chunked else data)

    def abort(self) -> None:
        if not self._is_over:
            self._transport.abortConnection()

    def stopProducing(self) -> None:
        self.resumeProducing()
        super().stopProducing()
