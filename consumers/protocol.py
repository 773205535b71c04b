"""The websocket protocol, as data: no I/O, no Django. `docs/protocol.md` says it in words.

Positions: `from` is the first position wanted; ranges are `[from, to)`, and contiguous whether filtered or not.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal

from events.event import new_id, rfc3339

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


def bad_request(message: str, *, limit: str = "") -> Refused:
    return Refused(CloseCode.BAD_REQUEST, message, limit=limit)


def shown(value: object) -> str:
    """A client's value as an error message repeats it: as JSON, and short."""
    try:
        text = _dumps(value)
    except RecursionError:  # What can just be read may be too deep to be written.
        text = "..."
    return text if len(text) <= 60 else text[:57] + "..."


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
