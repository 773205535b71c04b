"""Our server: what it tells an application, what it takes at once, and how it begins and ends."""

import asyncio
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time

import pytest
from django.core.management import CommandError, call_command
from websockets.asyncio.client import connect

from .client import SECONDS, Client
from .server import ROOT, free_port


@pytest.fixture
def run_serve():
    """Runs `manage.py serve` with these words to its end, which must be soon."""

    def run(*words, **environment):
        return subprocess.run(
            [sys.executable, "manage.py", "serve", *words],
            cwd=ROOT,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.integration.settings"} | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def opened():
    """TCP connections to a server, which end with the test."""
    sockets = []

    def open_one(server):
        sockets.append(socket.create_connection(("127.0.0.1", server.port), timeout=60))
        return sockets[-1]

    yield open_one

    for one in sockets:
        one.close()


async def flooded(get, server):
    """What `/flood/` has come to."""
    return json.loads((await get(server, "/flood/")).split("\r\n\r\n")[1])


async def test_an_application_sees_what_is_buffered_for_a_socket_and_hears_when_it_is_drained(
    start_server, get, frozen
):
    server = start_server("ours")
    client = frozen(server, "/flood/")
    # The machine's own buffers take what they like first.
    seen, full = None, await flooded(get, server)
    async with asyncio.timeout(SECONDS):
        while full["buffered"] == 0 or full != seen:
            await asyncio.sleep(0.05)
            seen, full = full, await flooded(get, server)

    # The server holds the frame with which it was too much, and none after it.
    assert 65_536 < full["buffered"] <= 65_536 + 50_004

    async with asyncio.timeout(SECONDS):
        while (drained := await flooded(get, server))["drained"] == full["drained"]:
            await asyncio.to_thread(client.thaw, 50_000)
    assert drained["frames"] >= full["frames"]


async def test_frames_that_were_made_ready_and_others_come_in_the_order_in_which_they_were_sent(keep_server):
    server = keep_server("ours")
    async with connect(f"ws://127.0.0.1:{server.port}/prepared/", max_queue=1) as socket, asyncio.timeout(SECONDS):
        numbers = [int((await socket.recv()).split()[0]) for _ in range(400)]

    assert numbers == list(range(400))


async def test_what_a_client_says_waits_with_the_client_where_nobody_hears_it(start_server, frozen):
    server = start_server("ours")
    most = 50_000_000

    taken = await asyncio.to_thread(frozen(server, "/deaf/").flood, most)

    # What is missing is with the machine, which knows its limits.
    assert taken < most
    assert server.status("VmHWM") < 1000 * 150


@pytest.mark.parametrize("root", [b"/x", b"\xff"])
def test_no_client_says_where_the_project_begins(keep_server, opened, root):
    connection = opened(keep_server("ours"))

    connection.sendall(b"GET /x/livez HTTP/1.1\r\nHost: localhost\r\nDaphne-Root-Path: " + root + b"\r\n\r\n")

    assert connection.recv(12) == b"HTTP/1.1 404"


def test_a_handshake_with_a_body_costs_no_memory(start_server, opened):
    server = start_server("ours")
    connection = opened(server)
    before, size = server.status("VmHWM"), 100_000_000

    connection.sendall(
        b"GET /nowhere/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: %d\r\n\r\n" % size
    )
    connection.sendall(bytes(size))

    assert connection.recv(12) == b"HTTP/1.1 101"
    assert server.status("VmHWM") - before < size / 1000 / 5


async def test_a_plain_client_gets_all_it_has_missed_at_once_and_in_order(keep_server, send):
    server = keep_server("ours")
    await send(120, note="x" * 60_000)

    # At the pace of other servers, 7 MB would take 7 s.
    async with connect(f"{server.url}?after=0") as client, asyncio.timeout(SECONDS):
        numbers = [json.loads(await client.recv())["data"]["number"] for _ in range(120)]

    assert numbers == list(range(120))


def test_it_takes_as_many_connections_as_the_system_lets_it(start_server, opened):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))
    try:
        server = start_server("ours")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    for connection in [opened(server) for _ in range(300)]:
        connection.sendall(b"GET /let-go/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_three_hundred_clients_may_come_while_it_is_busy(start_server, opened):
    server = start_server("ours")
    server.signal(signal.SIGSTOP)
    try:
        # The kernel answers for as many as the server has asked it to.
        connections = [opened(server) for _ in range(300)]
    finally:
        server.signal(signal.SIGCONT)

    for connection in connections:
        connection.sendall(b"GET /let-go/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"


async def test_a_request_that_is_under_way_is_answered_before_it_stops(start_server, opened, get):
    server = start_server("ours")
    last = await asyncio.to_thread(opened, server)
    slow = asyncio.create_task(get(server, "/slow/"))
    client = Client(server.url)
    async with client.connected():
        server.terminate()
        await client.hear_op("bye")
    await _until_refused(server)
    assert not slow.done()

    last.sendall(b"GET /let-go/ HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert (await slow).startswith("HTTP/1.1 200")
    assert await asyncio.to_thread(server.wait) == 0


@pytest.mark.parametrize("kind", ["ours", "runserver"])
async def test_it_ends_though_a_request_never_does(start_server, opened, get, kind):
    server = start_server(kind, GRACE_SECONDS="0.2", THREAD_SECONDS="0.5")
    stuck = await asyncio.to_thread(opened, server)
    stuck.sendall(b"GET /stuck/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
    client = Client(server.url)
    async with client.connected():
        # The request is older than this answer.
        await get(server, "/let-go/")
        server.terminate()
        await client.hear_op("bye")

    assert await asyncio.to_thread(server.wait) == 0
    assert "[thread_abandoned]" in server.output


async def _until_refused(server):
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.02)


async def test_it_logs_no_request_unless_it_is_asked_to(start_server, get):
    quiet, telling = start_server("ours"), start_server("access log")
    for server in (quiet, telling):
        await get(server, "/let-go/?token=secret")
        async with Client(server.url).connected():
            pass
        server.terminate()
        await asyncio.to_thread(server.wait)

    assert "/let-go/" not in quiet.output
    assert '"GET /let-go/" 200' in telling.output
    assert '"/ws/" websocket connected' in telling.output
    assert "secret" not in telling.output


def test_it_says_where_it_serves_and_warns_of_debug(start_server):
    server = start_server("ours")
    deadline = time.monotonic() + 30
    while "Serving on" not in server.output and time.monotonic() < deadline:
        time.sleep(0.02)  # It listens a moment before it says so.
    server.terminate()
    server.wait()

    assert f"Serving on http://127.0.0.1:{server.port}/" in server.output
    assert "DEBUG is on" in server.output


def test_a_port_that_is_taken_is_an_error(run_serve):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_serve(f"127.0.0.1:{port}")

    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr and "in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1", "0", "65536", "::1:8000"])
def test_an_address_that_is_none_is_an_error_that_shows_one(address):
    with pytest.raises(CommandError, match=re.escape("e.g. 127.0.0.1:8000 or [::1]:8000.") + "$"):
        call_command("serve", address)


def test_a_project_without_an_asgi_application_is_told_what_to_write(run_serve):
    done = run_serve(str(free_port()), DJANGO_SETTINGS_MODULE="tests.integration.without_asgi")

    assert done.returncode == 1
    assert 'setting. Write ASGI_APPLICATION = "mysite.asgi.application".' in done.stderr


@pytest.mark.parametrize(("module", "is_told"), [("pages_alone", True), ("settings", False)])
def test_a_project_whose_application_knows_pages_alone_is_told_what_to_write(run_serve, module, is_told):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_serve(str(taken.getsockname()[1]), DJANGO_SETTINGS_MODULE=f"tests.integration.{module}")

    assert ("application = with_stream(application)" in done.stderr) is is_told
