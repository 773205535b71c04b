"""A frame goes straight to the socket where it may, and in its turn where it may not."""

from twisted.internet import tcp, unix
from twisted.internet.error import ConnectionLost

from consumers.connection import Connection


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
        self.transport.writeSomeData = self.take
        self.transport.write = lambda data: self.held.append(data) if data else None
        self.takes = takes

    def take(self, data):
        if isinstance(self.takes, Exception):
            return self.takes
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


def test_a_frame_waits_behind_what_the_websocket_itself_holds():
    protocol = Protocol()
    protocol.send_queue.append(b"before")

    assert written(protocol) == ([], [])
    assert protocol.queued == [b"frame"]


def test_under_tls_nothing_goes_straight_to_the_socket():
    assert written(Protocol(is_secret=True)) == ([], [b"frame"])


def test_on_another_transport_a_frame_goes_its_usual_way():
    assert written(Protocol(kind=unix.Server)) == ([], [b"frame"])


def test_an_error_is_left_to_the_usual_way():
    assert written(Protocol(takes=ConnectionLost())) == ([], [b"frame"])


def test_to_a_client_that_goes_nothing_more_is_sent():
    protocol = Protocol()
    protocol.state = 2

    assert written(protocol) == ([], [])
