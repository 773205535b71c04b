"""The websocket protocol, as data: no I/O, no Django. `docs/protocol.md` says it in words.

Positions: `from` is the first position wanted; ranges are `[from, to)`, and contiguous whether filtered or not.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal

from events.event import new_id, now, rfc3339

from . import moment

V1 = "signalcast.v1"

MAX_CLIENT_BYTES = 64 * 1024
MAX_DEPTH = 32
WINDOW_EVENTS = 4096
WINDOW_BYTES = 1024 * 1024
FRAME_EVENTS = 1000
FRAME_BYTES = 256 * 1024
# The most that the first line of a batch takes of them.
HEADER_BYTES = 256
MAX_POSITION = 2**63 - 1


class CloseCode(IntEnum):
    """Why the server closes. After 4000 to 4399 a client comes back and resumes; after 4400 to 4999 it does not."""

    TOO_SLOW = 4008
    RESTART = 4012
    OVERLOADED = 4013
    TOO_MANY = 4029
    BAD_REQUEST = 4400
    SIGN_IN = 4401
    FORBIDDEN = 4403
    NO_SUCH_STREAM = 4404
    NO_SUBPROTOCOL = 4406

    @property
    def comes_back(self) -> bool:
        return self < 4400


class Refused(Exception):
    """The client is told why, and the socket is closed with `code`."""

    def __init__(self, code: CloseCode, message: str, *, limit: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.limit = limit
        """The name of the limit that was reached, if it was one: of the setting, in small letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client's message may be."""

    bytes: int = MAX_CLIENT_BYTES
    depth: int = MAX_DEPTH
    window: int = WINDOW_EVENTS


@dataclass(frozen=True, slots=True)
class Last:
    """The newest `count` matching events, within a bounded range."""

    count: int


@dataclass(frozen=True, slots=True)
class Since:
    """The first position whose event is of this time, or later."""

    time: datetime


