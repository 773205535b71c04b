"""The campaign of `make soak` against strangers, shortly; and that it would notice."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User

from consumers import tokens
from tests.soak.hostile import UPGRADE, Campaign, Fault, fault_of
from tests.soak.stranger import Attempt, say

from .client import Client
from .server import Server


@pytest.fixture
def closed_server(database_url, tmp_path):
    """Of what it logs the campaign is the judge."""
    own = {"DEBUG": "0", "SECRET_KEY": settings.SECRET_KEY, "LOG_FORMAT": "json"}
    server = Server("ours", database_url, tmp_path / "server.txt", **own)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def campaign(closed_server, transactional_db):
    user = User.objects.create_superuser("mei")
    return Campaign(closed_server.port, lambda: closed_server.output, tokens.create("stranger", user, "")[1])


async def test_whatever_strangers_say_a_real_server_answers_and_nobody_else_notices(closed_server, campaign, send):
    other = Client(closed_server.url)
    async with other.connected(additional_headers={"Authorization": f"Bearer {campaign.token}"}):
        await sync_to_async(campaign.run)(60)
        await send(3)
        await other.hear_until(lambda: len(other.events) == 3)

    assert other.numbers == [0, 1, 2]
    assert campaign.attempts >= 60
    assert campaign.answers["101"] > 5


def test_the_campaign_would_notice_an_error_of_ours(closed_server, campaign):
    lines = []
    told = Campaign(campaign.port, lambda: "".join(lines), campaign.token)
    lines.append(json.dumps({"level": "INFO", "logger": "x"}) + "\n")
    with pytest.raises(Fault, match="1 lines for 0 connections"):
        told.look_at_the_log()

    for line in ("CANARY", '{"level": "ERROR", "logger": "x"}', '{"level": "INFO", "logger": "x", "exception": "T"}'):
        assert fault_of(line)
    assert not fault_of('{"level": "WARNING", "logger": "x"}')


def test_a_handshake_that_is_not_ascii_is_refused_and_no_error(closed_server, campaign):
    host = b"Host", b"127.0.0.1:%d" % closed_server.port
    for offered in (b"signalcast.v1, \xff", b"%0A%FF"):
        headers = (host, (b"Connection", b"Upgrade"), *UPGRADE, (b"Sec-WebSocket-Protocol", offered))
        heard = say(closed_server.port, Attempt(path="/ws/", query="", headers=headers))
        assert heard.startswith((b"HTTP/1.1 400", b"HTTP/1.1 101"))

    campaign.attempts += 2
    campaign.look_at_the_log()
