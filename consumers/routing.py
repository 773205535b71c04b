"""The ASGI side of the address book: the websocket, the event stream, and what they stand beside."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from django.core.handlers.asgi import ASGIHandler

from .consumer import StreamConsumer
from .goodbye import GONE
from .metrics import meter
from .protocol import CloseCode, error
from .sse import event_stream

Application = Callable[[Any, Any, Any], Awaitable[None]]


def application(project: Application, at: str = "/") -> Application:
    """The whole ASGI application: the stream wherever its page is, and `project` for all that is not the stream's.

    The page may be mounted anywhere, so the stream is at any address that ends in `/ws/` or `/sse/`. Where the project
    has such addresses too, `at` says how the page's own ends: `/signals/`.
    """
    page = f"/{at.strip('/')}/".replace("//", "/")
    streams = {"websocket": (f"{page}ws/", StreamConsumer.as_asgi()), "http": (f"{page}sse/", event_stream)}
    # Which raises an error for everything but pages.
    others = {"websocket": unknown} if isinstance(project, ASGIHandler) else {}

    async def with_stream(scope: Any, receive: Any, send: Any) -> None:
        kind = scope["type"]
        address, stream = streams.get(kind, ("", None))
        answer = stream if stream and scope["path"].endswith(address) else others.get(kind, project)
        await answer(scope, receive, send)

    return with_stream


async def unknown(scope: Any, receive: Any, send: Any) -> None:
    """4404, for who looks for the stream where it is not."""
    code = CloseCode.NO_SUCH_STREAM
    message = "There is no stream at this address; it is at /ws/."
    meter.refused(code)
    with suppress(*GONE):
        await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
        await send({"type": "websocket.send", "text": error(code, message)})
        await send({"type": "websocket.close", "code": int(code)})
