"""Personal data on every server and every way out: two follow at the same time, of whom one may view it."""

import asyncio
from contextlib import AsyncExitStack, closing
from http.client import HTTPConnection

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission, User
from django.dispatch import Signal
from websockets.asyncio.client import connect

from consumers import tokens
from events import attach, detach

from .client import SECONDS, Client

CANARY = "canary-7f3a"


@pytest.fixture
def signal():
    """One that says who, in an argument that is personal."""
    signal = Signal()
    attach(signal, type="academy.visited", personal=("guests.email",))
    yield signal
    detach(signal)


@pytest.fixture
def make_token(database_url):
    """Makes tokens of users with these permissions; returns the header that shows one."""

    def make(name, *permissions):
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return {"Authorization": f"Bearer {tokens.create(name, user, '')[1]}"}

    return sync_to_async(make)


class Follower:
    """Follows by all ways that stay open; `told` is all that it was told."""

    def __init__(self, server, shown):
        self.told = {"signalcast.v1": "", "cloudevents.json": "", "sse": ""}
        self._server = server
        self._shown = shown
        self._client = Client(server.url, **{"from": "earliest"})
        self._open = AsyncExitStack()

    async def __aenter__(self):
        await self._open.enter_async_context(self._client.connected(additional_headers=self._shown))
        plain = connect(
            f"{self._server.url}?after=earliest", subprotocols=["cloudevents.json"], additional_headers=self._shown
        )
        self._plain = await self._open.enter_async_context(plain)
        self._sse, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        self._open.callback(writer.close)
        headers = [
            f"{name}: {value}" for name, value in {"Host": f"127.0.0.1:{self._server.port}", **self._shown}.items()
        ]
        writer.write("\r\n".join(["GET /sse/?after=earliest HTTP/1.1", *headers, "", ""]).encode())
        return self

    @property
    def events(self):
        return self._client.events

    async def __aexit__(self, *error):
        await self._open.aclose()

    async def hear(self, note):
        """Until each way has told of the event with this note."""
        async with asyncio.timeout(SECONDS):
            while note not in self.told["signalcast.v1"]:
                await self._client.hear()
                self.told["signalcast.v1"] = "\n".join(self._client.lines)
            while note not in self.told["cloudevents.json"]:
                self.told["cloudevents.json"] += await self._plain.recv()
            while note not in self.told["sse"]:
                self.told["sse"] += (await self._sse.read(65_536)).decode()


def pages(server, shown, id):
    """What it is answered that asks."""
    told = {}
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=SECONDS)) as asked:
        for path in ("/api/events/", "/api/events/?format=ndjson", f"/api/events/{id}/"):
            asked.request("GET", path, headers=shown)
            told[path] = asked.getresponse().read().decode()
    return told


async def test_who_may_not_view_personal_data_never_does_while_another_sees_it(closed_server, make_token, send, signal):
    some, all_of_it = await make_token("ana", "view_event"), await make_token("mei", "view_event", "view_personal_data")
    guests = [{"email": CANARY, "table": 3}]
    await send(1, signal, guests=guests, note="replayed")

    async with Follower(closed_server, some) as masked, Follower(closed_server, all_of_it) as full:
        for note in ("replayed", "live"):
            await asyncio.gather(masked.hear(note), full.hear(note))
            if note == "replayed":
                await send(1, signal, guests=guests, note="live")
        id = masked.events[-1]["id"]
    seen = masked.told | await asyncio.to_thread(pages, closed_server, some, id)
    everything = full.told | await asyncio.to_thread(pages, closed_server, all_of_it, id)

    for way, told in seen.items():
        assert "live" in told, way
        assert CANARY not in told and '"email":{"$mark":"personal"},"table":3' in told.replace(": ", ":"), way
    for way, told in everything.items():
        assert CANARY in told and "$mark" not in told, way
