"""`manage.py tail_events` in a process of its own, on the log and on servers that come and go."""

import asyncio
import json
import os
import signal
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from .server import ROOT

SECONDS = 20


class Tail:
    """A process that tails, and what it has written."""

    def __init__(self, process):
        self.lines = []
        self.notes = []
        self._process = process
        self._reading = [
            asyncio.create_task(self._read(process.stdout, self.lines)),
            asyncio.create_task(self._read(process.stderr, self.notes)),
        ]

    @property
    def numbers(self):
        return [json.loads(line)["data"]["number"] for line in self.lines]

    async def until(self, condition):
        deadline = asyncio.get_running_loop().time() + SECONDS
        while not condition():
            assert asyncio.get_running_loop().time() < deadline, f"{len(self.lines)} lines, and {self.notes}"
            await asyncio.sleep(0.01)

    async def until_noted(self, text):
        await self.until(lambda: any(text in note for note in self.notes))

    def signal(self, number):
        self._process.send_signal(number)

    async def ended(self):
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*self._reading)
            return await self._process.wait()

    async def stop_reading(self):
        """As `head` does it."""
        self._process._transport.get_pipe_transport(1).close()
        await self._reading[0]

    async def _read(self, stream, into):
        async for line in stream:
            into.append(line.decode().rstrip("\n"))


@pytest.fixture
async def tail(database_url):
    """Starts processes that tail, and ends those that the test did not end."""
    started = []

    async def start(*arguments, **environment):
        own = {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "tests.integration.settings"}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "manage.py", "tail_events", *arguments),
            cwd=ROOT,
            env=os.environ | own | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        started.append((Tail(process), process))
        return started[-1][0]

    yield start

    for each, process in started:
        if process.returncode is None:
            process.kill()
        await each.ended()


async def test_the_log_is_followed_without_a_server_from_the_newest_events_on(tail, send):
    await send(3)

    following = await tail("--last", "2", "--json")
    await following.until_noted("following")
    await send(2)
    await following.until(lambda: len(following.lines) == 4)
    following.signal(signal.SIGINT)

    assert await following.ended() == 128 + signal.SIGINT
    assert following.numbers == [1, 2, 3, 4]
    epoch = json.loads(following.lines[0])["source"].rpartition("/")[2]
    assert following.notes == [
        "-- following after position 1",
        f"-- stopped after position 5; to go on there: --after {epoch}:5",
    ]


async def test_events_are_lines_for_people_of_the_types_that_were_asked_for(tail, send):
    await send(1)
    await send(1, send.completed)

    following = await tail("--after", "0", "--type", "academy.course*", "--force-color", TZ="UTC")
    await following.until(lambda: following.lines)
    following.signal(signal.SIGTERM)

    assert await following.ended() == 128 + signal.SIGTERM
    (line,) = following.lines
    assert "academy.course_completed" in line and "\x1b[" in line


@pytest.mark.parametrize("from_server", [False, True], ids=["log", "server"])
async def test_conditions_and_a_time_are_asked_for_as_a_query_does(tail, send, keep_server, from_server):
    where = ["--url", keep_server("ours").origin] if from_server else []
    await send(4)

    following = await tail(*where, "--since", "1h", "--where", "data.number > 0", "--where", "data.number<=2", "--json")
    await following.until(lambda: len(following.lines) == 2)
    following.signal(signal.SIGINT)
    await following.ended()

    assert following.numbers == [1, 2]


async def test_a_tail_that_was_killed_goes_on_where_it_was(tail, send, tmp_path):
    state = tmp_path / "place"
    await send(2)
    first = await tail("--state", str(state), "--after", "earliest", "--json")
    await first.until(lambda: len(first.lines) == 2 and state.exists() and state.read_text().endswith(":2\n"))
    first.signal(signal.SIGKILL)
    await first.ended()

    await send(2)
    second = await tail("--state", str(state), "--after", "earliest", "--json")
    await second.until(lambda: len(second.lines) == 2)

    assert first.numbers + second.numbers == [0, 1, 2, 3]


async def test_a_place_of_another_log_is_told(tail, send):
    await send(1)

    following = await tail("--after", "another:7", "--json")
    await following.until(lambda: following.lines)

    assert following.notes == ["-- this is another log than before: it begins at position 1"]


