"""Servers that run, and business that sends signals meanwhile."""

import asyncio
import os
import subprocess
import sys
from contextlib import ExitStack

import pytest
from django.conf import settings
from django.db import connection, connections

from academy.models import Order
from academy.signals import course_completed, order_paid
from events.process import publisher

from .frozen import FrozenSocket
from .program import Program
from .server import COMMANDS, ROOT, Server


@pytest.fixture(scope="session")
def servers(django_db_setup, tmp_path_factory):
    """The servers that are kept from test to test, by what they were started with."""
    kept = {}

    yield kept

    for server in kept.values():
        server.stop()


@pytest.fixture
def keep_server(database_url, servers, tmp_path_factory):
    """Finds or starts a server that no test stops. Whatever it writes meanwhile must be no complaint."""
    used = []

    def keep(kind, **environment):
        key = (kind, *sorted(environment.items()))
        if key not in servers or not servers[key].is_running:
            output = tmp_path_factory.mktemp("server") / f"{kind}.txt"
            servers[key] = Server(kind, database_url, output, **environment)
            servers[key].start()
        used.append((servers[key], len(servers[key].complaints)))
        return servers[key]

    yield keep

    for server, before in used:
        assert not server.complaints[before:], server.output


# Which server asks is all the same to a database: elsewhere than on SQLite it is ours.
KINDS = list(COMMANDS) if connection.vendor == "sqlite" else ["ours"]


@pytest.fixture(params=KINDS)
def server(request, keep_server):
    """Each of the three servers in turn."""
    return keep_server(request.param)


@pytest.fixture(params=KINDS)
def closed_server(request, keep_server):
    """The same, of a project that lets nobody in who has not signed in or shown a token."""
    return keep_server(request.param, DEBUG="0", SECRET_KEY=settings.SECRET_KEY)


@pytest.fixture
def start_server(database_url, tmp_path):
    """Starts servers that the test may stop and kill."""
    started = []

    def start(kind, url=database_url, **environment):
        server = Server(kind, url, tmp_path / f"{kind}{len(started)}.txt", **environment)
        started.append(server)
        server.start()
        return server

    yield start

    for server in started:
        server.stop()
        assert not server.complaints, server.output


@pytest.fixture
def frozen():
    """Opens sockets that never read what they are sent."""
    opened = []

    def freeze(server, address, subprotocol=""):
        socket = FrozenSocket(server, address, subprotocol)
        opened.append(socket)
        return socket

    yield freeze

    for socket in opened:
        socket.close()


@pytest.fixture
def get():
    """Asks a server for a page."""

    async def get(server, path):
        async with asyncio.timeout(60):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer.decode()

    return get


@pytest.fixture
def send(transactional_db):
    """Sends numbered signals, and returns when they have their positions: `await send(5)` after `await send(3)` sends
    3, 4, … 7."""
    sent = 0

    def sends(count, signal, arguments):
        nonlocal sent
        try:
            for number in range(sent, sent + count):
                signal.send(sender=Order, order=None, user=None, number=number, **arguments)
        finally:
            connections.close_all()
        sent += count
        assert publisher().flush(60)

    async def send(count, signal=order_paid, **arguments):
        await asyncio.to_thread(sends, count, signal, arguments)

    send.paid, send.completed = order_paid, course_completed
    return send


@pytest.fixture
def run(database_url, servers):
    """Starts programs of the demo project, and waits for those that the test did not wait for."""
    for server in servers.values():
        # It would sweep up what a program leaves behind.
        server.stop()
    started = []

    def run(source):
        started.append(Program(source, database_url))
        return started[-1]

    yield run

    for program in started:
        program.kill()
        program.end()


@pytest.fixture
def shell(database_url):
    """Runs Python in `manage.py shell`, in a process of its own. Returns the process."""
    running = []

    def run(code, **environment):
        own = {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings"}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-c", code],
            cwd=ROOT,
            env=os.environ | own | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        running.append(process)
        return process

    yield run

    with ExitStack() as stack:
        for process in running:
            stack.enter_context(process)
            # Whatever fails here, it must not go on sending to the next test.
            stack.callback(process.kill)
        for process in running:
            output, _ = process.communicate(timeout=60)
            assert process.returncode == 0, output.decode()
