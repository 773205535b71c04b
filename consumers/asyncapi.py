"""`/asyncapi.json`: what `docs/protocol.md` says, for machines (AsyncAPI 3), with this server's addresses and limits.

It holds nothing of the log, and is open to everybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.settings import Settings, current

from . import messages, schemas
from .access import SUBPROTOCOL, address
from .dialect import CloudEvents, SignalcastV1
from .limits import of_messages
from .messages import Message
from .protocol import FRAME_BYTES, FRAME_EVENTS, WINDOW_BYTES, CloseCode
from .schemas import Schema
from .sse import LAST_ID
from .tokens import PREFIX

VERSION = "3.1.0"
NAME = "asyncapi.json"

_WHY = {
    CloseCode.TOO_SLOW: "A full window was not acknowledged for a minute, or no hello came in time.",
    CloseCode.RESTART: "The server stops, its database cannot be read, or the log was replaced.",
    CloseCode.OVERLOADED: "The process has as many clients, or handshakes a second, as it takes.",
    CloseCode.TOO_MANY: "The user or the address has too many clients, or the client sent too many messages.",
    CloseCode.BAD_REQUEST: "A message or the query was invalid.",
    CloseCode.SIGN_IN: "Nobody is signed in, or the token is not valid.",
    CloseCode.FORBIDDEN: "The host name, the origin or the user may not.",
    CloseCode.NO_SUCH_STREAM: "The address or the stream is wrong.",
    CloseCode.NO_SUBPROTOCOL: "None of the sub-protocols offered is spoken here.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the stream is: the host, and the path of the dashboard, which the others are below."""

    host: str
    root: str = "/"
    is_secure: bool = False


@login_not_required
@never_cache
@require_safe
async def asyncapi(request: HttpRequest) -> HttpResponse:
    root = address(request).removesuffix(NAME)
    return JsonResponse(document(Place(host=request.get_host(), root=root, is_secure=request.is_secure()), current()))


def document(place: Place, settings: Settings) -> dict[str, Any]:
    by_client = messages.by_client(of_messages())
    by_server = messages.by_server(of_messages(), settings.HEARTBEAT)
    events, sent = messages.as_cloudevents(), messages.as_server_sent_events()
    return {
        "asyncapi": VERSION,
        "info": {"title": "Signalcast", "version": "1.0.0", "description": _INFO},
        "defaultContentType": "application/json",
        "servers": {
            "websocket": _server(place, "wss" if place.is_secure else "ws", _security()),
            "http": _server(place, "https" if place.is_secure else "http", ("token", "session")),
        },
        "channels": {
            "websocket": _channel("/ws/", "websocket", _WEBSOCKET, [*by_client, *by_server, *events])
            | {"bindings": {"ws": _BINDING}},
            "serverSentEvents": _channel("/sse/", "http", _SERVER_SENT_EVENTS, sent),
        },
        "operations": {
            "receiveV1": _operation("receive", "websocket", f"What clients say in {SignalcastV1.name}.", by_client),
            "sendV1": _operation("send", "websocket", f"What the server says in {SignalcastV1.name}.", by_server),
            "sendCloudEvents": _operation("send", "websocket", f"{CloudEvents.name}: an event a frame.", events),
            "sendPlain": _operation("send", "websocket", "Without a sub-protocol: the same.", events),
            "sendServerSentEvents": _operation("send", "serverSentEvents", "For EventSource and `curl -N`.", sent)
            | {"bindings": {"http": _HTTP_BINDING}},
        },
        "components": {
            "schemas": schemas.components(),
            "messages": {each.name: _message(each) for each in (*by_client, *by_server, *events, *sent)},
            "securitySchemes": _security(),
        },
        "x-close-codes": [
            {"code": int(code), "name": code.name, "comes-back": code.comes_back, "why": _WHY[code]}
            for code in CloseCode
        ],
        "x-limits": _limits(settings),
    }


_INFO = """The durable stream of a project's business signals.

Ranges of positions are half open and contiguous: `from` of a `batch` is the position that the client wanted, so that
nothing is missing, and `to` is the next one. A client that comes back sends the position, the epoch and the tip that it
stored. Close codes are in `x-close-codes`, limits in `x-limits`. What a client does not know it ignores."""

