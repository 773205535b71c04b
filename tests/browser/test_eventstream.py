"""The client library: what it asks for, what it acknowledges, and what it says is missing."""

import pytest

from tests.browser.client import OTHER, events, welcome
from tests.browser.scripted import EPOCH, batch, dump, event, identity


def test_the_first_hello_asks_for_what_the_page_wants(client):
    client.open(**{"from": {"last": 500}})

    client.accept()

    assert client.get("sockets[0].protocol") == "signalcast.v1"
    assert client.get("sockets[0].url").startswith("ws://127.0.0.1:")
    assert client.sent == [{"op": "hello", "stream": "main", "from": {"last": 500}, "window": 4096}]


def test_a_client_that_lost_its_socket_resumes_after_what_it_has(live):
    live.drop()
    live.run(250)
    live.accept()

    assert live.sent == [
        {"op": "hello", "stream": "main", "from": 43, "epoch": EPOCH, "tip": identity(42), "window": 4096}
    ]


def test_what_came_after_a_resume_with_nothing_missing_counts_as_recovered(live):
    live.drop()
    live.run(250)
    live.accept()
    live.receive(welcome(43, head=52))
    live.receive(events(43, 4, head=52))
    assert live.get("stream.recovered") == 0

    live.receive(events(47, 6))

    assert live.get("stream.recovered") == 10
    assert live.get("gaps") == []


def test_what_comes_twice_is_dropped(live):
    live.receive(events(30, 3))
    assert live.get("stream.position") == 43

    live.receive(events(41, 4))
    assert live.get("stream.position") == 45
    assert live.get("batches.flatMap((b) => b.lines).length") == 44
    assert live.get("stream.duplicates") == 5


def test_a_batch_that_does_not_join_is_a_gap(live):
    live.receive(events(53, 1))

    assert live.get("gaps") == [{"from": 43, "to": 53, "reason": "unexplained"}]
    assert live.get("stream.position") == 54


def test_a_gap_told_by_the_server_is_passed_on_and_moves_the_position(live):
    live.drop()
    live.run(250)
    live.accept()
    live.receive(welcome(1247, head=1250))
    live.receive({"op": "gap", "from": 43, "to": 1247, "reason": "retention"})
    live.receive(events(1247, 4))

    assert live.get("gaps") == [{"from": 43, "to": 1247, "reason": "retention"}]
    assert live.get("stream.position") == 1251
    assert live.get("stream.recovered") == 0


def test_a_replaced_log_is_a_gap_and_starts_over(live):
    live.drop(4012)
    live.run(250)
    live.accept()
    live.receive(welcome(1, epoch=OTHER, head=2))
    live.receive({"op": "gap", "from": 43, "to": 1, "reason": "epoch"})
    live.receive(events(1, 2))
    live.drop()
    live.run(1000)
    live.accept()

    assert live.get("gaps") == [{"from": 43, "to": 1, "reason": "epoch"}]
    assert (live.sent[0]["from"], live.sent[0]["epoch"]) == (3, OTHER)


@pytest.mark.parametrize(("answer", "reason"), [(welcome(50), "unexplained"), (welcome(43, epoch=OTHER), "epoch")])
def test_a_welcome_elsewhere_is_a_gap_even_if_no_gap_is_told(live, answer, reason):
    live.drop()
    live.run(250)
    live.accept()
    live.receive(answer)
    live.receive({"op": "heartbeat", "head": 60, "time": ""})

    assert live.get("gaps") == [{"from": 43, "to": answer["from"], "reason": reason}]


@pytest.mark.parametrize("answer", [welcome(50), welcome(43, epoch=OTHER)])
def test_a_socket_that_dies_before_it_has_told_a_gap_is_asked_again(live, answer):
    live.drop()
    live.run(250)
    live.accept()
    live.receive(answer)
    live.drop()
    live.run(1000)
    live.accept()

    assert live.get("gaps") == []
    assert (live.sent[0]["from"], live.sent[0]["epoch"], live.sent[0]["tip"]) == (43, EPOCH, identity(42))


def test_a_welcome_that_keeps_the_position_and_then_tells_a_gap_moves_only_once(live):
    live.drop()
    live.run(250)
    live.accept()
    live.receive(welcome(43, head=1250))
    live.receive({"op": "gap", "from": 43, "to": 1247, "reason": "retention"})
    live.receive(events(1247, 4))

    assert live.get("gaps") == [{"from": 43, "to": 1247, "reason": "retention"}]
    assert live.get("stream.position") == 1251


def test_events_are_acknowledged_after_a_quarter_of_a_second(live):
    assert live.sent[1:] == []

    live.run(249)
    assert live.sent[1:] == []

    live.run(1)
    assert live.sent[1:] == [{"op": "ack", "pos": 43}]

    live.run(5000)
    assert len(live.sent) == 2


def test_half_a_window_of_events_is_acknowledged_at_once(client):
    client.open()
    client.accept()
    client.receive(welcome(window=100))

    client.receive(events(1, 49))
    assert client.sent[1:] == []

    client.receive(events(50, 1))
    assert client.sent[1:] == [{"op": "ack", "pos": 51}]


def test_half_a_mebibyte_is_acknowledged_at_once(client):
    client.open()
    client.accept()
    client.receive(welcome())

    client.receive(batch(1, [event(1, data={"text": "x" * 524_288})]))

    assert client.sent[1:] == [{"op": "ack", "pos": 2}]


def test_a_frame_that_is_not_json_is_asked_for_again(live):
    live.receive("{")
    live.run(250)
    live.accept()

    assert live.sent[0]["from"] == 43


def test_a_filter_is_asked_for_and_kept_for_the_next_hello(live):
    wanted = {"prefix": {"type": "academy."}}
    live.page.evaluate("(filter) => stream.setFilter(filter)", wanted)
    assert live.sent[-1] == {"op": "filter", "filter": wanted}

    live.drop()
    live.run(250)
    live.accept()
    assert live.sent[0]["filter"] == wanted


def test_many_events_behind_is_catching_up(client):
    client.open()
    client.accept()
    client.receive(welcome(1, head=5000))
    assert (client.get("stream.name"), client.get("stream.behind")) == ("catching-up", 5000)

    client.receive(batch(1, [event(5000)], to=5001))
    assert (client.get("stream.name"), client.get("stream.behind")) == ("live", 0)


def test_an_unknown_message_is_no_reason_to_leave(live):
    live.receive(dump({"op": "weather", "sun": True}))

    assert live.get("stream.name") == "live"
