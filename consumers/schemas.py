"""What messages are made of, as JSON Schemas: events, filters, positions, queries. No I/O, no Django.

Objects may get new members later, so none forbids what it does not know.
"""

from collections.abc import Iterable
from typing import Any

from . import datapath, filter
from .protocol import MAX_POSITION

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
POSITION: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_POSITION}
HEAD: Schema = {"type": "integer", "minimum": 0, "description": "The newest position; 0 if there is none."}
CURSOR: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_POSITION, "description": "A place among the notes."}
MOMENT: Schema = {"type": "string", "format": "date-time"}


def ref(name: str) -> Schema:
    """One of `components`, where it is shown."""
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def object_of(members: dict[str, Schema], *, required: Iterable[str] | None = None) -> Schema:
    """An object with these members, all of them unless it is said which."""
    return {"type": "object", "properties": members, "required": list(members if required is None else required)}


def components() -> dict[str, Schema]:
    """By the name that others refer to it by."""
    return {
        "event": _event(),
        "reactions": _reactions(),
        "reaction": _reaction(),
        "ghost": _ghost(),
        "filter": _filter(),
        "start": _start(),
        "reference": _reference(),
        "mark": _mark(),
    }


def query(**others: Schema) -> Schema:
    """What the query of an address may have, where no hello says what is wanted."""
    several = {"type": ["string", "array"], "items": {"type": "string"}}
    number = {"type": "string", "pattern": "^0*[0-9]{1,19}$"}
    return {
        "type": "object",
        "properties": {
            "after": {
                "type": "string",
                "pattern": "^(earliest|(.+:)?0*[0-9]{1,19})$",
                "description": "Begin after this position, which may have its epoch and a colon in front; or earliest.",
            },
            "last": number | {"description": "Begin so that so many of the newest events come."},
            "since": {"type": "string", "description": "Begin with the first event of this time, or of this age: 10m."},
            "type": several | {"description": "Only these types; a star at the end stands for any: academy.*"},
            "subject": several | {"description": "Only these subjects."},
            "sender": several | {"description": "Only these senders."},
            **others,
        },
        "patternProperties": {
            r"^data\..+$": several
            | {"description": "Only events with this value in their data; .gte and others compare."}
        },
        "additionalProperties": False,
    }


def _event() -> Schema:
    attributes = {
        "specversion": {"const": "1.0"},
        "id": TEXT | {"format": "uuid", "description": "It names the event; positions order events."},
        "source": TEXT | {"format": "uri-reference", "description": "Ends in the stream and the epoch."},
        "sequence": {"type": "string", "pattern": "^[0-9]{20}$", "description": "The position in the stream."},
        "type": TEXT,
        "subject": TEXT | {"description": "The first model instance among the arguments."},
        "time": MOMENT | {"description": "When the signal was sent."},
        "datacontenttype": {"const": "application/json"},
        "sender": TEXT | {"maxLength": 200},
        "summary": TEXT | {"maxLength": 200, "description": "A line for people."},
        "degraded": TEXT | {"description": "Why `data` is not quite what was sent: reasons with commas between."},
        "personal": TEXT | {"description": "Where in `data` personal data stands: JSON pointers with spaces between."},
        "recorded": {"enum": ["aftercommit", "besteffort"]},
        "correlationid": TEXT | {"description": "The same for all events that led to each other."},
        "causationid": TEXT | {"description": "The id of the event in one of whose receivers it was sent."},
        "traceparent": TEXT | {"description": "The request's header (W3C Trace Context)."},
        "origin": TEXT | {"description": "What sent it: a request, a task, a command, a shell, a test."},
        "originhost": TEXT | {"description": "The host and process that sent it."},
        "originuser": TEXT | {"description": "Who sent the request. Personal data."},
        "sentfrom": TEXT | {"description": "File and line of the code that sent it."},
        "data": {
            "type": "object",
            "description": "The signal's arguments by name. An instance is a reference; what is not shown, a mark.",
            "additionalProperties": {"anyOf": [ref("reference"), ref("mark"), {}]},
        },
    }
    always = ("specversion", "id", "source", "sequence", "type", "time", "datacontenttype", "data")
    return object_of(attributes, required=always) | {"description": "A CloudEvent 1.0."}


