"""Who is let in, on every server, with DEBUG off and on."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.backends.db import SessionStore
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from .client import SECONDS


@pytest.fixture
def session_of(database_url):
    """Signs somebody in: returns the headers that their browser would send."""

    def sign_in(name, permitted):
        user = User.objects.create_user(name)
        if permitted:
            user.user_permissions.add(Permission.objects.get(codename="view_event"))
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"

    return sync_to_async(sign_in)


async def opened(server, origin=None, cookie=None, host=None):
    """What the server says first, and the code of the close if it closes."""
    headers = {"Cookie": cookie} if cookie else {}
    options = {"additional_headers": headers, "origin": origin, "subprotocols": ["signalcast.v1"]}
    async with asyncio.timeout(SECONDS), connect(server.url, **options) as socket:
        try:
            await socket.send('{"op":"hello"}')
            message = json.loads(await socket.recv())
            if message["op"] == "welcome":
                return "welcome"
            await socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code


async def test_who_is_signed_out_is_told_to_sign_in(closed_server):
    assert await opened(closed_server) == 4401
    assert await opened(closed_server, origin=closed_server.origin) == 4401
    assert await opened(closed_server, origin=closed_server.origin, cookie="sessionid=nonsense") == 4401


async def test_who_may_not_follow_the_stream_is_told_so(closed_server, session_of):
    cookie = await session_of("nora", permitted=False)

    assert await opened(closed_server, origin=closed_server.origin, cookie=cookie) == 4403


async def test_who_may_is_let_in_from_a_page_of_this_server_alone(closed_server, session_of):
    cookie = await session_of("mei", permitted=True)
    port = closed_server.port

    assert await opened(closed_server, origin=closed_server.origin, cookie=cookie) == "welcome"
    assert await opened(closed_server, cookie=cookie) == 4401
    for origin in (f"http://127.0.0.1:{port + 1}", f"https://127.0.0.1:{port}", f"http://localhost:{port}", "null"):
        assert await opened(closed_server, origin=origin, cookie=cookie) == 4403


async def test_a_malformed_origin_is_refused_in_one_way_or_another(server):
    try:
        assert await opened(server, origin="http://[::1") == 4403
    except InvalidHandshake as refused:
        # Daphne's own library is the first to refuse it.
        assert refused.response.status_code == 400


async def test_under_debug_this_machine_is_let_in_but_no_strange_page(server):
    assert await opened(server) == "welcome"
    assert await opened(server, origin=server.origin) == "welcome"
    assert await opened(server, origin="https://evil.example") == 4403


async def test_under_debug_a_strange_host_name_and_a_forwarded_client_are_refused(server):
    for header, code in (({"Host": "evil.example"}, 4403), ({"X-Forwarded-For": "203.0.113.7"}, 4401)):
        async with asyncio.timeout(SECONDS):
            socket = await _raw(server, header)
            assert code in socket


async def _raw(server, headers):
    """The bytes that a hand-made handshake is answered with, until the server closes; as the codes seen in them."""
    lines = {
        "Host": f"127.0.0.1:{server.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    } | headers
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = [f"{name}: {value}" for name, value in lines.items()]
    writer.write("\r\n".join(["GET /ws/ HTTP/1.1", *head, "", ""]).encode())
    await reader.readuntil(b"\r\n\r\n")
    frame = await reader.readexactly(2)
    size = frame[1] if frame[1] < 126 else int.from_bytes(await reader.readexactly(2), "big")
    error = json.loads(await reader.readexactly(size))
    writer.close()
    await writer.wait_closed()
    return {error["data"]["code"]}
