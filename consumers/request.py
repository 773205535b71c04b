"""Our server's end of a request: Daphne's, without what Daphne lets any client decide."""

import os
from typing import Any

from daphne.http_protocol import WebRequest


class Request(WebRequest):
    """Every websocket begins as one."""

    def process(self) -> Any:
        # Says where the project begins: /x/admin/ would be /admin/, which the proxy in front may keep from strangers.
        # And Daphne fails, with a traceback in the log, where it is not ASCII.
        self.requestHeaders.removeHeader(b"Daphne-Root-Path")
        # Of a handshake Daphne would read a body of any size into memory, from here on; others it reads from the start.
        self.content.seek(0, os.SEEK_END)
        return super().process()


def channel(build: Any, address: Any) -> Any:
    """A connection as Daphne builds it, whose requests are ours."""
    built = build(address)
    built.requestFactory = Request
    return built
