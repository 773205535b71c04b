"""One websocket's connection to our server: what is held for the client, and the straight way to its socket."""

from collections.abc import Callable
from typing import Any

from twisted.internet import tcp

from .outbox import Outbox


class Connection:
    """Offers the outbox. To Twisted it is a push producer: what is told when a buffer is full, and when it is empty."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self._tell: Callable[[], None] | None = None
        # Under TLS there is a plain socket at the bottom too, and what is written to it would not be encrypted.
        self._has_straight_way = type(self._transport) is tcp.Server and not self._transport.TLS
        # Twisted tells one producer, and the HTTP channel that the websocket began as is still registered.
        self._transport.unregisterProducer()
        self._transport.registerProducer(self, True)

    @property
    def outbox(self) -> Outbox:
        return {"buffered": self.buffered, "on_drained": self.on_drained, "write": self.write, "on_text": self.on_text}

    def buffered(self) -> int:
        transport = self._transport
        held: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
        return held

    def on_drained(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def on_text(self, hear: Callable[[str], bool]) -> None:
        self._protocol.on_text = hear

    def write(self, frame: bytes) -> None:
        if self._protocol.state != self._protocol.STATE_OPEN:
            return  # The client goes, or has gone; the application will hear of it.
        if self._protocol.send_queue:
            self._protocol.sendData(frame)
        else:
            self._transport.write(self._left_of(frame))

    def _left_of(self, frame: bytes) -> bytes:
        """What the socket does not take at once."""
        if not self._has_straight_way or self.buffered():
            return frame
        sent = self._transport.writeSomeData(frame)
        # What is no number is an error. Twisted will meet it again, and tell.
        return frame[sent:] if isinstance(sent, int) else frame

    def pauseProducing(self) -> None:
        """The application sees for itself how much there is."""

    def resumeProducing(self) -> None:
        if self._tell:
            self._tell()

    def stopProducing(self) -> None:
        self._tell = None
