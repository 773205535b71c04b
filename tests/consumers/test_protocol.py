"""Messages and close codes: what clients may say, and that the server's frames are the golden ones to the byte."""

import json
import math
from datetime import datetime
from pathlib import Path

import pytest

from consumers import protocol
from consumers.batch import Batch
from consumers.clientmessage import parse
from consumers.noteframe import NoteFrame
from consumers.protocol import Ack, CloseCode, Gap, Hello, Last, Refused, SetFilter, Since
from events.event import Entry

FRAMES = json.loads((Path(__file__).parents[1] / "frames.json").read_text())
BY_CLIENT = [frame for frame in FRAMES if frame["direction"] == "client"]
BY_SERVER = [frame for frame in FRAMES if frame["direction"] == "server"]


def names(frames):
    return [frame["name"] for frame in frames]


@pytest.mark.parametrize("frame", BY_CLIENT, ids=names(BY_CLIENT))
def test_every_golden_frame_of_a_client_is_understood(frame):
    said = frame["parsed"]

    message = parse(frame["frame"])

    match said["op"]:
        case "hello":
            start = said.get("from", "live")
            assert message == Hello(
                start=_place(start),
                epoch=said.get("epoch"),
                tip=said.get("tip"),
                filter=said.get("filter"),
                window=said.get("window", 4096),
                reactions=said.get("reactions", True),
                reactions_after=said.get("reactions_after"),
                ghosts=said.get("ghosts", False),
            )
        case "ack":
            assert message == Ack(said["pos"])
        case "filter":
            assert message == SetFilter(said["filter"])


@pytest.mark.parametrize("frame", BY_SERVER, ids=names(BY_SERVER))
def test_every_golden_frame_of_the_server_is_written_to_the_byte(frame):
    said = frame["parsed"]

    assert WRITTEN[said["op"]](said, frame["frame"]) == frame["frame"]


def _place(start):
    match start:
        case {"last": count}:
            return Last(count)
        case {"since": time}:
            return Since(datetime.fromisoformat(time))
    return start


def _welcome(said, frame):
    return protocol.welcome(
        Hello(window=said["window"]),
        epoch=said["epoch"],
        start=said["from"],
        tip=said["tip"],
        head=said["head"],
        oldest=said["oldest"],
        heartbeat=said["heartbeat_ms"] / 1000,
        noted=said["reactions_after"],
    )


def _batch(said, frame):
    lines = frame.split("\n")[1:]
    entries = [Entry(int(event["sequence"]), line) for event, line in zip(said["events"], lines, strict=True)]
    return Batch(said["from"], said["to"], entries, tip=said["tip"], head=said["head"]).frame


def _notes(said, frame):
    kind = {"reactions": "reactions", "ghosts": "ghost"}[said["op"]]
    return NoteFrame(kind, said["after"], frame.split("\n")[1:], reached=said["after"]).frame


def _gap(said, frame):
    return protocol.gap(Gap(start=said["from"], stop=said["to"], reason=said["reason"]))


WRITTEN = {
    "welcome": _welcome,
    "batch": _batch,
    "reactions": _notes,
    "ghosts": _notes,
    "gap": _gap,
    "filtered": lambda said, frame: protocol.filtered(said["from"]),
    "heartbeat": lambda said, frame: protocol.heartbeat(said["head"], datetime.fromisoformat(said["time"])),
    "error": lambda said, frame: protocol.error(said["code"], said["message"]),
    "bye": lambda said, frame: protocol.bye(said["code"], said["retry_ms"]),
}


def test_no_attribute_of_a_golden_event_is_anything_but_text_as_cloudevents_demands():
    events = [event for frame in BY_SERVER for event in frame["parsed"].get("events", ())]

    assert events
    for event in events:
        for name, value in event.items():
            assert name == "data" or isinstance(value, str), f"{name} of {event['id']}"


