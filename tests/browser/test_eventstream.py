"""The client library: what it asks for, what it acknowledges, when it comes back, and what it says is missing."""

import json

import pytest

from tests.browser.client import Client
from tests.browser.scripted import EPOCH, batch, dump, event, identity

OTHER = "c2e4d80013fa"

HIDE = """(hidden) => {
    Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
}"""


def welcome(start=1, *, epoch=EPOCH, head=None, window=4096, heartbeat_ms=10_000):
    tip = identity(start - 1, epoch) if start > 1 else None
    limits = {"oldest": 1, "heartbeat_ms": heartbeat_ms, "window": window}
    head = start - 1 if head is None else head
    return {"op": "welcome", "stream": "main", "epoch": epoch, "from": start, "tip": tip, "head": head, **limits}


def events(start, count, head=None):
    return batch(start, [event(start + i) for i in range(count)], head=head)


@pytest.fixture
def client(modules) -> Client:
    modules.clock.install(time=0)
    modules.clock.pause_at(1000)
    return Client(modules)


@pytest.fixture
def live(client) -> Client:
    """Connected, with events 1 to 42 behind it."""
    client.open()
    client.accept()
    client.receive(welcome())
    client.receive(events(1, 42))
    return client


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


def test_tries_wait_with_full_jitter_up_to_a_cap(client):
    client.open()
    waits = []
    for _ in range(9):
        client.drop()
        waits.append(client.retry_in)
        client.run(waits[-1])

    # random() is 0.5: half of 250 ms × 2ⁿ, and of 15 s at most.
    assert waits == [125, 250, 500, 1000, 2000, 4000, 7500, 7500, 7500]


def test_the_wait_starts_small_again_only_after_five_steady_seconds(client):
    client.open()
    client.drop()
    client.run(200)
    client.accept()
    client.receive(welcome())
    client.run(4000)
    client.drop()
    assert client.retry_in == 250

    client.run(300)
    client.accept()
    client.receive(welcome())
    client.run(5000)
    client.drop()
    assert client.retry_in == 125


def test_goodbyes_spread_the_first_try(live):
    live.receive({"op": "bye", "code": 4012, "retry_ms": 60_000})
    live.drop(4012)

    assert live.retry_in == 30_000
    assert live.get("stream.name") == "reconnecting"


def test_a_welcome_that_does_not_come_is_a_lost_connection(client):
    client.open()
    client.accept()

    client.run(10_000)

    assert client.get("stream.name") == "reconnecting"


def test_silence_is_said_and_then_ends_the_connection(live):
    live.run(11_000)
    assert live.get("stream.name") == "live"

    live.run(2_000)
    assert live.get("stream.name") == "stalled"

    live.run(13_000)
    assert live.get("states").count("reconnecting") == 1
    assert live.get("sockets[0].readyState") == 3


def test_a_heartbeat_ends_the_silence(live):
    live.run(13_000)

    live.receive({"op": "heartbeat", "head": 42, "time": ""})

    assert live.get("stream.name") == "live"


@pytest.mark.parametrize("code", [4400, 4401, 4403, 4404, 4406])
def test_a_refusal_is_not_tried_again(live, code):
    live.receive({"op": "error", "code": code, "message": "No."})
    live.drop(code)
    live.run(600_000)

    assert live.get("sockets.length") == 1
    assert (live.get("stream.name"), live.get("stream.code"), live.get("stream.message")) == ("refused", code, "No.")


def test_an_error_of_code_0_ends_nothing(live):
    live.receive({"op": "error", "code": 0, "message": "Never mind."})
    live.receive(events(43, 1))

    assert (live.get("stream.name"), live.get("stream.position")) == ("live", 44)


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


def test_a_device_without_network_waits_and_comes_back_at_once(client):
    client.open(url="ws://signalcast.test/ws/")
    client.accept()
    client.receive(welcome())
    client.page.evaluate("dispatchEvent(new Event('offline'))")
    client.run(60_000)
    assert (client.get("stream.name"), client.get("sockets.length")) == ("offline", 1)

    client.page.evaluate("dispatchEvent(new Event('online'))")
    assert client.get("sockets.length") == 2


def test_a_device_without_network_still_reaches_itself(live):
    live.page.evaluate("dispatchEvent(new Event('offline'))")

    assert live.get("stream.name") == "live"


def test_a_page_hidden_for_five_minutes_gives_up_its_socket_and_resumes_when_shown(live):
    live.page.evaluate(HIDE, True)
    for _ in range(59):
        live.run(5_000)
        live.receive({"op": "heartbeat", "head": 42, "time": ""})
    assert live.get("stream.name") == "live"

    live.run(5_000)
    assert live.get("stream.name") == "asleep"

    live.page.evaluate(HIDE, False)
    live.accept()
    assert live.sent[0]["from"] == 43


def test_try_now_does_not_wait(live):
    live.drop()

    live.page.evaluate("stream.retryNow()")

    assert live.get("sockets.length") == 2
    live.run(5_000)
    assert live.get("sockets.length") == 2


def test_an_unknown_message_is_no_reason_to_leave(live):
    live.receive(dump({"op": "weather", "sun": True}))

    assert live.get("stream.name") == "live"
