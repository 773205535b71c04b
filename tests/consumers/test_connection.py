"""A frame, or a piece of a response, goes straight to the socket where it may, and in its turn where it may not."""

import pytest
from twisted.internet import tcp, unix

from consumers.connection import Connection, Response


class Protocol:
    """A websocket that is open, and notes what it is asked to send."""

    STATE_OPEN = 3

    def __init__(self, kind=tcp.Server, takes=100, held=b"", is_secret=False):
        self.state = self.STATE_OPEN
        self.send_queue = []
        self.queued = []
        self.held = []
        self.straight = []
        # One of Twisted's own, which has never seen a socket.
        self.transport = kind.__new__(kind)
        self.transport.TLS = is_secret
        self.transport.dataBuffer, self.transport.offset, self.transport._tempDataLen = held, 0, 0
        self.transport.unregisterProducer = lambda: None
        self.transport.registerProducer = lambda producer, streaming: None
        self.transport.socket = self
        self.transport.write = lambda data: self.held.append(data) if data else None
        self.takes = takes

    def send(self, data):
        if isinstance(self.takes, Exception):
            raise self.takes
        self.straight.append(data[: self.takes])
        return len(self.straight[-1])

    def sendData(self, data):
        self.queued.append(data)


def written(protocol, frame=b"frame"):
    Connection(protocol).write(frame)
    return protocol.straight, protocol.held


def test_where_nothing_is_held_a_frame_goes_straight_to_the_socket():
    assert written(Protocol()) == ([b"frame"], [])


def test_what_the_socket_does_not_take_is_held():
    assert written(Protocol(takes=2)) == ([b"fr"], [b"ame"])
    assert written(Protocol(takes=0)) == ([b""], [b"frame"])


def test_a_frame_waits_behind_what_is_held():
    assert written(Protocol(held=b"before")) == ([], [b"frame"])


def test_a_frame_waits_behind_what_twisted_was_just_given():
    protocol = Protocol()
    protocol.transport._tempDataLen = len(b"before")  # It is counted before it is held.

    assert written(protocol) == ([], [b"frame"])


def test_a_frame_waits_behind_what_the_websocket_itself_holds():
    protocol = Protocol()
    protocol.send_queue.append(b"before")

    assert written(protocol) == ([], [])
    assert protocol.queued == [b"frame"]


def test_under_tls_nothing_goes_straight_to_the_socket():
    assert written(Protocol(is_secret=True)) == ([], [b"frame"])


def test_on_another_transport_a_frame_goes_its_usual_way():
    assert written(Protocol(kind=unix.Server)) == ([], [b"frame"])


@pytest.mark.parametrize("error", [BlockingIOError(), ConnectionResetError()])
def test_an_error_is_left_to_the_usual_way(error):
    assert written(Protocol(takes=error)) == ([], [b"frame"])


def test_to_a_client_that_goes_nothing_more_is_sent():
    protocol = Protocol()
    protocol.state = 2

    assert written(protocol) == ([], [])


class Channel:
    """What all requests of a connection come over: it tells one producer, and complains of a second one."""

    def __init__(self):
        self.producer = None

    def unregisterProducer(self):
        self.producer = None

    def registerProducer(self, producer, streaming):
        assert self.producer is None and streaming
        self.producer = producer


class Request(Protocol):
    """A request whose response has begun, in chunks, and which notes what it is asked to send."""

    def __init__(self, **options):
        super().__init__(**options)
        self.channel = Channel()
        self.startedWriting = self.chunked = True
        self.finished = self._disconnected = False
        self.sentLength = 0
        self.aborted = 0
        self.transport.abortConnection = self.abort

    def write(self, data):
        self.queued.append(data)

    def abort(self):
        self.aborted += 1


def answered(request, piece=b"piece"):
    Response(request, lambda: None).write(piece)
    return request.straight, request.held


def test_a_piece_of_a_response_goes_straight_to_the_socket_as_a_chunk():
    request = Request(takes=4)

    assert answered(request) == ([b"5\r\np"], [b"iece\r\n"])
    assert request.sentLength == 5


def test_a_response_without_chunks_is_what_it_is():
    request = Request()
    request.chunked = False

    assert answered(request) == ([b"piece"], [])


def test_the_headers_of_a_response_go_first():
    request = Request()
    request.startedWriting = False

    assert answered(request) == ([], [])
    assert request.queued == [b"piece"]


def test_to_a_client_that_has_its_response_or_has_gone_nothing_more_is_sent():
    for over in ("finished", "_disconnected"):
        request = Request(held=b"rest")
        setattr(request, over, True)
        response = Response(request, lambda: None)

        response.write(b"piece")
        response.abort()
        response.on_drained(lambda: None)

        assert (request.straight, request.held, request.aborted) == ([], [], 0)
        assert response.buffered() == 0 and request.channel.producer is None


def test_each_request_of_a_connection_is_told_when_nothing_is_held_and_the_last_one_of_the_end():
    requests = [Request(), Request()]
    requests[1].channel = channel = requests[0].channel
    told = []
    for number, request in enumerate(requests):
        Response(request, lambda: None).on_drained(lambda number=number: told.append(number))
        channel.producer.resumeProducing()

    channel.producer.stopProducing()

    assert told == [0, 1, 1]