async def test_a_log_that_is_away_is_told_and_waited_for(tail, send):
    await send(1)
    following = await tail("--last", "1", "--json")
    await following.until(lambda: following.lines)

    await asyncio.to_thread(rename, "signalcast_stream", "elsewhere")
    await following.until_noted("the database cannot be read (")
    await asyncio.to_thread(rename, "elsewhere", "signalcast_stream")
    await following.until_noted("resumed after position 1")
    await send(1)
    await following.until(lambda: len(following.lines) == 2)

    assert following.numbers == [0, 1]
    assert len(following.notes) == 3


def rename(old, new):
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")
    finally:
        connection.close()


async def test_nobody_is_written_to_who_has_stopped_reading(tail, send):
    await send(1)
    following = await tail("--last", "1")
    await following.until(lambda: following.lines)

    await following.stop_reading()

    assert await following.ended() == 128 + signal.SIGPIPE
    assert following.notes == ["-- following after position 0"]


async def test_a_server_is_followed_through_its_death(tail, send, start_server):
    server = start_server("ours", HEARTBEAT="0.2")
    await send(2)
    following = await tail("--url", server.url, "--after", "0", "--json")
    await following.until(lambda: len(following.lines) == 2)

    server.kill()
    await send(2)
    await following.until_noted("trying again")
    server.start()
    await following.until(lambda: len(following.lines) == 4)
    server.terminate()
    await following.until_noted("goodbye")
    server.wait()

    assert following.numbers == [0, 1, 2, 3]
    assert any(note.startswith("-- resumed after position 2 (") for note in following.notes)


async def test_a_server_that_has_frozen_is_noticed(tail, send, start_server):
    server = start_server("ours", HEARTBEAT="0.2")
    await send(1)
    following = await tail("--url", server.origin, "--last", "1", "--json")
    await following.until(lambda: following.lines)

    server.signal(signal.SIGSTOP)
    try:
        await following.until_noted("nothing was heard for too long")
    finally:
        server.signal(signal.SIGCONT)
    await send(1)
    await following.until(lambda: len(following.lines) == 2)

    assert following.numbers == [0, 1]


async def test_whoever_may_not_is_told_why(tail, keep_server):
    server = keep_server("ours", DEBUG="0", SECRET_KEY="of-these-tests-alone-and-long-enough-for-the-checks")

    following = await tail("--url", server.origin)

    assert await following.ended() == 1
    assert following.lines == []
    assert following.notes[-1].startswith("CommandError: The server answers 401: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--type", "a*b"], "type is 'a*b'"),
        (["--last", "many"], "last is"),
        (["--since", "soon"], "since is"),
        (["--since", "1h", "--last", "3"], "since and last"),
        (["--where", "data.number"], "is no condition. Write 'data.order.fields.amount>100'"),
        (["--where", "subject>1"], "only what is in the data can be compared"),
        (["--after", "soon"], "--after 'soon' is no place"),
        (["--after", "1", "--last", "2"], "write one of them"),
        (["--since", "1h", "--after", "earliest"], "write one of them"),
        (["--url", "example.com"], "is no address"),
        (["--url", "http://127.0.0.1:1/", "--token-file", "nowhere"], "cannot be read"),
        (["--state", "manage.py"], "is no place"),
    ],
)
@pytest.mark.django_db
def test_what_is_asked_in_vain_is_answered_by_what_to_write(arguments, said):
    with pytest.raises(CommandError) as refused:
        call_command("tail_events", *arguments)

    assert said in str(refused.value)


async def test_what_receivers_did_follows_on_a_line_of_its_own_for_those_who_ask(tail, send):
    following = await tail("--reactions")
    await following.until_noted("following")
    await send(2)
    await following.until(lambda: len(following.lines) == 4)
    following.signal(signal.SIGTERM)
    await following.ended()

    events = [line for line in following.lines if "academy.order_paid" in line]
    reactions = [line for line in following.lines if "receiver" in line]
    assert (len(events), [line.split()[0] for line in reactions]) == (2, ["1", "2"])
    assert [line.split()[2] for line in events] == ["1", "2"]


async def test_what_receivers_did_is_for_people_who_follow_the_log_itself(tail):
    following = await tail("--reactions", "--json")

    assert await following.ended() == 1
    assert "--reactions are for people" in following.notes[-1]
