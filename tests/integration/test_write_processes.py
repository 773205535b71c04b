"""The write side in processes that race, fork, end and are killed."""

import json
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from events import log
from events.models import EventRow
from events.process import publisher
from events.publication import sweep
from events.streams import MAIN

# The longest that a program may take from its last line to its end.
EXIT_SECONDS = 30

HANGING_LAYER = """
settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.events.test_nudge.Hanging"}}
"""


def marks():
    """What the events in the log are marked with, in order of position. Nobody is helped to publish."""
    return [json.loads(entry.line)["data"]["mark"] for entry in log.read(MAIN, 1, 10_000).entries]


def swept_marks():
    sweep()
    assert publisher().flush(60)
    return marks()


@contextmanager
def nobody_else_appends():
    with transaction.atomic():
        if connection.vendor == "postgresql":
            connection.cursor().execute("LOCK TABLE signalcast_event IN EXCLUSIVE MODE")
        else:
            connection.cursor().execute("UPDATE signalcast_stream SET head = head")
        yield


def at_the_server():
    """Who is connected to PostgreSQL; nobody ever is to SQLite."""
    if connection.vendor == "sqlite":
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return {pid for (pid,) in cursor.fetchall()}


def disconnect(pids):
    """What a killed program has sent may be committed later, where the server has much to do: not after this."""
    with connection.cursor() as cursor:
        for pid in pids:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])


def ended_well(program):
    said, complaints, status, seconds = program.end()
    assert (complaints, status) == ("", 0)
    return said, seconds


def test_four_processes_that_send_at_once_lose_nothing(run):
    programs = [
        run(f"for n in range(500): order_paid.send(sender=None, order=None, mark=[{process}, n])")
        for process in range(4)
    ]
    for program in programs:
        ended_well(program)

    logged = swept_marks()
    assert log.head(MAIN).position == len(logged) == 2000
    assert sorted(logged) == [[process, n] for process in range(4) for n in range(500)]
    for process in range(4):
        assert [n for sender, n in logged if sender == process] == list(range(500))


def test_an_event_whose_process_died_right_after_the_commit_is_published_by_the_sweep(run):
    program = run("""
with transaction.atomic():
    transaction.on_commit(lambda: os._exit(7))
    order_paid.send(sender=None, order=None, mark="a")
""")
    _, _, status, _ = program.end()

    # Its own hook came first, so the process never got as far as publishing.
    assert status == 7
    assert swept_marks() == ["a"]


def test_an_event_whose_process_died_before_the_commit_never_was(run):
    program = run("""
with transaction.atomic():
    order_paid.send(sender=None, order=None, mark="never")
    os._exit(7)
""")
    program.end()

    assert not EventRow.objects.exists()


def test_what_was_sent_before_a_kill_is_in_the_log_once_and_positions_stay_dense(run):
    endless = """
n = 0
while True:
    order_paid.send(sender=None, order=None, mark=n)
    say(n)
    n += 1
"""
    before = at_the_server()
    programs = [run(endless) for _ in range(3)]
    said = []
    for program in programs:
        said.append(["0"] if program.line() == "0" else [])
        said[-1] += [program.line() for _ in range(50)]
        program.kill()
    for program, lines in zip(programs, said, strict=True):
        lines += [line for line in program.end()[0] if line]
    disconnect(at_the_server() - before)

    logged = swept_marks()
    assert log.head(MAIN).position == len(logged)
    assert not EventRow.objects.filter(position=None).exists()
    for n in range(max(map(len, said))):
        expected = sum(str(n) in lines[:-1] for lines in said)  # The last line may have been cut.
        assert expected <= logged.count(n) <= len(programs)


@pytest.mark.parametrize("layer", ["", HANGING_LAYER], ids=["no layer", "a layer that hangs"])
def test_a_program_of_one_line_publishes_before_it_ends(run, layer):
    program = run(layer + 'order_paid.send(sender=None, order=None, mark="a"); say("sent")')
    assert program.line() == "sent"
    _, complaints, status, seconds = program.end()

    assert marks() == ["a"]
    assert seconds < EXIT_SECONDS
    assert status == 0
    assert "Traceback" not in complaints


def test_async_code_that_ends_at_once_loses_nothing(run):
    program = run("""
async def main():
    order_paid.send(sender=None, order=None, mark="a")
    await order_paid.asend(sender=None, order=None, mark="b")

asyncio.run(main())
""")
    ended_well(program)

    assert sorted(marks()) == ["a", "b"]


def test_an_error_that_ends_a_program_takes_no_event_with_it(run):
    program = run('order_paid.send(sender=None, order=None, mark="a"); raise SystemExit(3)')

    assert program.end()[2] == 3
    assert marks() == ["a"]


def test_after_a_fork_parent_and_child_each_write_their_own_events_once(run):
    with nobody_else_appends():  # So the parent's queue is not empty when it forks.
        program = run("""
from events.process import publisher

async def send(*marks):
    for mark in marks:
        order_paid.send(sender=None, order=None, mark=mark)

asyncio.run(send("a", "b", "c"))
child = os.fork()
if child:
    asyncio.run(send("parent"))
    say("forked")
    os.waitpid(child, 0)
    order_paid.send(sender=None, order=None, mark="parent, later")
else:
    asyncio.run(send("child"))
    say("forked")
# At its end a process waits for two seconds, and we may take longer to let it write.
publisher().flush(60)
""")
        assert [program.line(), program.line()] == ["forked", "forked"]
    ended_well(program)

    logged = marks()
    assert sorted(logged) == ["a", "b", "c", "child", "parent", "parent, later"]
    assert logged[-1] == "parent, later"


def test_a_fork_waits_until_the_publisher_has_left_what_a_child_would_find_locked(run):
    program = run("""
import threading, time
from django.db.backends.signals import connection_created

# As one of SQLite's own, which it takes to open a file.
lock = threading.Lock()

def open_slowly(**arguments):
    with lock:
        time.sleep(0.1)

async def send(mark):
    order_paid.send(sender=None, order=None, mark=mark)

connection_created.connect(open_slowly)
asyncio.run(send("parent"))
child = os.fork()
if child:
    os.waitpid(child, 0)
else:
    order_paid.send(sender=None, order=None, mark="child")
""")
    ended_well(program)

    assert sorted(marks()) == ["child", "parent"]


def test_a_child_that_ends_leaves_its_parent_s_publisher_alone(run):
    program = run("""
import gc
from events.process import publisher
settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.integration.program.Woken"}}
order_paid.send(sender=None, order=None, mark="parent")
publisher().flush()
for n in range(3):
    child = os.fork()
    if not child:
        connection.connection = None  # As servers do that fork: what was inherited is not the child's to use.
        gc.collect()
        order_paid.send(sender=None, order=None, mark="child")
        publisher().flush()
        sys.exit()
    os.waitpid(child, 0)
order_paid.send(sender=None, order=None, mark="parent, later")
publisher().flush()
""")
    ended_well(program)

    assert swept_marks() == ["parent", "child", "child", "child", "parent, later"]
