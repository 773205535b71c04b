"""Which address is the stream's, and what is left to the project."""

import json

import pytest
from channels.routing import ProtocolTypeRouter
from django.core.handlers.asgi import ASGIHandler

from consumers import routing


class Socket:
    """A websocket's scope, and what it was sent."""

    def __init__(self, path, subprotocols=()):
        self.scope = {"type": "websocket", "path": path, "subprotocols": list(subprotocols)}
        self.sent = []

    async def send(self, message):
        self.sent.append(message)


class Project:
    """An application that remembers what it was asked for."""

    def __init__(self):
        self.seen = []

    async def __call__(self, scope, receive, send):
        self.seen.append((scope["type"], scope.get("path")))


@pytest.fixture
def stream(monkeypatch):
    """In the stream's place."""
    stream = Project()
    monkeypatch.setattr(routing.StreamConsumer, "as_asgi", lambda: stream)
    monkeypatch.setattr(routing, "event_stream", stream)
    return stream


@pytest.mark.parametrize("path", ["/", "/ws", "/ws/x", "/elsewhere/", "/notws/", "", "/ws//"])
async def test_where_there_are_pages_alone_every_other_address_is_answered_and_closed_with_4404(path):
    socket = Socket(path)

    await routing.application(ASGIHandler())(socket.scope, None, socket.send)

    accepted, error, closed = socket.sent
    assert accepted == {"type": "websocket.accept", "subprotocol": None}
    assert json.loads(error["text"])["code"] == closed["code"] == 4404


async def test_a_browser_at_a_wrong_address_is_answered_with_the_sub_protocol_that_it_offered():
    socket = Socket("/wrong/", ["signalcast.v1"])

    await routing.application(ASGIHandler())(socket.scope, None, socket.send)

    assert socket.sent[0]["subprotocol"] == "signalcast.v1"


@pytest.mark.parametrize("path", ["/ws/", "/school/live/ws/"])
async def test_the_stream_is_wherever_its_page_is(path, stream):
    await routing.application(Project())(Socket(path).scope, None, None)

    assert stream.seen == [("websocket", path)]


@pytest.mark.parametrize("path", ["/sse/", "/school/live/sse/"])
async def test_the_event_stream_is_wherever_its_page_is(path):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "PUT", "path": path, "headers": []}
    await routing.application(ASGIHandler())(scope, None, send)

    assert sent[0]["status"] == 405


@pytest.mark.parametrize("path", ["/ws/", "/sse", "/sse/x", "/notsse/"])
async def test_pages_are_left_to_django(path):
    project = Project()

    await routing.application(project)({"type": "http", "path": path}, None, None)

    assert project.seen == [("http", path)]


async def test_a_projects_own_websockets_and_its_lifespan_are_left_to_it():
    http, chat, lifespan = Project(), Project(), Project()
    project = ProtocolTypeRouter({"http": http, "websocket": chat, "lifespan": lifespan})

    await routing.application(project)(Socket("/ws/chat/").scope, None, None)
    await routing.application(project)({"type": "lifespan"}, None, None)

    assert chat.seen == [("websocket", "/ws/chat/")]
    assert lifespan.seen == [("lifespan", None)]


@pytest.mark.parametrize("at", ["/signals/", "signals", "/signals"])
async def test_a_project_with_such_addresses_of_its_own_says_where_the_page_is(at, stream):
    project = Project()
    application = routing.application(project, at)

    for path in ("/ws/", "/de/signals/ws/"):
        await application(Socket(path).scope, None, None)
    for path in ("/sse/", "/de/signals/sse/"):
        await application({"type": "http", "path": path}, None, None)

    assert project.seen == [("websocket", "/ws/"), ("http", "/sse/")]
    assert stream.seen == [("websocket", "/de/signals/ws/"), ("http", "/de/signals/sse/")]