INVALID = {
    "nothing": ("", 'This is not JSON. Send an object, e.g. {"op":"hello"}.'),
    "half an object": ('{"op":"hello"', "This is not JSON."),
    "NaN": ('{"op":"hello","window":NaN}', "This is not JSON."),
    "Infinity": ('{"op":"ack","pos":-Infinity}', "This is not JSON."),
    "a nesting bomb": ("[" * 30_000 + "]" * 30_000, "A message may be nested 32 levels deep at most."),
    "a nesting bomb of objects": ('{"op":' * 10_000, "A message may be nested 32 levels deep at most."),
    "33 levels": (
        '{"op":"filter","filter":' + "[" * 32 + "]" * 32 + "}",
        "A message may be nested 32 levels deep at most.",
    ),
    "an integer of 5,000 digits": ('{"op":"ack","pos":' + "9" * 5_000 + "}", "This is not JSON."),
    "a list": ('["hello"]', 'A message is a JSON object, e.g. {"op":"hello"}.'),
    "a string": ('"hello"', 'A message is a JSON object, e.g. {"op":"hello"}.'),
    "null": ("null", 'A message is a JSON object, e.g. {"op":"hello"}.'),
    "no op": ("{}", "op is null; it must be hello, ack or filter."),
    "unknown op": ('{"op":"subscribe"}', 'op is "subscribe"; it must be hello, ack or filter.'),
    "op of another type": ('{"op":{"op":"hello"}}', 'op is {"op":"hello"}; it must be hello, ack or filter.'),
    "ack of nothing": ('{"op":"ack"}', "ack.pos is null; it must be a position, 1 or more."),
    "ack of a negative": ('{"op":"ack","pos":-1}', "ack.pos is -1; it must be a position, 1 or more."),
    "ack of zero": ('{"op":"ack","pos":0}', "ack.pos is 0; it must be a position, 1 or more."),
    "ack of true": ('{"op":"ack","pos":true}', "ack.pos is true; it must be a position, 1 or more."),
    "ack of a float": ('{"op":"ack","pos":1.0}', "ack.pos is 1.0; it must be a position, 1 or more, without a point"),
    "ack of text": ('{"op":"ack","pos":"1"}', 'ack.pos is "1"; it must be a position, 1 or more.'),
    "ack of 2**63": (
        '{"op":"ack","pos":9223372036854775808}',
        "ack.pos is 9223372036854775808; it must be a position, 1 or more, and 9223372036854775807 at most.",
    ),
    "from a negative": ('{"op":"hello","from":-5}', "hello.from is -5; it must be a position, 1 or more."),
    "from zero": ('{"op":"hello","from":0}', "hello.from is 0; it must be a position, 1 or more."),
    "from a float": (
        '{"op":"hello","from":1.5}',
        "hello.from is 1.5; it must be a position, 1 or more, without a point or an exponent.",
    ),
    "from true": ('{"op":"hello","from":true}', "hello.from is true; it must be a position, 1 or more."),
    "from null": ('{"op":"hello","from":null}', "hello.from is null; it must be a position,"),
    "from a word": ('{"op":"hello","from":"start"}', 'hello.from is "start"; it must be a position, "live",'),
    "from two things": ('{"op":"hello","from":{"last":1,"x":2}}', "hello.from is {"),
    "last of a negative": (
        '{"op":"hello","from":{"last":-1}}',
        "hello.from.last is -1; it must be a number of events.",
    ),
    "last of 2**63": (
        '{"op":"hello","from":{"last":9223372036854775808}}',
        "hello.from.last is 9223372036854775808; it must be a number of events, and 9223372036854775807 at most.",
    ),
    "since nothing": (
        '{"op":"hello","from":{"since":null}}',
        "hello.from.since is null; it must be a time, e.g. 2026-",
    ),
    "since a number": ('{"op":"hello","from":{"since":5}}', "hello.from.since is 5; it must be a time, e.g. 2026-"),
    "since a word": ('{"op":"hello","from":{"since":"soon"}}', 'hello.from.since is "soon"; it must be a time, e.g.'),
    "since and last": ('{"op":"hello","from":{"since":"1h","last":1}}', "hello.from is {"),
    "last of text": ('{"op":"hello","from":{"last":"5"}}', 'hello.from.last is "5"; it must be a number of events.'),
    "last of true": ('{"op":"hello","from":{"last":true}}', "hello.from.last is true; it must be"),
    "window of zero": ('{"op":"hello","window":0}', "hello.window is 0; it must be a number of events, at least 1."),
    "window of true": ('{"op":"hello","window":true}', "hello.window is true; it must be"),
    "window of a float": ('{"op":"hello","window":9.5}', "hello.window is 9.5; it must be"),
    "window of text": ('{"op":"hello","window":"9"}', 'hello.window is "9"; it must be'),
    "reactions of a word": ('{"op":"hello","reactions":"no"}', 'hello.reactions is "no"; it must be true or false.'),
    "reactions of null": ('{"op":"hello","reactions":null}', "hello.reactions is null; it must be true or false."),
    "ghosts of one": ('{"op":"hello","ghosts":1}', "hello.ghosts is 1; it must be true or false."),
    "reactions after a negative": (
        '{"op":"hello","reactions_after":-1}',
        "hello.reactions_after is -1; it must be a number, 0 or more.",
    ),
    "reactions after true": ('{"op":"hello","reactions_after":true}', "hello.reactions_after is true; it must be"),
    "reactions after a word": ('{"op":"hello","reactions_after":"7"}', 'hello.reactions_after is "7"; it must be'),
    "stream of a number": ('{"op":"hello","stream":1}', "hello.stream is 1; it must be a string."),
    "epoch of a number": ('{"op":"hello","epoch":1}', "hello.epoch is 1; it must be a string."),
    "tip of a list": ('{"op":"hello","tip":[]}', "hello.tip is []; it must be a string."),
    "too long": (json.dumps({"op": "filter", "filter": "x" * 65_536}), "A message may have 65536 bytes at most."),
    "too long in bytes": ('{"op":"filter","filter":"' + "€" * 22_000 + '"}', "A message may have 65536 bytes"),
    "a bomb of 100,000": ("[" * 100_000 + "]" * 100_000, "A message may have 65536 bytes at most."),
}


