"""events.event: an event as a line, and the line in its place."""

import json
import re
import uuid
import weakref
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from events.event import Entry, Event, new_id, now, rfc3339

ID = "01932d5e-7e00-7abc-8def-0123456789ab"
TIME = datetime(2026, 3, 1, 9, 30, 0, 5, UTC)
EPOCH = "0f" * 16
STORED = (
    '{"specversion":"1.0","id":"01932d5e-7e00-7abc-8def-0123456789ab","type":"shop.order_paid","subject":"shop.order/7"'
    ',"time":"2026-03-01T09:30:00.000005Z","datacontenttype":"application/json","sender":"shop.Order"'
    ',"summary":"note \\u20ac","data":{"note":"\\u20ac"}}'
)
SPLICED = f'"source":"/shop/main/{EPOCH}","sequence":"00000000000000000042",'


def an_event(**changes):
    given = {
        "id": ID,
        "stream": "main",
        "type": "shop.order_paid",
        "source": "/shop",
        "time": TIME,
        "data": '{"note":"\\u20ac"}',
        "sender": "shop.Order",
        "subject": "shop.order/7",
        "summary": "note €",
    }
    return Event(**given | changes)


def an_entry(event, position=42):
    return Entry.of(position, event.encode(), source=event.source, stream=event.stream, epoch=EPOCH)


def test_the_stored_line_is_this_one_to_the_byte():
    assert an_event().encode() == STORED


def test_position_and_epoch_are_spliced_in_behind_the_id_and_nothing_else_changes():
    line = an_entry(an_event()).line

    opening = STORED.index('"type"')
    assert line == STORED[:opening] + SPLICED + STORED[opening:]


def test_an_entry_is_a_cloud_event():
    attributes = an_entry(an_event(correlation_id="c", causation_id="d", origin="web-1", degraded="nul")).attributes

    assert attributes["specversion"] == "1.0"
    assert {"id", "source", "type"} <= attributes.keys()
    assert "data" not in attributes
    assert (attributes["correlationid"], attributes["causationid"], attributes["origin"]) == ("c", "d", "web-1")


@pytest.mark.parametrize("size", [0, 100_000])
def test_the_data_is_parsed_when_it_is_asked_for_and_not_for_each_filter(size):
    entry = an_entry(an_event(data=json.dumps({"a": [1, None], "text": "x" * size})))

    assert entry.data == {"a": [1, None], "text": "x" * size}
    assert entry.data is entry.data


def test_what_was_parsed_is_not_kept_for_long():
    entries = [an_entry(an_event(data=json.dumps({"text": "x" * 20_000})), position) for position in range(1, 100)]
    first = weakref.ref(entries[0])
    for entry in entries:
        assert entry.data["text"]

    del entries, entry

    assert first() is None


def test_attribute_names_obey_the_standard_and_their_values_are_strings():
    full = an_event(correlation_id="c", causation_id="d", origin="o", degraded="nul", recorded="besteffort")
    attributes = an_entry(full).attributes

    for name in attributes.keys() - {"data"}:
        assert re.fullmatch(r"[a-z][a-z0-9]{0,19}", name)
        assert isinstance(attributes[name], str)


def test_what_is_not_known_is_left_out():
    bare = an_event(sender="", subject="", summary="")

    absent = {"sender", "subject", "summary", "degraded", "recorded", "correlationid", "causationid", "origin"}
    assert absent.isdisjoint(an_entry(bare).attributes)


def test_sequences_sort_as_text_as_positions_do_as_numbers():
    sequences = [an_entry(an_event(), position).attributes["sequence"] for position in (1, 9, 10, 99, 2**62)]

    assert sequences == sorted(sequences)
    assert {len(sequence) for sequence in sequences} == {20}


def test_the_id_is_found_without_parsing():
    assert an_entry(an_event()).id == an_entry(an_event()).attributes["id"] == ID


def test_a_line_is_ascii_and_one_line():
    line = an_entry(an_event(summary="Łódź \u2028 \x7f", source="/sh\u00f6p")).line

    assert line.isascii()
    assert line.isprintable() or "\x7f" in line
    assert "\n" not in line


def test_a_mark_changes_nothing_but_how_it_was_recorded():
    marked = an_event().marked("besteffort")

    assert json.loads(marked.encode()) == json.loads(STORED) | {"recorded": "besteffort"}


def test_an_event_is_frozen():
    with pytest.raises(AttributeError):
        an_event().type = "other"


def test_an_id_is_a_uuid_of_version_seven_made_at_that_time():
    value = uuid.UUID(new_id(TIME))

    assert value.version == 7
    assert value.variant == uuid.RFC_4122
    assert value.int >> 80 == int(TIME.timestamp() * 1000)


def test_ids_of_the_same_moment_differ():
    assert len({new_id(TIME) for _ in range(10_000)}) == 10_000


def test_time_is_told_in_utc_always_with_microseconds():
    elsewhere = datetime(2026, 3, 1, 11, 30, tzinfo=timezone(timedelta(hours=2)))

    assert rfc3339(elsewhere) == "2026-03-01T09:30:00.000000Z"
    assert now().tzinfo is UTC
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_the_hour_that_comes_twice_is_two_times():
    once = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    assert rfc3339(once) == "2026-10-25T00:30:00.000000Z"
    assert rfc3339(once.replace(fold=1)) == "2026-10-25T01:30:00.000000Z"
