"""A server elsewhere, as it answers, fails, and comes back."""

import json
import socket
import threading
from contextlib import closing

import pytest

from consumers.place import Place
from consumers.tail import remote
from consumers.tail.remote import Address, BadAddress, Ended, Remote

from .test_terminal import Told

LIFE = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
REFUSED = 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n{"error":"No more."}'


def event(position, epoch="a"):
    line = json.dumps({"type": "academy.order_paid", "sequence": f"{position:020d}"})
    return f"id: {epoch}:{position}\ndata: {line}\n\n"


def control(name, data, *fields):
    return "\n".join([f"event: {name}", *fields, f"data: {json.dumps({'data': data})}", "", ""])


class Scripted:
    """A server that gives each of its answers to one request, and remembers what was asked."""

    def __init__(self, answers):
        self.asked = []
        self._answers = answers
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._held = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def address(self):
        return Address.parse(f"http://127.0.0.1:{self._listening.getsockname()[1]}/")

    def _serve(self):
        for answer in self._answers:
            connection, _ = self._listening.accept()
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(65_536)
            self.asked.append(request.decode())
            connection.sendall(answer.removesuffix("HOLD").encode())
            if answer.endswith("HOLD"):
                self._held.append(connection)
            else:
                connection.close()

    def close(self):
        self._thread.join(5)
        for each in (self._listening, *self._held):
            each.close()


@pytest.fixture
def follow():
    """Follows a server that gives these answers, until the last one ends it."""

    def follow(*answers, query=(), place=None, token=""):
        told = Told(line=None)
        with closing(Scripted([*answers, REFUSED])) as server, pytest.raises(Ended) as ended:
            Remote(told.terminal, server.address, list(query), place, token).follow()
        told.asked, told.end = server.asked, str(ended.value)
        return told

    return follow


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ws://127.0.0.1:8000/ws/", "http://127.0.0.1:8000/sse/"),
        ("wss://example.com/signals/ws/", "https://example.com/signals/sse/"),
        ("https://example.com", "https://example.com/sse/"),
        ("http://[::1]:8000/sse/", "http://[::1]:8000/sse/"),
    ],
)
def test_the_stream_is_found_from_any_of_its_addresses(text, address):
    assert str(Address.parse(text)) == address


@pytest.mark.parametrize(
    "text", ["example.com", "ftp://a/", "https://", "http://a:b/", "https://me:secret@a/", "https://a/?token=x"]
)
def test_what_is_no_address_or_holds_a_secret_is_refused(text):
    with pytest.raises(BadAddress):
        Address.parse(text)


def test_only_a_machine_may_hear_a_token_as_it_is():
    readable = [Address.parse(text).is_readable_by_others for text in ("http://a/", "https://a/", "ws://127.0.0.1/")]

    assert readable == [True, False, False]


def test_what_is_asked_for_is_in_the_query_and_the_token_in_a_header_alone(follow):
    told = follow(query=[("type", "academy.*"), ("last", "5")], token="sc_secret")

    (request,) = told.asked
    assert request.startswith("GET /sse/?type=academy.%2A&last=5 HTTP/1.1\r\n")
    assert "Authorization: Bearer sc_secret\r\n" in request
    assert request.count("sc_secret") == 1
    assert told.end == "The server answers 403: No more."


def test_it_comes_back_with_the_last_id_and_nothing_comes_twice(follow):
    told = follow(
        f"{LIFE}\r\nretry: 10\nid: a:4\n\n{event(5)}{event(6)}data: torn",
        f"{LIFE}\r\nid: a:6\n\n{event(7)}id: a:9\n\n{control('bye', {'code': 4012}, 'retry: 1')}",
        f"{LIFE}\r\nid: a:9\n\n{event(10)}",
    )

    assert [int(json.loads(line)["sequence"]) for line in told.lines] == [5, 6, 7, 10]
    resumed = [request.partition("Last-Event-ID: ")[2].partition("\r\n")[0] for request in told.asked]
    assert resumed == ["", "a:6", "a:9", "a:10"]
    assert told.notes == [
        "-- following after position 4",
        "-- the server has ended the response; trying again",
        "-- resumed after position 6 (0 s)",
        "-- the server has said goodbye; trying again",
        "-- resumed after position 9 (0 s)",
        "-- the server has ended the response; trying again",
    ]


def test_a_place_that_was_kept_is_where_it_begins(follow):
    told = follow(place=Place("a", 7))

    assert "Last-Event-ID: a:7\r\n" in told.asked[0]


def test_a_gap_is_told_after_the_events_before_it(follow):
    gap = control("gap", {"from": 6, "to": 1, "reason": "epoch"}, "id: b:0")

    told = follow(f"{LIFE}\r\nid: a:4\n\n{event(5)}{gap}{event(1, 'b')}")

    assert told.notes[1] == "-- this is another log than before: it begins at position 1"
    assert len(told.lines) == 2
    assert told.terminal.place == Place("b", 1)


def test_a_server_that_is_silent_for_two_and_a_half_heartbeats_is_left(follow):
    told = follow(f"{LIFE}{remote.HEARTBEAT_HEADER}: 0.05\r\n\r\nid: a:4\n\n:\n\nHOLD")

    assert told.notes[1] == "-- nothing was heard for too long; trying again"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("HTTP/1.1 502 Bad Gateway\r\nRetry-After: 0\r\n\r\n<html>", "the server answers 502."),
        (
            'HTTP/1.1 503 Away\r\nRetry-After: 0\r\n\r\n{"error":"Full."}',
            "the server answers 503: Full.",
        ),
        ("HTTP/1.1 429 Slow down\r\nRetry-After: 0\r\n\r\n", "the server answers 429."),
        ("", "the connection is lost (Remote end closed connection without response)"),
        ("nonsense\r\n\r\n", "the connection is lost (nonsense)"),
    ],
)
def test_what_may_pass_is_told_and_tried_again(follow, answer, said):
    told = follow(answer)

    assert told.notes == [f"-- {said}; trying again"]
    assert len(told.asked) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('HTTP/1.1 401 No\r\n\r\n{"error":"Sign in."}', "The server answers 401: Sign in."),
        ("HTTP/1.1 302 There\r\nLocation: /login/\r\n\r\n", "The server answers 302. It points to /login/"),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "something of the type text/html"),
        (f"{LIFE}\r\nid: nonsense\n\n", "is not understood"),
        (f"{LIFE}\r\ndata: {{}}\n\n", "is not understood"),
        (f"{LIFE}\r\nid: a:1\ndata: \x9b\n\n", "is not understood"),
        (f"{LIFE}\r\nid: a:1\ndata: {'[' * 100_000}\n\n", "is not understood"),
        (f"{LIFE}\r\n{control('gap', {}, 'id: a:1')}", "is not understood"),
        (
            f"{LIFE}\r\n" + control("error", {"code": 4403, "message": "You \x1b may not."}),
            "ended the stream: You \\x1b may not.",
        ),
    ],
)
def test_what_will_not_pass_ends_it_with_the_reason(answer, said):
    told = Told()
    with closing(Scripted([answer])) as server, pytest.raises(Ended) as ended:
        Remote(told.terminal, server.address, [], None, "").follow()

    assert said in str(ended.value)
    assert ended.value.wants_token == (" 401 " in answer)
