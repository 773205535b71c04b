"""Every message that crosses the wire: its JSON Schema, and examples of the protocol's making. No I/O, no Django."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, get_args, get_type_hints

from . import protocol, samples
from .batch import Batch
from .noteframe import NoteFrame
from .protocol import CloseCode, Gap, Hello, Limits
from .schemas import CURSOR, HEAD, MOMENT, POSITION, Schema, object_of, or_null, ref

_HELLO = Hello()
_CLOUDEVENT = "application/cloudevents+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One kind of message: what it is, what it looks like, and at least one that does."""

    name: str
    summary: str
    payload: Schema
    examples: tuple[Any, ...]
    content_type: str = "application/json"
    fields: Schema = field(default_factory=dict)
    """Of a server-sent event: its fields beside `data`."""
    example_fields: Schema = field(default_factory=dict)


def by_client(limits: Limits) -> list[Message]:
    """What a client of `signalcast.v1` says."""
    hello = {
        "stream": or_null({"type": "string"}) | {"default": _HELLO.stream},
        "from": ref("start"),
        "epoch": or_null({"type": "string"}) | {"description": "Of which log `from` is a position."},
        "tip": or_null({"type": "string"}) | {"description": "The id of the event at `from - 1`."},
        "filter": or_null(ref("filter")) | {"description": "Which events are wanted; null is every one."},
        "window": {
            "type": "integer",
            "minimum": 1,
            "default": min(_HELLO.window, limits.window),
            "description": f"Events under way that are not acknowledged; more than {limits.window} count as that.",
        },
        "reactions": {"type": "boolean", "default": _HELLO.reactions, "description": "Whether reactions are wanted."},
        "reactions_after": or_null(CURSOR) | {"description": "The newest `after` that was heard, on coming back."},
        "ghosts": {"type": "boolean", "default": _HELLO.ghosts, "description": "Whether ghosts are wanted."},
    }
    return [
        Message(
            name="hello",
            summary="The first message: what is wanted, and from where on.",
            payload=_said("hello", hello, required=()),
            examples=(
                {"op": "hello"},
                {"op": "hello", "from": {"last": 500}, "filter": {"prefix": {"type": "academy."}}},
                {"op": "hello", "from": {"since": "2026-11-01T10:00Z"}},
                {"op": "hello", "from": 43, "epoch": samples.EPOCH, "tip": samples.entry(42).id, "window": 256},
                {"op": "hello", "from": 43, "epoch": samples.EPOCH, "reactions_after": 70, "ghosts": True},
            ),
        ),
        Message(
            name="ack",
            summary="Everything before this position is stored.",
            payload=_said("ack", {"pos": POSITION}),
            examples=({"op": "ack", "pos": 45},),
        ),
        Message(
            name="filter",
            summary="Another filter from now on; null, or none, is every event.",
            payload=_said("filter", {"filter": or_null(ref("filter"))}, required=()),
            examples=({"op": "filter", "filter": {"exact": {"type": "academy.order_paid"}}}, {"op": "filter"}),
        ),
    ]


def by_server(limits: Limits, heartbeat: float) -> list[Message]:
    """What the server says in `signalcast.v1`."""
    welcome = {
        "stream": {"type": "string"},
        "epoch": {"type": "string", "description": "The name of this log's life."},
        "from": POSITION,
        "tip": or_null({"type": "string"}) | {"description": "The id of the event at `from - 1`, if it is held."},
        "head": HEAD,
        "oldest": POSITION,
        "heartbeat_ms": {"type": "integer", "minimum": 1},
        "window": {"type": "integer", "minimum": 1, "maximum": limits.window},
        "reactions_after": CURSOR,
    }
    batch = {
        "from": POSITION,
        "to": POSITION,
        "tip": or_null({"type": "string"}) | {"description": "The id of the event at `to - 1`."},
        "head": HEAD,
    }
    some = [samples.entry(43), samples.entry(44)]
    return [
        Message(
            name="welcome",
            summary="The answer to `hello`: where the client begins.",
            payload=_said("welcome", welcome),
            examples=_read(
                protocol.welcome(
                    Hello(window=limits.window),
                    epoch=samples.EPOCH,
                    start=43,
                    tip=samples.entry(42).id,
                    head=44,
                    oldest=1,
                    heartbeat=heartbeat,
                    noted=70,
                )
            ),
        ),
        Message(
            name="batch",
            summary="A header, and an event a line: all that the filter lets through of `[from, to)`.",
            payload=_lines(_said("batch", batch), ref("event")),
            examples=_read_lines(
                Batch(43, 45, some, tip=some[-1].id, head=44).frame,
                Batch(45, 60, [], tip=samples.entry(59).id, head=60).frame,
            ),
            content_type="application/x-ndjson",
        ),
        Message(
            name="reactions",
            summary="A header, and a line for each event: what receivers did with it.",
            payload=_lines(_said("reactions", {"after": CURSOR}), ref("reactions")),
            examples=_read_lines(_noted("reactions", 71, samples.REACTIONS), _noted("reactions", 80)),
            content_type="application/x-ndjson",
        ),
        Message(
            name="ghosts",
            summary="A header, and a line for each event that was sent and rolled back.",
            payload=_lines(_said("ghosts", {"after": CURSOR}), ref("ghost")),
            examples=_read_lines(_noted("ghost", 81, samples.GHOST)),
            content_type="application/x-ndjson",
        ),
        Message(
            name="filtered",
            summary="The new filter holds from this position on.",
            payload=_said("filtered", {"from": POSITION}),
            examples=_read(protocol.filtered(5060)),
        ),
        Message(
            name="heartbeat",
            summary="The connection lives, and this is the newest position.",
            payload=_said("heartbeat", {"head": HEAD, "time": MOMENT}),
            examples=_read(protocol.heartbeat(44, samples.TIME)),
        ),
        Message(
            name="gap",
            summary="The events of `[from, to)` will not come.",
            payload=_said("gap", _GAP),
            examples=_read(*(protocol.gap(each) for each in samples.GAPS)),
        ),
        Message(
            name="error",
            summary="What is wrong; a code other than 0 is the close code that follows.",
            payload=_said("error", _ERROR),
            examples=_read(*(protocol.error(*each) for each in samples.ERRORS)),
        ),
        Message(
            name="bye",
            summary="Come back after a random time between 0 and `retry_ms`; the close code follows.",
            payload=_said("bye", _BYE),
            examples=_read(protocol.bye(*samples.BYE)),
        ),
    ]


