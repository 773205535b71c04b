"""Our end of a websocket hears what Daphne's own would hear, whatever a client sends, in whatever pieces it comes."""

import asyncio

# Daphne's server first: importing it installs the reactor that runs on asyncio.
import daphne.server  # noqa: F401
import pytest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from hypothesis import example, given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from websockets.frames import Opcode

from consumers.connection import Connection
from consumers.websocket import CLOSING_SECONDS, lean

# Browsers, and most libraries, ask for compression.
HANDSHAKE = (
    b"GET /ws/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)
MASK = b"\x5a\xc3\x17\x8e"
NO_MASK = bytes(4)


class Server:
    """As much of Daphne's server as a websocket needs."""

    root_path = ""
    proxy_forwarded_address_header = None

    def __init__(self):
        self.heard = asyncio.Queue()

    def create_application(self, protocol, scope):
        return self.heard

    def protocol_connected(self, protocol): ...

    def protocol_disconnected(self, protocol): ...

    def log_action(self, protocol, action, details): ...


class Transport:
    """A connection that keeps what is written to it. With Twisted's own pytest would look for Trial's at each test."""

    disconnecting = disconnected = False

    def __init__(self):
        self.written = b""

    def getHost(self):
        return IPv4Address("TCP", "127.0.0.1", 8000)

    getPeer = getHost

    def registerProducer(self, producer, streaming): ...

    def unregisterProducer(self): ...

    def write(self, data):
        self.written += data

    def writeSequence(self, pieces):
        self.write(b"".join(pieces))

    def loseConnection(self):
        self.disconnecting = True

    def abortConnection(self):
        self.disconnecting = self.disconnected = True


class End:
    """One end of a websocket that is open."""

    def __init__(self, kind):
        self.server = Server()
        factory = WebSocketFactory(self.server)
        factory.setProtocolOptions(openHandshakeTimeout=0, closeHandshakeTimeout=0, maxMessagePayloadSize=300)
        factory.protocol = kind(factory)
        self.protocol = factory.buildProtocol(None)
        self.protocol._raw_query_string = b""
        self.transport = Transport()
        # As every socket of Daphne's has one: the HTTP channel that it began as.
        self.transport.registerProducer(self, True)
        self.protocol.makeConnection(self.transport)
        self.protocol.dataReceived(HANDSHAKE)
        self.protocol.handle_reply({"type": "websocket.accept"})
        assert self.protocol.state == self.protocol.STATE_OPEN
        assert self.transport.written.startswith(b"HTTP/1.1 101")
        self.transport.written = b""

    def hear(self, data):
        self.protocol.dataReceived(data)

    def stopProducing(self): ...

    @property
    def outcome(self):
        """What the application hears, what the client hears, and what became of the connection."""
        heard = [self.server.heard.get_nowait() for _ in range(self.server.heard.qsize())]
        return heard, self.transport.written, self.protocol.state, self.transport.disconnected


def frame(opcode, payload, is_final=True, is_compressed=False, is_masked=True, mask=MASK):
    """As nobody's library would write it, if it must be."""
    head = bytes([is_final << 7 | is_compressed << 6 | opcode])
    size = len(payload)
    head += bytes([is_masked << 7 | size]) if size < 126 else bytes([is_masked << 7 | 126]) + size.to_bytes(2)
    if is_masked:
        head += mask
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return head + payload


OPCODES = [Opcode.TEXT] * 6 + [Opcode.CONT, Opcode.BINARY, Opcode.PING, Opcode.PONG, Opcode.CLOSE]
PAYLOADS = st.one_of(
    st.sampled_from([b'{"op":"ack","pos":17}', b'{"op":"ack"}', "é".encode(), b"\xff", b""]),
    st.binary(max_size=130),
    st.integers(120, 310).map(lambda size: b"x" * size),
)
MOSTLY = st.sampled_from([True] * 9 + [False])
SELDOM = MOSTLY.map(lambda mostly: not mostly)
FRAMES = st.builds(frame, st.sampled_from(OPCODES), PAYLOADS, MOSTLY, SELDOM, MOSTLY)


@st.composite
def pieces(draw):
    """What a client sends, cut anywhere, but mostly between frames."""
    frames = draw(st.lists(FRAMES, min_size=1, max_size=6))
    if draw(MOSTLY):
        return frames
    data = b"".join(frames)
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    return [data[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True)]


ACK = frame(Opcode.TEXT, b'{"op":"ack","pos":17}')
AROUND_AN_ACK = frame(Opcode.PING, ACK + b"more", mask=NO_MASK)


@given(pieces())
@example([ACK, ACK + ACK])
@example([frame(Opcode.TEXT, b"a message in", is_final=False), ACK, frame(Opcode.CONT, b" two parts")])
@example([AROUND_AN_ACK[:6], AROUND_AN_ACK[6 : 6 + len(ACK)], AROUND_AN_ACK[6 + len(ACK) :]])
@example([b"\x81", ACK, ACK])
@example([ACK[:-1], ACK[-1:], ACK])
@example([frame(Opcode.CLOSE, b"\x03\xe8"), ACK])
def test_it_hears_what_daphnes_own_would(data):
    ours, daphnes = End(lean), End(lambda factory: WebSocketProtocol)

    for piece in data:
        ours.hear(piece)
        daphnes.hear(piece)

    assert ours.outcome == daphnes.outcome


def test_what_is_heard_at_once_is_not_queued_and_the_rest_is():
    end = End(lean)
    overheard = []

    def hear(text):
        overheard.append(text)
        return "ack" in text

    end.protocol.on_text = hear
    end.hear(ACK + frame(Opcode.TEXT, b'{"op":"filter"}'))
    end.hear(frame(Opcode.TEXT, b"a" * 200))

    assert overheard == ['{"op":"ack","pos":17}', '{"op":"filter"}']
    heard, *_ = end.outcome
    assert [message.get("text") for message in heard] == [None, '{"op":"filter"}', "a" * 200]


def test_of_the_pings_of_a_client_that_reads_nothing_the_newest_is_answered_when_it_reads():
    end = End(lean)
    connection = Connection(end.protocol)

    connection.pauseProducing()
    for payload in (b"1", b"2", b"3"):
        end.hear(frame(Opcode.PING, payload))
    unread = end.transport.written
    connection.resumeProducing()
    end.hear(frame(Opcode.PING, b"4"))
    connection.resumeProducing()

    assert unread == b""
    assert end.transport.written == b"".join(frame(Opcode.PONG, number, is_masked=False) for number in (b"3", b"4"))


@pytest.mark.parametrize(
    "first, others",
    [
        (b"", frame(Opcode.PING, b"")),
        (b"", frame(Opcode.PONG, b"")),
        (frame(Opcode.TEXT, b"", is_final=False), frame(Opcode.CONT, b"", is_final=False)),
    ],
)
def test_who_sends_frames_without_end_that_no_application_hears_of_is_cut_off(settings, first, others):
    settings.SIGNALCAST = {"MAX_MESSAGES": 10}
    few, many = End(lean), End(lean)

    few.hear(first + others * 9)
    many.hear(first + others * 1000)

    assert not few.transport.disconnected
    assert many.transport.disconnected


def test_who_says_that_it_goes_and_reads_no_more_is_cut_off_in_the_end():
    end = End(lean)
    end.protocol.clock = clock = Clock()

    end.hear(frame(Opcode.CLOSE, b"\x03\xe8"))
    clock.advance(CLOSING_SECONDS - 1)
    has_time = not end.transport.disconnected
    clock.advance(1)

    assert has_time
    assert end.transport.disconnected


def test_nothing_is_kept_of_who_says_that_it_goes_and_has_gone():
    end = End(lean)
    end.protocol.clock = clock = Clock()

    end.hear(frame(Opcode.CLOSE, b"\x03\xe8"))
    end.protocol.connectionLost(Failure(ConnectionDone()))

    assert clock.getDelayedCalls() == []
