"""`manage.py prune_events`: the oldest events go, and nothing else changes."""

import threading
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from events import log
from events.event import Event, new_id, now
from events.models import EventRow
from events.numbering import number
from events.process import publisher
from events.streams import MAIN


class Terminal(StringIO):
    def isatty(self):
        return True


@pytest.fixture
def prune(transactional_db):
    """Types the command, and returns what it says."""

    def prune(*words, out=None):
        out = out or StringIO()
        call_command("prune_events", *words, stdout=out)
        return out.getvalue()

    return prune


@pytest.fixture
def aged(transactional_db):
    """Fills the log with events of these ages in days, in this order of positions."""

    def fill(*ages):
        with transaction.atomic():
            for age in ages:
                log.append(an_event(age), using="default")
        while number(MAIN, using="default").entries:
            pass

    return fill


def an_event(age):
    sent = now() - timedelta(days=age)
    return Event(id=new_id(sent), stream=MAIN, type="shop.paid", source="/shop", time=sent, data="{}")


def kept():
    return [entry.position for entry in log.read(MAIN, 1, 10_000).entries]


def test_what_is_older_goes(aged, prune):
    aged(9, 8, 7, 2, 1)

    assert prune("--older-than", "3d") == "Deleted 3 events. The log begins at position 4.\n"
    assert kept() == [4, 5]


def test_the_newest_are_kept(aged, prune):
    aged(9, 8, 7, 2, 1)

    assert prune("--keep", "4") == "Deleted 1 event. The log begins at position 2.\n"
    assert kept() == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("keep", "age", "left"), [(1, "3d", [4, 5]), (3, "3d", [3, 4, 5]), (3, "30d", [1, 2, 3, 4, 5])]
)
def test_with_both_limits_an_event_goes_only_if_both_let_it(aged, prune, keep, age, left):
    aged(9, 8, 7, 2, 1)
    prune("--keep", str(keep), "--older-than", age)

    assert kept() == left


def test_only_what_stands_before_the_first_young_one_goes_since_time_does_not_follow_position(aged, prune):
    aged(9, 1, 8, 7, 2)
    prune("--older-than", "3d")

    assert kept() == [2, 3, 4, 5]


@pytest.mark.parametrize("young", [2, 3, 4, 7], ids="at {}".format)
def test_the_first_young_one_is_found_wherever_the_batches_end(aged, young):
    aged(*[1 if position == young else 9 for position in range(1, 9)])
    limit = now() - timedelta(days=3)

    assert log.first_since(MAIN, limit, stop=9, batch=3) == young
    assert log.first_since(MAIN, limit, stop=young, batch=3) == young


@pytest.mark.parametrize(
    ("age", "left"),
    [("172740s", []), ("2879m", []), ("48h", [1]), ("2d", [1]), ("1w", [1]), ("2881m", [1])],
)
def test_an_age_is_in_seconds_minutes_hours_days_or_weeks(aged, prune, age, left):
    aged(1.9999)
    prune("--older-than", age)

    assert kept() == left


def test_an_event_of_the_very_time_stays(aged):
    aged(2, 1)
    second = EventRow.objects.get(position=2).time

    assert log.first_since(MAIN, second, stop=3) == 2
    assert log.first_since(MAIN, second + timedelta(microseconds=1), stop=3) == 3


def test_positions_and_epoch_outlive_everything_that_they_named(aged, prune):
    aged(9, 8)
    before = log.head(MAIN)

    assert prune("--keep", "0") == "Deleted 2 events. The log begins at position 3.\n"
    assert (kept(), log.head(MAIN)) == ([], before)
    aged(1)
    assert (kept(), log.head(MAIN).epoch) == ([3], before.epoch)


def test_what_waits_for_its_position_stays_however_old_it_is(aged, prune):
    aged(9)
    log.append(an_event(90), using="default")
    prune("--older-than", "0s", "--keep", "0")

    assert EventRow.objects.get().position is None
    assert [entry.position for entry in number(MAIN, using="default").entries] == [2]


@pytest.mark.parametrize("words", [["--keep", "5"], ["--older-than", "30d"], ["--keep", "1000000"]], ids=" ".join)
def test_nothing_to_delete_is_no_error(aged, prune, words):
    aged(9, 8, 7, 2, 1)

    assert prune(*words) == "There is nothing to delete. The log begins at position 1.\n"
    assert kept() == [1, 2, 3, 4, 5]


def test_a_log_that_nobody_has_opened_is_left_so(prune):
    assert prune("--keep", "0") == "There is nothing to delete. The log begins at position 1.\n"


def test_a_dry_run_says_what_would_go_and_deletes_nothing(aged, prune):
    aged(9, 8, 7, 2, 1)

    assert prune("--older-than", "3d", "--dry-run") == "The events of positions 1 to 3 would be deleted.\n"
    assert kept() == [1, 2, 3, 4, 5]


