"""consumers.health: what `/livez` and `/readyz` answer, and to whom."""

import asyncio
import logging
import socket

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import AsyncClient
from django.urls import include, path

from consumers import health, probe
from consumers.process import process

ADDRESSES = ("/livez", "/readyz", "/metrics")
# Nobody follows here, so that there is no hub.
APPENDS = "appends: 0 of 10,000 events\noutcomes: 0 of 10,000 events"
BACKENDS = ("pubsub.RedisPubSubChannelLayer", "core.RedisChannelLayer")
urlpatterns = [path("stream/", include("frontend.urls"))]


@pytest.fixture(autouse=True)
def closed(settings, transactional_db, monkeypatch):
    settings.DEBUG = False
    monkeypatch.setattr(health, "_told", {})


@pytest.fixture
def get():
    async def get(address, **headers):
        # A client of its own each time: middleware reads the settings when it is made.
        answer = await AsyncClient().get(address, headers=headers)
        return answer.status_code, answer.content.decode()

    return get


@pytest.fixture
def no_database(settings):
    settings.SIGNALCAST = {"DATABASE": "elsewhere"}


def layer(port, backend=BACKENDS[0], password=""):
    hosts = [f"redis://{password}127.0.0.1:{port}"]
    return {"default": {"BACKEND": f"channels_redis.{backend}", "CONFIG": {"hosts": hosts}}}


@pytest.fixture
def closed_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


async def test_a_process_whose_log_and_layer_are_there_is_alive_and_ready(get):
    assert await get("/livez") == (200, "ok\n")
    assert await get("/readyz") == (200, "ok\n")
    assert await get("/readyz?verbose") == (200, f"log: ok\nlayer: ok\n{APPENDS}\nok\n")


async def test_without_its_log_it_is_alive_and_not_ready(get, no_database):
    assert await get("/livez") == (200, "ok\n")
    assert await get("/readyz") == (503, "failed: log\n")
    assert (await get("/readyz?verbose"))[1].splitlines() == [
        "log: failed (ConnectionDoesNotExist)",
        "layer: ok",
        *APPENDS.splitlines(),
        "failed: log",
    ]


async def test_a_log_that_is_not_migrated_is_not_ready(get, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    recorder = MigrationRecorder(connection)
    (newest,) = await sync_to_async(lambda: MigrationLoader(connection).graph.leaf_nodes("signalcast"))()
    await sync_to_async(recorder.record_unapplied)(*newest)
    try:
        status, text = await get("/readyz?verbose")
    finally:
        await sync_to_async(recorder.record_applied)(*newest)

    assert (status, text.splitlines()[0]) == (503, "log: failed (not migrated: run manage.py migrate)")
    assert (await get("/readyz"))[0] == 200


@pytest.mark.parametrize("backend", BACKENDS)
async def test_without_its_layer_it_is_not_ready_and_says_so_without_address_or_password(
    get, settings, closed_port, backend
):
    settings.CHANNEL_LAYERS = layer(closed_port, backend, password=":hunter2@")

    status, text = await get("/readyz?verbose")

    assert (status, text) == (503, f"log: ok\nlayer: failed (ConnectionError)\n{APPENDS}\nfailed: layer\n")
    assert await get("/livez") == (200, "ok\n")


@pytest.mark.parametrize("backend", BACKENDS)
async def test_a_layer_is_ready_when_its_server_answers_and_not_waited_for_when_it_hangs(
    get, settings, valkey, backend, monkeypatch
):
    monkeypatch.setattr(probe, "SECONDS", 0.3)
    monkeypatch.setattr(health, "SECONDS", 0.3)
    settings.CHANNEL_LAYERS = layer(valkey.port, backend)

    async def layers_say():
        async with asyncio.timeout(20):
            return (await get("/readyz?verbose"))[1].splitlines()[1]

    async def come_to_say(wanted):
        # The first answer after the server has come back may be that of a connection that was lost.
        async with asyncio.timeout(20):
            while await layers_say() != wanted:
                await asyncio.sleep(0.01)

    await come_to_say("layer: ok")
    valkey.pause()
    await come_to_say("layer: failed (no answer within 0.3 s)")
    valkey.resume()
    await come_to_say("layer: ok")
    valkey.kill()
    await come_to_say("layer: failed (ConnectionError)")
    valkey.start()
    await come_to_say("layer: ok")
    await close(get_channel_layer())


async def close(layer):
    await (layer.close_pools() if hasattr(layer, "close_pools") else layer.flush())


async def test_a_check_can_be_left_out(get, settings, closed_port):
    settings.CHANNEL_LAYERS = layer(closed_port)

    assert await get("/readyz?exclude=layer&verbose") == (200, f"log: ok\n{APPENDS}\nok\n")
    assert await get("/readyz?exclude=layers") == (400, "There is no check 'layers'; there are: log, layer.\n")


async def test_how_full_its_buffers_are_is_for_those_who_may_measure_it(get):
    async with process() as shared:
        await shared.hub()
        here = (await get("/readyz?verbose"))[1].splitlines()
        there = (await get("/readyz?verbose", forwarded="for=203.0.113.7"))[1].splitlines()

    names = ["appends", "outcomes", "ring", "pages", "batches", "notes", "leaves", "note frames", "clients"]
    assert [line.partition(":")[0] for line in here[2:-1]] == names
    assert here[4] == "ring: 0 of 10,000 events, 0.0 of 16.8 MB"
    assert there == ["log: ok", "layer: ok", "ok"]


async def test_what_is_wrong_is_logged_when_it_changes_not_at_each_probe(get, settings, no_database, caplog):
    caplog.set_level(logging.INFO, "signalcast.consumers")
    for _ in range(3):
        await get("/readyz")
    settings.SIGNALCAST = {}
    for _ in range(3):
        await get("/readyz")

    said = [(record.action, record.getMessage()) for record in caplog.records if record.name == "signalcast.consumers"]
    assert said == [("not_ready", "Not ready: log: ConnectionDoesNotExist"), ("ready", "Ready again")]
    # Django would mail each of these to the ADMINS.
    assert not [record for record in caplog.records if record.name == "django.request"]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_no_answer_is_kept_and_head_is_answered_too(async_client, address):
    got, head, post = [await getattr(async_client, method)(address) for method in ("get", "head", "post")]

    assert (got.status_code, head.status_code, post.status_code) == (200, 200, 405)
    assert "no-store" in got["Cache-Control"] and "no-store" in head["Cache-Control"]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_nobody_has_to_sign_in(get, settings, address):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]

    assert (await get(address))[0] == 200


@pytest.mark.parametrize("address", ADDRESSES)
async def test_where_everything_is_sent_to_https_probes_can_be_left_out(get, settings, address):
    settings.SECURE_SSL_REDIRECT = True
    assert (await get(address))[0] == 301

    settings.SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|metrics)$"]

    assert (await get(address))[0] == 200


@pytest.mark.parametrize("address", ADDRESSES)
async def test_they_live_below_the_dashboard(get, settings, address):
    settings.ROOT_URLCONF = __name__

    assert (await get(f"/stream{address}"))[0] == 200
    assert (await get(address))[0] == 404
