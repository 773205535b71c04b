"""Who comes for the stream and finds Django's pages."""

import pytest
from django.test import AsyncClient, Client


@pytest.fixture(autouse=True)
def closed(settings):
    settings.DEBUG = False


@pytest.mark.parametrize("method", ["get", "post"])
async def test_whoever_opens_no_websocket_at_its_address_is_told_so(method):
    answer = await getattr(AsyncClient(enforce_csrf_checks=True), method)("/ws/")

    assert answer.status_code == 400
    assert "headers Upgrade and Connection" in answer.json()["error"]


def test_a_server_without_the_stream_says_so():
    answer = Client().get("/sse/?last=5")

    assert answer.status_code == 501
    assert "consumers.routing.application" in answer.json()["error"]


def test_a_forgotten_slash_is_added():
    assert Client().get("/sse?last=5")["Location"] == "/sse/?last=5"