def as_cloudevents() -> list[Message]:
    """What the server says in `cloudevents.json`, and to whoever offers no sub-protocol: one in each frame."""
    return [
        Message(
            name="event",
            summary="An event of the stream.",
            payload=ref("event"),
            examples=_read(samples.entry(43).line),
            content_type=_CLOUDEVENT,
        ),
        _control(
            "gap",
            "The events of `[from, to)` will not come.",
            _GAP,
            *({"from": gap.start, "to": gap.stop, "reason": gap.reason} for gap in samples.GAPS),
        ),
        _control("error", "What is wrong.", _ERROR, *({"code": int(c), "message": m} for c, m in samples.ERRORS)),
        _control("bye", "Come back, and resume.", _BYE, {"code": int(samples.BYE[0]), "retry_ms": samples.BYE[1]}),
    ]


def as_server_sent_events() -> list[Message]:
    """The same in `/sse/`, where each has fields besides."""
    place = {
        "type": "string",
        "pattern": "^[^:]+:[0-9]+$",
        "description": "Epoch, position.",
    }
    retry = {"type": "integer", "minimum": 0, "description": "Milliseconds to wait before coming back."}
    event, gap, error, bye = as_cloudevents()
    there = f"{samples.EPOCH}:43"
    return [
        _sent(event, {"id": place}, {"id": there}),
        _sent(gap, {"event": {"const": "gap"}, "id": place}, {"event": "gap", "id": there}),
        _sent(error, {"event": {"const": "error"}}, {"event": "error"}),
        _sent(bye, {"event": {"const": "bye"}, "retry": retry}, {"event": "bye", "retry": 412}),
    ]


_GAP: dict[str, Schema] = {
    "from": POSITION,
    "to": POSITION,
    "reason": {"enum": list(get_args(get_type_hints(Gap)["reason"]))},
}
_ERROR: dict[str, Schema] = {"code": {"enum": [0, *map(int, CloseCode)]}, "message": {"type": "string"}}
_BYE: dict[str, Schema] = {
    "code": {"enum": [int(code) for code in CloseCode if code.comes_back]},
    "retry_ms": {"type": "integer", "minimum": 0},
}


def _said(op: str, members: dict[str, Schema], *, required: Iterable[str] | None = None) -> Schema:
    always = members if required is None else required
    return object_of({"op": {"const": op}} | members, required=("op", *always))


def _lines(header: Schema, line: Schema) -> Schema:
    """A frame with a JSON value in each line, the first of which is another than the rest."""
    return {"type": "array", "items": [header], "additionalItems": line, "minItems": 1}


def _control(name: str, summary: str, data: dict[str, Schema], *examples: Schema) -> Message:
    """It has no sequence, since it is no event of the stream."""
    members: dict[str, Schema] = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"const": f"signalcast.{name}"},
        "time": MOMENT,
        "datacontenttype": {"const": "application/json"},
        "data": object_of(data),
    }
    written = [
        protocol.control(name, each, source=f"{samples.SOURCE}/{samples.STREAM}", time=samples.TIME)
        for each in examples
    ]
    return Message(
        name=f"signalcast.{name}",
        summary=summary,
        payload=object_of(members) | {"not": {"required": ["sequence"]}},
        examples=_read(*written),
        content_type=_CLOUDEVENT,
    )


def _sent(message: Message, fields: dict[str, Schema], example: dict[str, Any]) -> Message:
    """The message as `data` of a server-sent event."""
    return replace(message, name=f"sse.{message.name}", fields=object_of(fields), example_fields=example)


def _read(*frames: str) -> tuple[Any, ...]:
    return tuple(map(json.loads, frames))


def _read_lines(*frames: str) -> tuple[list[Any], ...]:
    return tuple([json.loads(line) for line in frame.split("\n")] for frame in frames)


def _noted(kind: str, after: int, *lines: Schema) -> str:
    return NoteFrame(kind, after, [json.dumps(line) for line in lines], reached=after).frame
