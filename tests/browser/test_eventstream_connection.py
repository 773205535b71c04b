"""The client library: when it takes a connection for lost, and when it comes back."""

import pytest

from tests.browser.client import events, welcome

HIDE = """(hidden) => {
    Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
}"""


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