@pytest.mark.parametrize("text, message", INVALID.values(), ids=INVALID.keys())
def test_an_invalid_message_is_refused_with_words_that_say_what_to_send(text, message):
    with pytest.raises(Refused) as refused:
        parse(text)

    assert refused.value.code == CloseCode.BAD_REQUEST
    assert refused.value.message.startswith(message)
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("said", "meant"), [("", "main"), (',"stream":null', "main"), (',"stream":"main"', "main"), (',"stream":""', "")]
)
def test_the_stream_is_the_main_one_where_none_is_named(said, meant):
    assert parse('{"op":"hello"' + said + "}").stream == meant


def test_no_depth_of_nesting_gets_past_the_refusal():
    for depth in range(800, 1100):
        for value in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
            with pytest.raises(Refused):
                parse('{"op":' + value + "}")


def test_a_window_larger_than_ours_becomes_ours():
    assert parse('{"op":"hello","window":1000000}').window == protocol.WINDOW_EVENTS


def test_a_float_that_overflows_is_refused_like_any_other():
    assert math.isinf(json.loads("1e999"))
    with pytest.raises(Refused):
        parse('{"op":"hello","from":1e999}')


def test_32_levels_are_not_too_deep_and_brackets_in_strings_count_for_nothing():
    filter = '["' + "[{" * 100 + '"]' + "," + "[" * 30 + "]" * 30
    assert parse('{"op":"filter","filter":[' + filter + "]}").filter


def test_limits_are_what_the_server_says_they_are():
    limits = protocol.Limits(bytes=100, depth=3, window=10)

    assert parse('{"op":"hello","window":4096}', limits).window == 10
    for text in ('{"op":"hello","filter":[[[]]]}', '{"op":"hello","tip":"' + "x" * 90 + '"}'):
        with pytest.raises(Refused) as refused:
            parse(text, limits)
        assert refused.value.limit in ("json_depth", "message_bytes")


def test_close_codes_say_by_their_range_whether_a_client_comes_back():
    comes_back = {code.name for code in CloseCode if 4000 <= code <= 4399}
    stays_away = {code.name for code in CloseCode if 4400 <= code <= 4999}

    assert comes_back == {"TOO_SLOW", "RESTART", "OVERLOADED", "TOO_MANY"}
    assert stays_away == {"BAD_REQUEST", "SIGN_IN", "FORBIDDEN", "NO_SUCH_STREAM", "NO_SUBPROTOCOL"}


def test_control_in_plain_cloudevents_is_an_event_without_a_sequence():
    time = datetime.fromisoformat("2026-11-22T16:08:43.350123Z")

    event = json.loads(protocol.control("gap", {"from": 1, "to": 5}, source="/signalcast/main", time=time))

    assert "sequence" not in event
    assert len(event.pop("id")) == 36
    assert event == {
        "specversion": "1.0",
        "source": "/signalcast/main",
        "type": "signalcast.gap",
        "time": "2026-11-22T16:08:43.350123Z",
        "datacontenttype": "application/json",
        "data": {"from": 1, "to": 5},
    }