Start = int | Last | Since | Literal["live", "earliest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The client's first message: what it wants, and from where on."""

    stream: str = "main"
    start: Start = "live"
    epoch: str | None = None
    tip: str | None = None
    filter: Any = None
    window: int = WINDOW_EVENTS
    reactions: bool = True
    """Whether to tell what receivers did with the events."""
    reactions_after: int | None = None
    """The cursor up to which the client has been told what was noted; None where it begins."""
    ghosts: bool = False
    """Whether to tell of what was sent, and rolled back."""


@dataclass(frozen=True, slots=True)
class Ack:
    """The client has stored everything before `position`."""

    position: int


@dataclass(frozen=True, slots=True)
class SetFilter:
    filter: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What is in `[start, stop)` will not come: "retention" (pruned), or "epoch" (this is another log; start over)."""

    start: int
    stop: int
    reason: Literal["retention", "epoch"]


_LIMITS = Limits()


def parse(text: str, limits: Limits = _LIMITS) -> Hello | Ack | SetFilter:
    """A client's message. Raises Refused (4400), with a message that says what to send instead."""
    message = _loads(text, limits)
    match message.get("op"):
        case "hello":
            return _hello(message, limits)
        case "ack":
            return Ack(_position(message.get("pos"), "ack.pos"))
        case "filter":
            return SetFilter(message.get("filter"))
    raise bad_request(f"op is {shown(message.get('op'))}; it must be hello, ack or filter.")


def bad_request(message: str, *, limit: str = "") -> Refused:
    return Refused(CloseCode.BAD_REQUEST, message, limit=limit)


def shown(value: object) -> str:
    """A client's value as an error message repeats it: as JSON, and short."""
    try:
        text = _dumps(value)
    except RecursionError:  # What can just be read may be too deep to be written.
        text = "..."
    return text if len(text) <= 60 else text[:57] + "..."


def _loads(text: str, limits: Limits) -> dict[str, Any]:
    if len(text.encode("utf-8", "replace")) > limits.bytes:
        raise bad_request(f"A message may have {limits.bytes} bytes at most.", limit="message_bytes")
    try:
        message = _decoder.decode(text)
    except ValueError as error:
        raise bad_request("This is not JSON.") from error
    except RecursionError as error:
        raise _too_deep(limits) from error
    # Without so many brackets it cannot be too deep, and most messages have one.
    if text.count("{") + text.count("[") > limits.depth and not _is_within(message, limits.depth):
        raise _too_deep(limits)
    if not isinstance(message, dict):
        raise bad_request('A message is a JSON object, e.g. {"op":"hello"}.')
    return message


def _is_within(value: object, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is None or (depth > 0 and all(_is_within(each, depth - 1) for each in inner))


def _too_deep(limits: Limits) -> Refused:
    return bad_request(f"A message may be nested {limits.depth} levels deep at most.", limit="json_depth")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_no_constant)


def _hello(message: dict[str, Any], limits: Limits) -> Hello:
    window = message.get("window", WINDOW_EVENTS)
    if not _is_int(window) or window < 1:
        raise bad_request(f"hello.window is {shown(window)}; it must be a number of events, at least 1.")
    return Hello(
        stream=_string(message.get("stream", "main"), "hello.stream") or "main",
        start=_start(message.get("from", "live")),
        epoch=_string(message.get("epoch"), "hello.epoch"),
        tip=_string(message.get("tip"), "hello.tip"),
        filter=message.get("filter"),
        window=min(window, limits.window),
        reactions=_boolean(message.get("reactions", True), "hello.reactions"),
        reactions_after=_cursor(message.get("reactions_after"), "hello.reactions_after"),
        ghosts=_boolean(message.get("ghosts", False), "hello.ghosts"),
    )


def _start(value: object) -> Start:
    match value:
        case "live":
            return "live"
        case "earliest":
            return "earliest"
        case {"last": count} if isinstance(value, dict) and len(value) == 1:
            if not _is_int(count) or not 0 <= count <= MAX_POSITION:
                raise bad_request(f"hello.from.last is {shown(count)}; it must be a number of events.")
            return Last(count)
        case {"since": text} if isinstance(value, dict) and len(value) == 1:
            time = moment.since(text, now()) if isinstance(text, str) else None
            if time is None:
                raise bad_request(f"hello.from.since is {shown(text)}; it must be {moment.EXPECTED}.")
            return Since(time)
        case int() | float() | bool():
            return _position(value, "hello.from")
    wanted = 'a position, "live", "earliest", {"last":N} or {"since":TIME}'
    raise bad_request(f"hello.from is {shown(value)}; it must be {wanted}.")


def _position(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_POSITION:
        raise bad_request(f"{name} is {shown(value)}; it must be a position, 1 or more.")
    return value


def _cursor(value: object, name: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_POSITION:
        raise bad_request(f"{name} is {shown(value)}; it must be a number, 0 or more.")
    return value


def _boolean(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise bad_request(f"{name} is {shown(value)}; it must be true or false.")
    return value


def _string(value: object, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise bad_request(f"{name} is {shown(value)}; it must be a string.")
    return value


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# -- What the server sends, in `signalcast.v1`


def welcome(
    hello: Hello,
    *,
    epoch: str,
    start: int,
    tip: str | None,
    head: int,
    oldest: int,
    heartbeat: float,
    noted: int,
) -> str:
    return _dumps(
        {
            "op": "welcome",
            "stream": hello.stream,
            "epoch": epoch,
            "from": start,
            "tip": tip,
            "head": head,
            "oldest": oldest,
            "heartbeat_ms": round(heartbeat * 1000),
            "window": hello.window,
            "reactions_after": noted,
        }
    )


def batch(start: int, stop: int, *, tip: str | None, head: int) -> str:
    """The header of a frame: what a filter lets through of `[start, stop)` follows, an event a line."""
    return _dumps({"op": "batch", "from": start, "to": stop, "tip": tip, "head": head})


def reactions(after: int) -> str:
    """The header of a frame: what receivers did with events follows, a line each."""
    return _dumps({"op": "reactions", "after": after})


def ghosts(after: int) -> str:
    """The header of a frame: events that rolled back follow, a line each."""
    return _dumps({"op": "ghosts", "after": after})


def filtered(start: int) -> str:
    return _dumps({"op": "filtered", "from": start})


def heartbeat(head: int, time: datetime) -> str:
    return _dumps({"op": "heartbeat", "head": head, "time": rfc3339(time)})


def gap(gap: Gap) -> str:
    return _dumps({"op": "gap", "from": gap.start, "to": gap.stop, "reason": gap.reason})


def error(code: int, message: str) -> str:
    """`code` is the close code to come, or 0 if the socket stays open."""
    return _dumps({"op": "error", "code": int(code), "message": message})


def bye(code: int, retry_ms: int) -> str:
    return _dumps({"op": "bye", "code": int(code), "retry_ms": retry_ms})


# -- The same to a client that speaks plain CloudEvents


def control(name: str, data: dict[str, Any], *, source: str, time: datetime) -> str:
    """A CloudEvent without a sequence, of type `signalcast.gap`, `signalcast.error`, `signalcast.bye`, or `end`."""
    return _dumps(
        {
            "specversion": "1.0",
            "id": new_id(time),
            "source": source,
            "type": f"signalcast.{name}",
            "time": rfc3339(time),
            "datacontenttype": "application/json",
            "data": data,
        }
    )


# -- And as server-sent events


def place(epoch: str, position: int) -> str:
    """The line that has a client resume after this position. Without data it is no event, and holds all the same
    (WHATWG HTML §9.2.6, "dispatch the event": the last event ID is set before the empty data is looked at)."""
    return f"id: {epoch}:{position}\n"


def server_sent(name: str, data: str, *fields: str) -> str:
    """A named event; each of the other `fields` is a line."""
    return f"event: {name}\n{''.join(fields)}data: {data}\n\n"


def _dumps(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
