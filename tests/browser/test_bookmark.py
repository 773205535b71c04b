"""The client library across reloads: the position that is kept, and what is asked for with it."""

import json

import pytest

from tests.browser.client import OTHER, events, welcome
from tests.browser.scripted import EPOCH


def test_a_reloaded_page_asks_for_what_it_had_shown_and_all_since(client):
    client.open(kept=json.dumps({"epoch": EPOCH, "position": 9001}), backfill=500, **{"from": {"last": 500}})

    client.accept()

    assert client.sent == [{"op": "hello", "stream": "main", "from": 8501, "epoch": EPOCH, "window": 4096}]


def test_history_that_was_pruned_before_the_kept_position_is_no_gap(client):
    client.open(kept=json.dumps({"epoch": EPOCH, "position": 9001}), backfill=500)
    client.accept()
    client.receive(welcome(8800, head=9000))
    client.receive({"op": "gap", "from": 8501, "to": 8800, "reason": "retention"})
    assert client.get("gaps") == []

    client.receive(events(8800, 201))
    assert client.get("stream.position") == 9001


def test_history_that_was_pruned_after_the_kept_position_is_a_gap_from_there(client):
    client.open(kept=json.dumps({"epoch": EPOCH, "position": 9001}), backfill=500)
    client.accept()
    client.receive(welcome(9101, head=9200))

    client.receive({"op": "gap", "from": 8501, "to": 9101, "reason": "retention"})

    assert client.get("gaps") == [{"from": 9001, "to": 9101, "reason": "retention"}]


def test_a_kept_position_of_another_log_makes_a_first_visit(client):
    client.open(kept=json.dumps({"epoch": OTHER, "position": 9001}), backfill=500, **{"from": {"last": 500}})
    client.accept()
    client.receive(welcome(8501, head=70))
    client.receive({"op": "gap", "from": 8501, "to": 1, "reason": "epoch"})
    client.accept()
    assert client.sent == [{"op": "hello", "stream": "main", "from": {"last": 500}, "window": 4096}]

    client.receive(welcome(1, head=70))
    client.receive(events(1, 70))
    assert (client.get("gaps"), client.get("stream.position")) == ([], 71)


@pytest.mark.parametrize("kept", ["", "{", "null", "7", '{"position":"1"}'])
def test_a_kept_position_that_cannot_be_read_is_no_position(client, kept):
    client.open(kept=kept)

    client.accept()

    assert client.sent[0]["from"] == "live"


def test_the_position_is_kept_with_each_acknowledgement(live):
    live.run(250)

    assert json.loads(live.get("written")) == {"epoch": EPOCH, "position": 43}
