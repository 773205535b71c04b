"""Hubs on a log in memory, which leave nothing running; signals that are sent, and somebody who may follow them."""

import asyncio

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connections
from django.test import AsyncClient, Client
from hypothesis import settings

from academy.signals import order_paid
from consumers.database import Database
from consumers.hub import Hub
from consumers.ring import Ring
from consumers.visits import Visits
from events.process import publisher

from .memory import MemoryLog

# How long an example takes says more about the machine's other work than about ours.
settings.register_profile("signalcast", deadline=None)
settings.load_profile("signalcast")

KEY = b"0123456789abcdef0123456789abcdef"


def make_hub(log, *, ring=100, bytes=1_000_000, heartbeat=60.0, **parts):
    return Hub("main", log=log, ring=Ring(events=ring, bytes=bytes), heartbeat=heartbeat, key=KEY, **parts)


@pytest.fixture
async def start_hub():
    """Starts hubs, and stops them when the test is over. No task of theirs may be left."""
    others = asyncio.all_tasks()
    hubs = []

    async def start(log, **parts):
        hub = make_hub(log, **parts)
        await hub.start()
        hubs.append(hub)
        return hub

    yield start

    for hub in hubs:
        await hub.stop()
    assert asyncio.all_tasks() - others <= {asyncio.current_task()}, "a hub left a task behind"


@pytest.fixture
async def log():
    """A hundred events, of which the first ten are pruned."""
    log = MemoryLog(events=100)
    log.prune(11)
    return log


@pytest.fixture
async def hub(start_hub, log):
    return await start_hub(log)


@pytest.fixture
def send():
    """Sends numbered signals, and returns when they have their positions."""

    def sends(signal, numbers):
        try:
            for number in numbers:
                signal.send(sender=None, number=number)
        finally:
            connections.close_all()
        assert publisher().flush(10)

    async def send(*numbers, signal=order_paid):
        await asyncio.to_thread(sends, signal, numbers)

    return send


@pytest.fixture
def mei(transactional_db, settings):
    """Somebody who may follow the stream of a server that is closed to others."""
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["school.example"]
    user = User.objects.create_user("mei", password="secret")
    user.user_permissions.add(Permission.objects.get(codename="view_event"))
    return user


async def positions(subscription, up_to):
    """The positions that a subscription yields until it has told of `up_to`; its ranges are checked on the way."""
    found = []
    async with asyncio.timeout(5):
        while subscription.position <= up_to:
            before = subscription.position
            batch = await subscription.take(1000)
            if batch is None:
                await subscription.wait()
                continue
            assert batch.start == before and batch.stop == subscription.position
            found += [entry.position for entry in batch.entries]
    return found


async def until(condition):
    """Wait until the condition holds; what it is about happens in other tasks."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


@pytest.fixture
def open_to_this_machine(settings, transactional_db):
    settings.DEBUG = True


@pytest.fixture
def get():
    async def get(address, **headers):
        return await AsyncClient().get(address, headers=headers)

    return get


@pytest.fixture
async def house():
    """The visits of one server process; `house()` makes another."""
    databases, made = [], []

    def make():
        databases.append(Database())
        made.append(Visits(databases[-1]))
        return made[-1]

    yield make

    for each in made:
        await each.stop()
    for database in databases:
        await database.close()


@pytest.fixture
def signed_in(mei):
    browser = Client()
    browser.force_login(mei)
    return {"cookie": f"sessionid={browser.cookies['sessionid'].value}", "origin": "http://school.example"}
