"""The write side, where processes are killed at the worst moment, or have no room to write."""

import pytest

from academy.models import Course
from events import log
from events.models import EventRow
from events.streams import MAIN

from .test_write_processes import marks, swept_marks

DIE_IN_A_PASS = """
from django.db.backends.signals import connection_created
from django.db import connections
from events.process import publisher

def die(execute, sql, params, many, context):
    result = execute(sql, params, many, context)
    if sql.strip().startswith({moment!r}):
        os._exit(7)
    return result

def watch(connection, **kwargs):
    connection.execute_wrappers.append(die)

with transaction.atomic():
    for mark in range(3):
        order_paid.send(sender=None, order=None, mark=mark)
    connection_created.connect(watch)
publisher().flush(60)
"""


@pytest.mark.parametrize(
    "moment",
    ["INSERT INTO signalcast_stream", "SELECT epoch, head", "UPDATE signalcast_event", "UPDATE signalcast_stream"],
)
def test_a_publisher_that_is_killed_in_the_middle_of_its_pass_leaves_it_to_others_whole(run, moment):
    _, _, status, _ = run(DIE_IN_A_PASS.format(moment=moment)).end()

    assert status == 7
    assert list(EventRow.objects.values_list("position", flat=True)) == [None] * 3
    assert swept_marks() == [0, 1, 2]
    assert log.head(MAIN).position == 3


def test_a_publisher_that_is_killed_before_its_nudge_has_published_all_the_same(run):
    program = run("""
class Deadly:
    async def group_send(self, group, message):
        os._exit(7)

settings.CHANNEL_LAYERS = {"default": {"BACKEND": "__main__.Deadly"}}
from events.process import publisher
order_paid.send(sender=None, order=None, mark="a")
publisher().flush(60)
""")

    assert program.end()[2] == 7
    assert marks() == ["a"]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("send", ["send", "send_robust"])
def test_business_that_a_full_disk_undid_is_neither_half_done_nor_thought_to_be_done(run, send):
    program = run(f"""
import resource, signal
from academy.models import Course

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
connection.cursor().execute("PRAGMA cache_size = 5")  # So that what does not fit is written before the commit.
order_paid.receivers = order_paid.receivers[:1]
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
try:
    with transaction.atomic():
        Course.objects.create(slug="before", title="A", price=1)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, unlimited[1]))
        order_paid.{send}(sender=None, order=None, note="x" * 60_000)
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        Course.objects.create(slug="after", title="A", price=1)
except Exception as error:
    say(type(error).__name__)
""")
    said, _, status, _ = program.end()

    assert (said, status) == (["TransactionLost" if send == "send" else "TransactionManagementError"], 0)
    assert not Course.objects.exists()
    assert swept_marks() == []
