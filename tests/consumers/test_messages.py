"""Schemas of messages: every message of the protocol has one, golden frames and the examples match it, and no other."""

import ast
import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, FormatChecker

from consumers import messages, schemas
from consumers.clientmessage import parse
from consumers.protocol import Limits
from events.event import Entry
from tests.test_docs import asked_members, calls, heard_ops, sent_ops, source

FRAMES = json.loads((Path(__file__).parents[1] / "frames.json").read_text())
BY_CLIENT = {each.name: each for each in messages.by_client(Limits())}
BY_SERVER = {each.name: each for each in messages.by_server(Limits(), 10.0)}
CLOUDEVENTS = {each.name: each for each in messages.as_cloudevents()}
SERVER_SENT = {each.name: each for each in messages.as_server_sent_events()}
ON_A_WEBSOCKET = BY_CLIENT | BY_SERVER | CLOUDEVENTS


def names(frames):
    return [frame["name"] for frame in frames]


def errors(message, payload):
    schema = {"components": {"schemas": schemas.components()}, "allOf": [message.payload]}
    return [error.message for error in Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(payload)]


def matching(payload):
    """The names of those messages of the websocket that this is one of."""
    return [name for name, message in ON_A_WEBSOCKET.items() if not errors(message, payload)]


def payload_of(frame):
    """A frame as its schema has it: a batch is a list, of its header and its events, and so are notes."""
    header, *lines = map(json.loads, frame.split("\n"))
    return [header, *lines] if header.get("op") in ("batch", "reactions", "ghosts") else header


@pytest.mark.parametrize("frame", FRAMES, ids=names(FRAMES))
def test_every_golden_frame_is_one_message_and_no_other(frame):
    payload = payload_of(frame["frame"])

    assert matching(payload) == [frame["parsed"]["op"]], errors(ON_A_WEBSOCKET[frame["parsed"]["op"]], payload)
    assert frame["direction"] == ("client" if frame["parsed"]["op"] in BY_CLIENT else "server")


def test_every_message_of_the_protocol_is_there_and_no_other():
    controls = {call.args[0].value for call in calls("consumers/dialect.py", "_control") if call.args}

    assert set(BY_CLIENT) == heard_ops()
    assert set(BY_SERVER) == sent_ops()
    assert set(CLOUDEVENTS) == {"event", *(f"signalcast.{name}" for name in controls)}
    assert set(SERVER_SENT) == {f"sse.{name}" for name in CLOUDEVENTS}


def test_every_member_that_the_server_writes_is_required_and_no_other():
    written = {}
    for node in ast.walk(source("consumers/protocol.py")):
        if isinstance(node, ast.Dict) and any(getattr(key, "value", None) == "op" for key in node.keys):
            members = {key.value: value for key, value in zip(node.keys, node.values, strict=True)}
            written[members["op"].value] = set(members)

    for name, message in BY_SERVER.items():
        schema = message.payload["items"][0] if message.payload["type"] == "array" else message.payload
        assert set(schema["properties"]) == written[name], name
        assert set(schema["required"]) == written[name], name


def test_every_member_that_the_server_looks_for_is_there():
    there = set().union(*(message.payload["properties"] for message in BY_CLIENT.values()))

    assert there == asked_members()


@pytest.mark.parametrize("name", ON_A_WEBSOCKET)
def test_every_example_is_of_its_own_message_and_no_other(name):
    examples = ON_A_WEBSOCKET[name].examples

    assert examples
    for example in examples:
        assert matching(example) == [name], errors(ON_A_WEBSOCKET[name], example)


@pytest.mark.parametrize("name", SERVER_SENT)
def test_every_server_sent_event_has_fields_as_in_its_example(name):
    message = SERVER_SENT[name]

    assert not list(Draft7Validator(message.fields).iter_errors(message.example_fields))
    assert not any(errors(message, example) for example in message.examples)


@pytest.mark.parametrize("name", BY_CLIENT)
def test_what_clients_say_in_the_examples_is_understood(name):
    for example in BY_CLIENT[name].examples:
        assert parse(json.dumps(example))


def test_the_event_of_the_examples_is_as_the_log_gives_it():
    (event,) = CLOUDEVENTS["event"].examples

    entry = Entry(43, json.dumps(event, separators=(",", ":")))

    assert (entry.id, entry.type) == (event["id"], "academy.order_paid")
    assert event["sequence"] == f"{43:020}"


WRONG = {
    "an unknown op": {"op": "subscribe"},
    "no op": {"pos": 1},
    "a position of zero": {"op": "ack", "pos": 0},
    "a start that is a word": {"op": "hello", "from": "start"},
    "a start of two kinds": {"op": "hello", "from": {"last": 1, "since": "1h"}},
    "a window of zero": {"op": "hello", "window": 0},
    "an unknown close code": {"op": "error", "code": 4499, "message": "?"},
    "a bye with a code that says to stay away": {"op": "bye", "code": 4401, "retry_ms": 1},
    "a gap without a reason": {"op": "gap", "from": 1, "to": 2},
    "a filter of no dialect": {"op": "filter", "filter": {"sql": "1"}},
    "a filter of two dialects": {"op": "filter", "filter": {"exact": {"type": "a"}, "prefix": {"type": "a"}}},
    "a batch whose line is no event": [{"op": "batch", "from": 1, "to": 2, "tip": None, "head": 1}, {}],
}


@pytest.mark.parametrize("payload", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_message_matches_none(payload):
    assert matching(payload) == []


def test_limits_are_those_in_force():
    few = Limits(window=100)

    (hello, *_), (welcome, *_) = messages.by_client(few), messages.by_server(few, 2.5)

    assert hello.payload["properties"]["window"]["default"] == 100
    assert welcome.payload["properties"]["window"]["maximum"] == 100
    assert welcome.examples[0]["heartbeat_ms"] == 2500
