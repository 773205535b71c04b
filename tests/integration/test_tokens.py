"""Tokens on every server: how they are shown, what is seen with them, and that it ends when they are revoked."""

import asyncio
import json
from contextlib import closing
from http.client import HTTPConnection

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission, User
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from consumers import tokens

from .client import SECONDS, Client


@pytest.fixture
def make_token(database_url):
    def make(name, types=""):
        user, _ = User.objects.get_or_create(username="mei")
        user.user_permissions.add(Permission.objects.get(codename="view_event"))
        return tokens.create(name, user, types)

    return sync_to_async(make)


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


async def test_a_program_follows_the_stream_until_its_token_is_revoked(closed_server, make_token, send):
    token, secret = await make_token("reports")
    _, other = await make_token("others")
    stayed = Client(closed_server.url)
    async with (
        connect(closed_server.url, additional_headers=bearer(secret)) as plain,
        stayed.connected(additional_headers=bearer(other)),
    ):
        await send(1)
        async with asyncio.timeout(SECONDS):
            assert "sequence" in json.loads(await plain.recv())

        # By another process than the server's.
        await sync_to_async(tokens.revoke)(token)
        async with asyncio.timeout(SECONDS):
            assert json.loads(await plain.recv())["type"] == "signalcast.error"
            with pytest.raises(ConnectionClosed) as closed:
                await plain.recv()
        await send(1)
        await stayed.hear_until(lambda: len(stayed.events) == 2)

    assert closed.value.rcvd.code == 4401


async def test_a_token_is_a_sub_protocol_that_is_never_answered_with(closed_server, make_token):
    _, secret = await make_token("browser")
    offered = [f"signalcast.token.{secret}", "signalcast.v1"]

    async with asyncio.timeout(SECONDS), connect(closed_server.url, subprotocols=offered) as socket:
        await socket.send('{"op":"hello"}')

        assert json.loads(await socket.recv())["op"] == "welcome"
        assert socket.subprotocol == "signalcast.v1"
    assert secret not in closed_server.output


async def test_it_is_for_its_types_on_every_way(closed_server, make_token, send):
    _, secret = await make_token("others only", "auth.*")
    _, all_types = await make_token("all")
    await send(2)

    def pages(secret):
        with closing(HTTPConnection("127.0.0.1", closed_server.port, timeout=SECONDS)) as server:
            server.request("GET", "/api/events/", headers=bearer(secret))
            page = json.loads(server.getresponse().read())
            ids = [event["id"] for event in page["events"]]
        return page, ids

    page, ids = await asyncio.to_thread(pages, secret)
    _, all_ids = await asyncio.to_thread(pages, all_types)

    assert (ids, len(all_ids) >= 2, page["head"] >= 2) == ([], True, True)
    assert await asyncio.to_thread(status_of, closed_server, secret, all_ids[-1]) == 404
    assert await asyncio.to_thread(status_of, closed_server, all_types, all_ids[-1]) == 200


def status_of(server, secret, id):
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=SECONDS)) as asked:
        asked.request("GET", f"/api/events/{id}/", headers=bearer(secret))
        return asked.getresponse().status


@pytest.mark.parametrize("path", ["/api/events/", "/sse/"])
async def test_without_one_the_answer_says_what_is_asked_for(closed_server, path):
    def ask():
        with closing(HTTPConnection("127.0.0.1", closed_server.port, timeout=SECONDS)) as server:
            server.request("GET", path, headers=bearer("sc_wrong"))
            answer = server.getresponse()
            return answer.status, answer.getheader("WWW-Authenticate"), json.loads(answer.read())

    status, asked_for, body = await asyncio.to_thread(ask)

    assert (status, asked_for) == (401, 'Bearer realm="signalcast"')
    assert "not valid" in body["error"]
