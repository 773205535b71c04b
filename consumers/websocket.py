"""Our server's end of a websocket: Daphne's, with a short way in for what clients say most, acknowledgements."""

import time
from collections.abc import Callable
from types import FunctionType
from typing import Any

from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor
from twisted.internet.protocol import connectionDone

from events.settings import current

from .frame import short_texts
from .limits import Rate
from .metrics import meter

# How long a client may take to read what is held for it, once it has said that it goes: as long as libraries wait.
CLOSING_SECONDS = 10.0


class WebSocket(WebSocketProtocol):
    clock: Any = reactor
    on_text: Callable[[str], bool] | None = None
    """Is called with each message that comes the short way; whether that was all there is to do with it."""
    is_full = False
    """Whether so much is held for the client that its pings wait for their answer."""
    _unanswered: bytes | None = None
    _rate: Rate | None = None
    _cut: Any = None

    def onConnect(self, request: ConnectionRequest) -> Any:
        # Daphne would answer these with 500, and log a traceback for each.
        spoken = "".join([request.path, *request.headers, request.headers.get("sec-websocket-protocol", "")])
        if not spoken.isascii():
            raise ConnectionDeny(ConnectionDeny.BAD_REQUEST, "This is not ASCII")  # type: ignore[no-untyped-call]
        return super().onConnect(request)

    def onOpen(self) -> None:
        super().onOpen()
        # What the handshake said is not held for as long as the websocket lives.
        self.http_request_data = b""
        self.http_headers: dict[str, str] = {}
        self.request.headers = {}
        self.clean_headers: list[tuple[bytes, bytes]] = []

    def dataReceived(self, data: bytes) -> None:
        texts = short_texts(data) if self._is_between_frames else None
        if texts is None:
            super().dataReceived(data)
            return
        for text in texts:
            if self.on_text and self.on_text(text):
                # As Daphne notes it, so that no ping is sent to those who speak.
                self.last_ping = time.time()
            else:
                self.onMessage(text.encode(), False)

    def onFrameBegin(self) -> None:
        super().onFrameBegin()
        # Pings, pongs, and parts of messages: the application hears of none of them, and counts none.
        is_whole_message = self.current_frame.opcode in (1, 2) and self.current_frame.fin
        if not is_whole_message and not self._may_send_another():
            meter.limited("messages")
            self.dropConnection(abort=True)

    def _may_send_another(self) -> bool:
        most, now = current().MAX_MESSAGES, time.monotonic()
        self._rate = self._rate or Rate(most, now)
        return self._rate.take(most, now)

    def onPing(self, payload: bytes) -> None:
        if self.is_full:
            # Pongs for who reads none would have no end. Of several pings the newest may be answered alone (RFC 6455
            # §5.5.3).
            self._unanswered = payload
        else:
            super().onPing(payload)

    def answer_ping(self) -> None:
        """The one that has waited, if any."""
        if self._unanswered is not None:
            payload, self._unanswered = self._unanswered, None
            super().onPing(payload)

    def dropConnection(self, abort: bool = False) -> None:
        super().dropConnection(abort)
        if not abort and self._cut is None:
            # Who reads no more would keep the socket, and what is held for it, for ever.
            self._cut = self.clock.callLater(CLOSING_SECONDS, self.transport.abortConnection)

    def connectionLost(self, reason: Any = connectionDone) -> None:
        if self._cut is not None and self._cut.active():  # Else a thousand who leave at once would stay in memory.
            self._cut.cancel()
        super().connectionLost(reason)

    @property
    def _is_between_frames(self) -> bool:
        """Whether autobahn has nothing begun, and waits for no pong, which any message would stand for."""
        return (
            self.state == self.STATE_OPEN
            and not self.data
            and self.current_frame is None
            and not self.inside_message
            and self.autoPingTimeoutCall is None
        )


def lean(factory: WebSocketFactory) -> type[WebSocket]:
    """The class for a factory's websockets. They share its options, which autobahn copies, and prints, for each."""
    options = {name: getattr(factory, name) for name in WebSocket.CONFIG_ATTRS}
    # A function of a class would become a method.
    functions = {name: staticmethod(option) for name, option in options.items() if isinstance(option, FunctionType)}
    return type(WebSocket.__name__, (WebSocket,), options | functions | {"CONFIG_ATTRS": ()})