def test_it_deletes_in_many_short_transactions_and_tells_a_terminal_how_far_it_is(aged, prune):
    aged(*[9] * 2001)

    with CaptureQueriesContext(connection) as queries:
        said = prune("--older-than", "3d", out=Terminal())

    deletions = [query["sql"] for query in queries if query["sql"].startswith("DELETE FROM signalcast_event")]
    assert len(deletions) == 3
    assert not [query["sql"] for query in queries if query["sql"].startswith(("BEGIN", "SAVEPOINT"))]
    assert said.startswith(
        "Deleted 1000 of 2001 events\rDeleted 2000 of 2001 events\rDeleted 2001 of 2001 events\rDeleted 2001 events."
    )


@pytest.mark.only_on("sqlite")
def test_between_two_batches_it_leaves_the_one_writer_s_place_to_the_senders(aged):
    aged(9, 8, 7)
    started = time.monotonic()

    assert list(log.prune_in_batches(MAIN, 4, batch=1)) == [1, 1, 1]
    assert time.monotonic() - started >= 2 * log.SQLITE_PAUSE > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Write --older-than 30d, --keep 1000000, or both."),
        (["--older-than", "30"], "'30' is no age. Write a number and s, m, h, d or w, e.g. 12h or 30d."),
        (["--older-than", "30 days"], "e.g. 12h or 30d."),
        (["--older-than", "-3d"], "e.g. 12h or 30d."),
        (["--older-than", "1.5d"], "e.g. 12h or 30d."),
        (["--older-than", "3M"], "e.g. 12h or 30d."),
        (["--older-than", "٣d"], "e.g. 12h or 30d."),
        (["--older-than", ""], "'' is no age."),
        (["--older-than", "999999999w"], "'999999999w' is before all time. Write less, e.g. 30d."),
        (["--keep", "many"], "'many' is no number of events. Write 0 or more, e.g. 1000000."),
        (["--keep", "-1"], "'-1' is no number"),
        (["--keep", "1e6"], "'1e6' is no number"),
        (["--keep", ""], "'' is no number"),
        (["--keep", "9" * 5000], "Write 0 or more, e.g. 1000000."),
        (["--keep", "0", "--older-than", "30"], "'30' is no age."),
    ],
    ids=lambda words: " ".join(words)[:30] if isinstance(words, list) else "",
)
def test_whatever_is_wrong_says_what_to_write_and_deletes_nothing(aged, prune, words, said):
    aged(9)
    with pytest.raises(CommandError) as caught:
        # With an equals sign, as a shell may have it, so that nothing is taken for another option.
        prune(*[f"{option}={value}" for option, value in zip(words[::2], words[1::2], strict=True)])

    assert said in str(caught.value)
    assert kept() == [1]


def test_code_may_give_the_number_as_one(aged, transactional_db):
    aged(9, 8)
    call_command("prune_events", keep=1, stdout=StringIO())

    assert kept() == [2]


def test_while_others_send_publish_and_prune_nothing_is_missing_but_the_beginning(order_paid, prune):
    senders, events = 2, 150
    done = threading.Event()
    holes = []

    def send():
        for _ in range(events):
            order_paid.send(sender=None)
        connection.close()

    def prune_all_the_time():
        while not done.is_set():
            prune("--keep", "20")
        connection.close()

    def read():
        page = log.read(MAIN, 1, 10_000)
        positions = [entry.position for entry in page.entries]
        there = list(range(positions[0], page.stop)) if positions else []
        if positions != there:
            holes.append(positions)

    sending = [threading.Thread(target=send) for _ in range(senders)]
    pruning = [threading.Thread(target=prune_all_the_time) for _ in range(2)]
    for thread in sending + pruning:
        thread.start()
    while any(thread.is_alive() for thread in sending):
        read()
    done.set()
    for thread in sending + pruning:
        thread.join()
    assert publisher().flush(10)
    prune("--keep", "20")

    sent = senders * events
    assert holes == []
    assert log.head(MAIN).position == sent
    assert kept() == list(range(sent - 19, sent + 1))
    assert not EventRow.objects.filter(position=None).exists()


@pytest.mark.parametrize("command", [("prune_events", "--keep", "1"), ("signals",)], ids=" ".join)
def test_where_there_is_no_log_commands_say_what_to_do(transactional_db, command):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE signalcast_stream RENAME TO away")
        try:
            with pytest.raises(CommandError, match=r"signalcast_stream.*migrated \(manage\.py migrate\)\?"):
                call_command(*command)
        finally:
            cursor.execute("ALTER TABLE away RENAME TO signalcast_stream")