_WEBSOCKET = """A websocket, in the dialect that its client offers as the sub-protocol.

In `signalcast.v1` the client says `hello` first, and the address has no query. In `cloudevents.json`, and without a
sub-protocol, the query says what is wanted, and there is nothing to answer."""

_SERVER_SENT_EVENTS = """The stream as server-sent events.

The payload is the `data` of one, the headers are its other fields. A client that comes back sends the last `id` in the
header `Last-Event-ID`. Lines that begin with a colon say that the connection lives. What is refused is answered by a
status, and `{"error": …}`."""

_HTTP_BINDING: Schema = {
    "method": "GET",
    "query": schemas.query(
        **{LAST_ID: {"type": "string", "description": "The last id, from clients that cannot send it as a header."}}
    ),
    "bindingVersion": "0.3.0",
}

_BINDING: Schema = {
    "method": "GET",
    "query": schemas.query(),
    "headers": schemas.object_of(
        {
            "Sec-WebSocket-Protocol": {
                "type": "string",
                "description": f"{SignalcastV1.name}, {CloudEvents.name}, or none. {SUBPROTOCOL}{PREFIX}… is a token.",
            },
            "Origin": {"type": "string", "description": "Sent by browsers: the server's own, or one that it trusts."},
            "Authorization": {"type": "string", "pattern": f"^Bearer {PREFIX}", "description": "A program's token."},
        },
        required=(),
    ),
    "bindingVersion": "0.1.0",
}


def _server(place: Place, protocol: str, security: Iterable[str]) -> Schema:
    path = {"pathname": place.root.rstrip("/")} if place.root != "/" else {}
    ways_in = [{"$ref": f"#/components/securitySchemes/{name}"} for name in security]
    return {"host": place.host, "protocol": protocol, **path, "security": ways_in}


def _channel(address: str, server: str, description: str, said: Iterable[Message]) -> Schema:
    return {
        "address": address,
        "description": description,
        "servers": [{"$ref": f"#/servers/{server}"}],
        "messages": {each.name: {"$ref": f"#/components/messages/{each.name}"} for each in said},
    }


def _operation(action: str, channel: str, summary: str, said: Iterable[Message]) -> Schema:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{each.name}"} for each in said],
    }


def _message(message: Message) -> Schema:
    fields = {"headers": message.fields} if message.fields else {}
    example = {"headers": message.example_fields} if message.fields else {}
    return {
        "name": message.name,
        "title": message.name,
        "summary": message.summary,
        "contentType": message.content_type,
        **fields,
        "payload": message.payload,
        "examples": [example | {"payload": payload} for payload in message.examples],
    }


def _security() -> dict[str, Schema]:
    return {
        "token": {"type": "http", "scheme": "bearer", "description": "A token of a user who may follow the stream."},
        "tokenAsSubprotocol": {
            "type": "httpApiKey",
            "in": "header",
            "name": "Sec-WebSocket-Protocol",
            "description": f"The same in a browser: one more sub-protocol, {SUBPROTOCOL}{PREFIX}…",
        },
        "session": {
            "type": "httpApiKey",
            "in": "cookie",
            "name": django_settings.SESSION_COOKIE_NAME,
            "description": "Of a user who has signed in; a websocket also needs the Origin of this server.",
        },
    }


def _limits(settings: Settings) -> dict[str, float]:
    """What a client has to keep to, or may count on."""
    return {
        "hello-seconds": settings.HELLO_SECONDS,
        "heartbeat-seconds": settings.HEARTBEAT,
        "message-bytes": settings.MAX_MESSAGE_BYTES,
        "messages-per-second": settings.MAX_MESSAGES,
        "json-depth": settings.MAX_JSON_DEPTH,
        "window-events": settings.MAX_WINDOW,
        "window-bytes": WINDOW_BYTES,
        "batch-events": FRAME_EVENTS,
        "batch-bytes": FRAME_BYTES,
        "data-bytes": settings.MAX_DATA_BYTES,
        "filter-depth": settings.MAX_FILTER_DEPTH,
        "filter-expressions": settings.MAX_FILTER_EXPRESSIONS,
    }
