"""The clients in `examples/`, as they stand there: with a token, through a server's death and their own."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import Permission, User

from consumers import tokens

from .client import SECONDS

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
COMMANDS = {
    "python": ([sys.executable, str(EXAMPLES / "follow.py")], "ws://127.0.0.1:{port}/ws/"),
    "node": (["node", str(EXAMPLES / "follow.mjs")], "ws://127.0.0.1:{port}/ws/"),
    "shell": ([str(EXAMPLES / "follow.sh")], "http://127.0.0.1:{port}/sse/?after=earliest"),
}


class Example:
    """A client that can be stopped, and started again at its place."""

    def __init__(self, command, url, place, token):
        self.command = [*command, url, str(place)]
        self.place = place
        self.token = token
        self.sequences = []
        self._process = None

    async def start(self):
        self._process = await asyncio.create_subprocess_exec(
            *self.command,
            env=os.environ | {"SIGNALCAST_TOKEN": self.token},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # One group, so that what it has started ends with it.
            start_new_session=True,
        )

    async def hear(self, count):
        async with asyncio.timeout(SECONDS):
            for _ in range(count):
                line = await self._process.stdout.readline()
                assert line, (await self._process.stderr.read()).decode()
                self.sequences.append(int(json.loads(line)["sequence"]))
            # What is printed and not kept yet would be printed again.
            while self.place and self._kept() < self.sequences[-1]:
                await asyncio.sleep(0.01)

    def _kept(self):
        """The position of the last event that the place is behind."""
        text = self.place.read_text() if self.place.exists() else ""
        if text.startswith("{"):
            return json.loads(text)["from"] - 1
        return int(text.rpartition(":")[2] or 0)

    async def stop(self):
        """As Ctrl-C does, in the middle of whatever it does."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, 2)
        return await self.ended()

    async def ended(self):
        """Its exit status, and what it complained of."""
        async with asyncio.timeout(SECONDS):
            _, complaints = await self._process.communicate()
        return self._process.returncode, complaints.decode()


@pytest.fixture
def closed_server(start_server):
    # A window so small that whoever acknowledges nothing soon gets nothing.
    return start_server("ours", DEBUG="0", SECRET_KEY=settings.SECRET_KEY, MAX_WINDOW="4")


@pytest.fixture
def make_token(database_url):
    def make():
        user, _ = User.objects.get_or_create(username="mei")
        user.user_permissions.add(Permission.objects.get(codename="view_event"))
        return tokens.create("example", user, "")[1]

    return sync_to_async(make)


@pytest.fixture(params=["python", "shell", pytest.param("node", marks=pytest.mark.node)])
def example(request, closed_server, tmp_path):
    command, url = COMMANDS[request.param]
    return Example(command, url.format(port=closed_server.port), tmp_path / "place", "")


async def test_an_example_goes_on_where_it_was_whoever_has_died(example, closed_server, make_token, send):
    example.token = await make_token()
    await send(20)
    await example.start()
    await example.hear(20)

    await asyncio.to_thread(closed_server.kill)
    await send(3)
    await asyncio.to_thread(closed_server.start)
    await example.hear(3)
    await example.stop()
    await send(3)
    await example.start()
    await example.hear(3)
    await send(1)
    await example.hear(1)
    await example.stop()

    assert example.sequences == list(range(1, 28))
    assert example.token not in closed_server.output


async def test_an_example_with_a_wrong_token_says_why_and_ends(example):
    example.token = "sc_wrong"
    await example.start()

    status, complaints = await example.ended()

    assert status == 1
    assert "token" in complaints


async def test_the_client_in_the_protocol_says_why_it_is_sent_away(closed_server, tmp_path):
    protocol = (EXAMPLES.parent / "docs" / "protocol.md").read_text()
    (text,) = re.findall(r"^# A complete client$.*?^```python\n(.*?)^```$", protocol, re.MULTILINE | re.DOTALL)
    client = tmp_path / "follow.py"
    # It says hello when it has been sent away already, as one does that is slower than the server.
    slow = "socket.recv_events_thread.join()\n"
    client.write_text(re.sub(r"^( +)(socket\.send\(json\.dumps\(hello)", rf"\1{slow}\1\2", text, flags=re.MULTILINE))

    one = await asyncio.create_subprocess_exec(
        *(sys.executable, client, closed_server.url, tmp_path / "events.sqlite3"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    async with asyncio.timeout(SECONDS):
        said, complaints = await one.communicate()

    assert slow in client.read_text()
    assert (one.returncode, said) == (1, b"Sign in to follow this stream.\n")
    assert b"(4401)" in complaints


async def test_the_one_liner_of_the_readme_prints_events(closed_server, make_token, send):
    (line,) = [line for line in (EXAMPLES / "README.md").read_text().splitlines() if line.startswith("$ curl -sN -H")]
    url = f"http://127.0.0.1:{closed_server.port}/sse/?after=earliest"
    one = Example(["sh", "-c", line[2:].replace("https://shop.example.com/sse/", f"'{url}'")], "", "", "")
    one.token = await make_token()
    await send(3)

    await one.start()
    await one.hear(3)
    await one.stop()

    assert one.sequences == [1, 2, 3]
