"""One page of history: a short connection that asks, acknowledges, and ends; or says why there is no page."""

import pytest

from tests.browser.client import OTHER, Client, welcome
from tests.browser.scripted import EPOCH, batch, dump, event

READ = """async (wanted) => {
    const {readPage} = await import('/static/frontend/lib/pages.js');
    class Socket {
        readyState = 0;
        sent = [];
        constructor(url, protocol) { Object.assign(this, {url, protocol}); sockets.push(this); }
        send(text) { this.sent.push(text); }
        close() { this.closed = true; }
    }
    Object.assign(window, {sockets: [], result: null});
    readPage(new URL('ws://127.0.0.1/ws/'), wanted, {WebSocket: Socket}).then(
        ({from, lines}) => { result = [from, lines.map((line) => Number(JSON.parse(line).sequence))]; },
        ({message, replaced}) => { result = {message, replaced}; },
    );
}"""


@pytest.fixture
def asked(client: Client) -> Client:
    """The positions 101 to 110 were asked for."""
    client.page.evaluate(READ, {"stream": "main", "epoch": EPOCH, "from": 101, "to": 111})
    client.accept()
    client.receive(welcome(101, head=500))
    return client


def lines(start: int, count: int) -> str:
    return batch(start, [event(n) for n in range(start, start + count)], head=500)


def test_a_page_is_asked_for_acknowledged_and_no_more(asked):
    asked.receive(lines(101, 5))
    assert asked.get("result") is None
    asked.receive({"op": "heartbeat", "head": 501})
    asked.receive(lines(106, 9))

    assert asked.get("result") == [101, list(range(101, 111))]
    assert asked.sent == [
        {"op": "hello", "stream": "main", "from": 101, "epoch": EPOCH, "window": 10, "reactions": False},
        {"op": "ack", "pos": 106},
    ]
    assert asked.get("sockets[0].closed && sockets[0].onmessage === null")


def test_what_was_pruned_is_left_out_of_the_page(asked):
    asked.receive({"op": "gap", "from": 101, "to": 104, "reason": "retention"})
    asked.receive(lines(104, 7))

    assert asked.get("result") == [104, list(range(104, 111))]


def test_what_is_pruned_while_it_is_read_is_left_out_too(asked):
    asked.receive(lines(101, 3))
    asked.receive({"op": "gap", "from": 104, "to": 106, "reason": "retention"})
    asked.receive(lines(106, 5))

    assert asked.get("result") == [106, list(range(106, 111))]


def test_a_page_of_which_nothing_is_left_is_empty(asked):
    asked.receive({"op": "gap", "from": 101, "to": 300, "reason": "retention"})

    assert asked.get("result") == [300, []]


@pytest.mark.parametrize(
    ("frame", "message", "replaced"),
    [
        (dump({"op": "gap", "from": 101, "to": 1, "reason": "epoch"}), "the log was replaced", True),
        (lines(103, 2), "the server left some out", False),
        ("{", "the server sent what cannot be read", False),
    ],
)
def test_a_page_that_is_not_what_was_asked_for_is_none(asked, frame, message, replaced):
    asked.receive(frame)

    assert asked.get("result") == {"message": message, "replaced": replaced}
    assert asked.get("sockets[0].closed")


def test_a_lost_connection_is_said_and_the_server_s_reason_goes_first(client):
    for error, message in ((None, "the connection was lost"), ("Sign in.", "Sign in")):
        client.page.evaluate(READ, {"stream": "main", "epoch": OTHER, "from": 1, "to": 2})
        client.accept()
        if error:
            client.receive({"op": "error", "code": 4401, "message": error})
        client.drop(4401)

        assert client.get("result") == {"message": message, "replaced": False}


def test_a_server_that_is_silent_for_ten_seconds_does_not_answer(asked):
    asked.run(9_000)
    asked.receive(lines(101, 5))
    asked.run(9_999)
    assert asked.get("result") is None

    asked.run(1)
    assert asked.get("result") == {"message": "the server does not answer", "replaced": False}
