"""Which address is the stream's."""

import json

import pytest

from consumers import routing


class Socket:
    """A websocket's scope, and what it was sent."""

    def __init__(self, path, subprotocols=()):
        self.scope = {"type": "websocket", "path": path, "subprotocols": list(subprotocols)}
        self.sent = []

    async def send(self, message):
        self.sent.append(message)


@pytest.mark.parametrize("path", ["/", "/ws", "/ws/x", "/elsewhere/", "/notws/", "", "/ws//"])
async def test_every_other_address_is_answered_and_closed_with_4404(path):
    socket = Socket(path)

    await routing.websocket(socket.scope, None, socket.send)

    accepted, error, closed = socket.sent
    assert accepted == {"type": "websocket.accept", "subprotocol": None}
    assert json.loads(error["text"])["code"] == closed["code"] == 4404


async def test_a_browser_at_a_wrong_address_is_answered_with_the_sub_protocol_that_it_offered():
    socket = Socket("/wrong/", ["signalcast.v1"])

    await routing.websocket(socket.scope, None, socket.send)

    assert socket.sent[0]["subprotocol"] == "signalcast.v1"


@pytest.mark.parametrize("path", ["/ws/", "/school/live/ws/"])
async def test_the_stream_is_wherever_its_page_is(path, monkeypatch):
    seen = []

    class Consumer:
        @classmethod
        def as_asgi(cls):
            async def consume(scope, receive, send):
                seen.append(scope["path"])

            return consume

    monkeypatch.setattr(routing, "StreamConsumer", Consumer)

    await routing.websocket(Socket(path).scope, None, None)

    assert seen == [path]


@pytest.mark.parametrize("path", ["/sse/", "/school/live/sse/"])
async def test_the_event_stream_is_wherever_its_page_is(path):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "PUT", "path": path, "headers": []}
    await routing.application(None)(scope, None, send)

    assert sent[0]["status"] == 405


async def test_pages_are_left_to_django():
    seen = []

    async def pages(scope, receive, send):
        seen.append(scope["type"])

    for path in ("/ws/", "/sse", "/sse/x", "/notsse/"):
        await routing.application(pages)({"type": "http", "path": path}, None, None)

    assert seen == ["http"] * 4