def _reactions() -> Schema:
    members = {
        "pos": POSITION,
        "id": TEXT | {"format": "uuid", "description": "The event's."},
        "method": {"enum": ["send", "send_robust", "asend", "asend_robust"]},
        "ms": {"type": "number", "minimum": 0, "description": "All of the call."},
        "reactions": {"type": "array", "items": ref("reaction")},
        "more": {"type": "integer", "minimum": 1, "description": "How many receivers are not listed."},
        "unknown": {"const": True},
    }
    return object_of(members, required=("pos", "id")) | {"description": "What receivers did with one event."}


def _reaction() -> Schema:
    members = {
        "receiver": TEXT,
        "source": TEXT | {"description": "File and line."},
        "order": {"type": "integer", "minimum": 1},
        "async": {"type": "boolean"},
        "ms": {"type": "number", "minimum": 0},
        "outcome": {"enum": ["ok", "raised", "not_run", "cancelled", "ignored"]},
        "why": {"enum": ["sender", "dead"]},
        "error": TEXT | {"description": "The exception's type, and perhaps a colon and its message."},
        "traceback": TEXT,
    }
    return object_of(members, required=("receiver", "outcome")) | {"description": "What one receiver did."}


def _ghost() -> Schema:
    """As an event, but for its place."""
    event = _event()
    members = event["properties"] | {
        "outcome": {"const": "rolledback"},
        **{name: _reactions()["properties"][name] for name in ("reactions", "more", "unknown")},
    }
    del members["sequence"]
    always = [name for name in event["required"] if name not in ("source", "sequence")]
    description = "An event that was sent, and whose transaction rolled back."
    return object_of(members, required=(*always, "outcome")) | {
        "not": {"required": ["sequence"]},
        "description": description,
    }


def _filter() -> Schema:
    text = TEXT | {"maxLength": filter.MAX_TEXT}
    value = {"anyOf": [text | {"minLength": 0}, {"type": ["number", "boolean", "null"]}]}
    attribute = "^(?!data$)[a-z0-9]+$"
    path = rf"^(?=.{{{len(datapath.PREFIX) + 1},{datapath.MAX_LENGTH}}}$)data([.][^.]*){{1,{datapath.MAX_PARTS}}}$"
    operands = {
        "exact": _members({attribute: text, path: value}),
        "prefix": _members({attribute: text, path: text}),
        "suffix": _members({attribute: text, path: text}),
        **{each: _members({path: {"anyOf": [text, {"type": "number"}]}}) for each in ("gt", "gte", "lt", "lte")},
        "all": {"type": "array", "items": ref("filter"), "minItems": 1},
        "any": {"type": "array", "items": ref("filter"), "minItems": 1},
        "not": ref("filter"),
    }
    return {
        "type": "object",
        "description": "The dialects of CloudEvents Subscriptions, and four that compare.",
        "properties": operands,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _members(by_pattern: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "patternProperties": by_pattern,
        "additionalProperties": False,
        "minProperties": 1,
    }


def _start() -> Schema:
    count = {"type": "integer", "minimum": 0, "maximum": MAX_POSITION}
    only: Schema = {"additionalProperties": False}
    return {
        "description": "A position, or words for one.",
        "oneOf": [
            POSITION,
            {"enum": ["live", "earliest"]},
            object_of({"last": count}) | only,
            object_of({"since": TEXT}) | only,
        ],
    }


def _reference() -> Schema:
    key: Schema = {"description": "The primary key; null if it was not saved."}
    members = {"model": TEXT, "pk": key, "fields": {"type": "object", "description": "What the model declares."}}
    return object_of(members, required=("model",)) | {"description": "A model instance, in an event's data."}


def _mark() -> Schema:
    return object_of({"$mark": TEXT}) | {"description": "Stands for what is not shown, and says why."}
