"""Our server's end of a websocket: Daphne's, with a short way in for what clients say most, acknowledgements."""

import time
from collections.abc import Callable

from daphne.ws_protocol import WebSocketProtocol

from .frame import short_texts


class WebSocket(WebSocketProtocol):
    on_text: Callable[[str], bool] | None = None
    """Is called with each message that comes the short way; whether that was all there is to do with it."""

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
