"""The ASGI side of the address book: the websocket, the event stream, and what they stand beside."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from channels.routing import ProtocolTypeRouter

from .consumer import GONE, StreamConsumer
from .metrics import meter
from .protocol import CloseCode, error
from .sse import event_stream

Application = Callable[[Any, Any, Any], Awaitable[None]]


def application(http: Application) -> Application:
    """The whole ASGI application: `http` (Django's) for pages, and the stream beside them, wherever its page is."""
    router: Application = ProtocolTypeRouter({"http": partial(request, http), "websocket": websocket})
    return router


async def request(pages: Application, scope: Any, receive: Any, send: Any) -> None:
    """The stream at any address that ends in `/sse/`, since its page may be mounted anywhere; elsewhere `pages`."""
    await (event_stream if scope["path"].endswith("/sse/") else pages)(scope, receive, send)


async def websocket(scope: Any, receive: Any, send: Any) -> None:
    """The stream at any address that ends in `/ws/`, since its page may be mounted anywhere; elsewhere 4404."""
    if scope["path"].endswith("/ws/"):
        await StreamConsumer.as_asgi()(scope, receive, send)
        return
    code = CloseCode.NO_SUCH_STREAM
    message = "There is no stream at this address; it is at /ws/."
    meter.refused(code)
    with suppress(*GONE):
        await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
        await send({"type": "websocket.send", "text": error(code, message)})
        await send({"type": "websocket.close", "code": int(code)})
