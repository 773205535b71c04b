"""The write side in processes that are forked as workers are, or end while they send."""

import pytest

from events import log
from events.models import EventRow
from events.streams import MAIN
from tests.events.test_nudge_valkey import Group

from .test_write_processes import EXIT_SECONDS, ended_well, marks, nobody_else_appends, swept_marks

PUBSUB = "channels_redis.pubsub.RedisPubSubChannelLayer"


@pytest.fixture
def by_name(redis_url):
    """A real Valkey's address with a host name in it, and a member of the group there."""
    address = redis_url.replace("127.0.0.1", "localhost")
    member = Group(redis_url, PUBSUB, {})
    yield address, member
    member.close()


def test_workers_that_are_forked_from_a_parent_that_sends_and_live_long_lose_nothing(run):
    program = run("""
import multiprocessing
from events.process import publisher

def work(name):
    for n in range(100):
        with transaction.atomic():
            Order.objects.count()
            order_paid.send(sender=None, order=None, mark=[name, n])

work("parent, before")
publisher().flush(20)
connection.close()  # As servers do that fork.
fork = multiprocessing.get_context("fork")
workers = [fork.Process(target=work, args=[name]) for name in "abc"]
for worker in workers:
    worker.start()
work("parent, after")
for worker in workers:
    worker.join()
    assert worker.exitcode == 0
""")
    ended_well(program)

    # Such workers end by `os._exit`, so that what came last may wait for a sweep.
    logged = swept_marks()
    assert log.head(MAIN).position == len(logged) == 500
    for name in ("parent, before", "parent, after", "a", "b", "c"):
        assert [n for sender, n in logged if sender == name] == list(range(100))


def test_a_worker_that_is_forked_publishes_by_itself(run):
    program = run("""
from events.process import publisher
order_paid.send(sender=None, order=None, mark="parent")
publisher().flush(20)
connection.close()
if os.fork() == 0:
    for n in range(3):
        order_paid.send(sender=None, order=None, mark=n)
        publisher().flush(20)
        say(n)
    os._exit(0)
os.wait()
""")
    assert [program.line() for _ in range(3)] == ["0", "1", "2"]
    ended_well(program)

    assert marks() == ["parent", 0, 1, 2]


SEND_AT_EXIT = """
import atexit
from events.process import publisher
publisher().wake(0)  # So that there is a thread: from 3.12 on Python starts none any more.
atexit.register(order_paid.send, sender=None, order=None, mark="a")
"""


def test_a_signal_that_is_sent_as_the_interpreter_ends_is_published(run):
    _, seconds = ended_well(run(SEND_AT_EXIT))

    assert marks() == ["a"]
    assert seconds < EXIT_SECONDS


def test_an_object_that_sends_as_the_interpreter_takes_it_down_ends_with_it(run):
    _, seconds = ended_well(
        run("""
class Shop:
    def __del__(self, send=order_paid.send, say=say):
        send(sender=None, order=None, mark="never")
        say("down")

shop = Shop()
""")
    )

    assert seconds < EXIT_SECONDS


def test_at_the_end_even_a_broker_with_a_host_name_hears_of_it(run, by_name):
    address, member = by_name
    layer = {"BACKEND": PUBSUB, "CONFIG": {"hosts": [address]}}
    ended_well(run(f"settings.CHANNEL_LAYERS = {{'default': {layer}}}" + SEND_AT_EXIT))

    assert member.next().start == 1
    assert marks() == ["a"]


def test_at_the_end_a_database_that_is_held_costs_two_seconds_and_what_is_lost_is_told(run):
    with nobody_else_appends():
        program = run("""
async def main():
    for mark in range(3):
        order_paid.send(sender=None, order=None, mark=mark)

asyncio.run(main())
say("sent")
""")
        assert program.line() == "sent"
        _, complaints, status, seconds = program.end()

    assert status == 0
    assert seconds < EXIT_SECONDS
    assert "3 events are lost: the process ended before they could be appended" in complaints
    # A server that has the first one already may append it when nobody waits any more.
    assert EventRow.objects.count() <= 1


@pytest.mark.only_on("sqlite")
def test_on_a_test_database_in_memory_no_business_fails(run):
    program = run("""
from django.test.utils import setup_databases
from events import log
setup_databases(0, False)
for n in range(300):
    with transaction.atomic():
        Order.objects.count()
        order_paid.send(sender=None, order=None, mark=n)
        Order.objects.filter(pk=n).update(amount=n)
say(log.head("main").position)
""")
    said, _ = ended_well(program)

    assert said == ["300"]
