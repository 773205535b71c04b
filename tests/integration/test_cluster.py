"""What docker-compose.yml sets up, without Docker: two servers, a Valkey and a database behind its proxy.

Where there is no nginx, clients know both servers, and do what it does for them.
"""

import asyncio
import json
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.db import connections

from . import nginx
from .client import SECONDS
from .returning import Returning

# As the compose file has it: DEBUG is off, and both servers and whoever sends have one key.
ENVIRONMENT = {"DEBUG": "0", "SECRET_KEY": "one key for all processes, as in the volume of docker-compose.yml"}
SIGNALS = 200
SEND = "for n in range({}, {}): order_paid.send(sender=Order, number=n)"


@pytest.fixture
def servers(valkey, start_server):
    return [start_server("ours", REDIS_URL=valkey.url, **ENVIRONMENT) for _ in range(2)]


@pytest.fixture
def doors(servers, tmp_path):
    """Where clients may come in."""
    if not nginx.PATH:
        yield servers
        return
    proxy = nginx.Nginx(tmp_path / "nginx", *servers)
    assert proxy.test()[1] == 0, proxy.test()[0]
    proxy.start()
    yield [proxy]
    proxy.stop()


class Browser:
    """Knows a person's name and password, and keeps cookies."""

    def __init__(self):
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def open(self, url, **form):
        request = urllib.request.Request(url, urlencode(form).encode() if form else None)
        with self._opener.open(request, timeout=SECONDS) as answer:
            return answer.url, answer.read().decode()

    def sign_in(self, door, name, password):
        self.open(door.origin + "/accounts/login/")
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        return self.open(door.origin + "/accounts/login/", username=name, password=password, csrfmiddlewaretoken=token)

    @property
    def header(self):
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def sign_up():
    try:
        User.objects.create_superuser("mei", password="a long password")
    finally:
        connections.close_all()


def signed_in(door):
    """A browser of somebody who may see everything, and the page that it shows."""
    sign_up()
    browser = Browser()
    browser.open(door.origin)
    return browser, *browser.sign_in(door, "mei", "a long password")


async def test_people_sign_in_and_see_everything_once_though_a_server_is_killed(servers, doors, valkey, shell):
    browser, url, page = await asyncio.to_thread(signed_in, doors[0])
    assert (url, "mei" in page) == (doors[0].origin + "/", True)
    async with asyncio.timeout(SECONDS):
        # It gives its checks a moment only, and this machine may be busy.
        while await asyncio.to_thread(status, doors[0].origin + "/readyz") != 200:
            pass

    clients = [Returning(doors[number % len(doors) :] + doors, browser.header) for number in range(8)]
    hearing = [
        asyncio.create_task(client.hear_all(lambda client=client: len(client.events) >= SIGNALS)) for client in clients
    ]
    async with asyncio.timeout(SECONDS):
        for client in clients:
            await client.is_here.wait()
    half = SIGNALS // 2
    shell(SEND.format(0, half), REDIS_URL=valkey.url, **ENVIRONMENT)
    async with asyncio.timeout(SECONDS):
        while any(len(client.events) < 20 for client in clients):
            await asyncio.sleep(0.005)
    await asyncio.to_thread(servers[0].kill)
    shell(SEND.format(half, SIGNALS), REDIS_URL=valkey.url, **ENVIRONMENT)
    await asyncio.gather(*hearing)

    assert {client.connections for client in clients} == {1, 2}
    for client in clients:
        assert sorted(client.numbers) == list(range(SIGNALS))
        # The first event of all was the signing in.
        assert client.sequences == list(range(2, SIGNALS + 2))
        assert client.gaps == []
        assert client.lines == clients[0].lines
        assert json.loads(client.lines[0])["type"] == "academy.order_paid"


async def test_whoever_is_sent_away_by_one_server_is_let_in_at_once_by_the_other_that_is_just_back(servers, doors):
    browser, *_ = await asyncio.to_thread(signed_in, doors[0])
    servers[0].terminate()
    assert await asyncio.to_thread(servers[0].wait) == 0
    clients = [Returning(doors[::-1], browser.header) for _ in range(8)]
    hearing = [
        asyncio.create_task(client.hear_all(lambda client=client: client.connections == 2)) for client in clients
    ]
    async with asyncio.timeout(SECONDS):
        for client in clients:
            await client.is_here.wait()

    await asyncio.to_thread(servers[0].start)
    servers[1].terminate()
    await asyncio.gather(*hearing)

    # At the first try, with and without a proxy.
    assert [client.tries for client in clients] == [[1, 1]] * len(clients)
