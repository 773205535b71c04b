"""events.nudge: the group on a real Valkey, by both layers of channels-redis."""

import asyncio
import os
import subprocess
import sys
import time

import pytest
import redis
from django.conf import settings as django_settings
from django.utils.module_loading import import_string

from events import nudge
from events.nudge import Nudge
from events.streams import MAIN, group, key, unseal

from .test_nudge import numbered


class Group:
    """What crosses the group on a real Valkey, seen by a member in a loop of its own."""

    def __init__(self, url, backend, options):
        self._layer = import_string(backend)(hosts=[{"address": url, **options}])
        self._loop = asyncio.new_event_loop()
        self._channel = self._run(self._join())

    async def _join(self):
        channel = await self._layer.new_channel()
        await self._layer.group_add(group(MAIN), channel)
        return channel

    def next(self):
        return unseal(self._run(self._layer.receive(self._channel)), key(django_settings.SECRET_KEY))

    def close(self):
        # The layer's connections are closed with their loop.
        self._loop.close()

    def _run(self, work):
        return self._loop.run_until_complete(asyncio.wait_for(work, 20))


@pytest.fixture(params=["pubsub.RedisPubSubChannelLayer", "core.RedisChannelLayer"])
def real_group(request, settings, valkey):
    backend, options = f"channels_redis.{request.param}", {"socket_timeout": 15}
    hosts = [{"address": valkey.url, **options}]
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": {"hosts": hosts}}}
    real = Group(valkey.url, backend, options)
    yield real
    real.close()


@pytest.fixture
def sender(monkeypatch):
    """It has all the time that a busy machine may need."""
    monkeypatch.setattr(nudge, "DEADLINE", 20.0)
    sender = Nudge()
    yield sender
    sender._loop.close()


def test_a_real_valkey_carries_it(sender, real_group, failed):
    sender.send(numbered('{"a":1}', start=5))

    message = real_group.next()
    assert (message.start, message.lines) == (5, ['{"a":1}'])
    assert failed() == {}


def test_a_thousand_of_them_take_one_connection(sender, real_group, valkey, failed):
    with redis.Redis.from_url(valkey.url) as client:
        before = client.info("stats")["total_connections_received"]
        for _ in range(1000):
            sender.send(numbered("{}"))
        opened = client.info("stats")["total_connections_received"] - before

    assert opened <= 1
    assert failed() == {}


def test_a_real_valkey_that_pauses_holds_the_nudge_no_longer_than_its_deadline(
    sender, real_group, valkey, failed, monkeypatch
):
    sender.send(numbered("1"))
    valkey.pause()
    monkeypatch.setattr(nudge, "DEADLINE", 0.2)
    started = time.monotonic()
    for _ in range(3):
        sender.send(numbered("2"))
    took = time.monotonic() - started
    valkey.resume()
    monkeypatch.setattr(nudge, "DEADLINE", 20.0)
    monkeypatch.setattr(nudge, "REST", 0.0)
    sender._rests_until = 0.0
    sender.send(numbered("3"))

    assert took < 5
    assert failed() == {"group": 3}
    assert real_group.next().lines == ["1"]
    # What was under way when the deadline came may have arrived; what came later has.
    while (lines := real_group.next().lines) == ["2"]:
        pass
    assert lines == ["3"]


def test_a_real_valkey_that_was_killed_costs_messages_and_carries_the_next_ones(sender, real_group, valkey, failed):
    sender.send(numbered("1"))
    valkey.kill()
    sender.send(numbered("2"))
    valkey.start()
    while failed().get("group", 0) < 10:
        before = failed()
        sender.send(numbered("3"))
        if failed() == before:
            break

    assert 1 <= failed()["group"] < 5


@pytest.mark.parametrize(
    ("broker", "change", "loaded"),
    [
        ("redis://127.0.0.1:1", "", "True"),
        ("redis://127.0.0.1:1", "settings.SIGNALCAST['PUBLISHER'] = 'off'", "False"),
        ("redis://127.0.0.1:1", "settings.CHANNEL_LAYERS = {'default': {'BACKEND': 'nowhere.Layer'}}", "False"),
        ("", "", "False"),
    ],
)
def test_the_first_event_of_a_process_does_not_wait_until_its_layer_is_imported(broker, change, loaded):
    program = f"""
import sys, django
from django.conf import settings
{change}
django.setup()
print("redis.asyncio" in sys.modules)
"""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "REDIS_URL": broker, "DEBUG": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)

    assert (done.stdout.split(), done.stderr) == ([loaded], "")
