"""events.log.since: where in the stream a time is, although times step back between neighbours."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from events import log
from events.event import Event, new_id
from events.models import EventRow
from events.numbering import number
from events.streams import MAIN

BEGAN = datetime(2026, 11, 1, 10, tzinfo=UTC)


@pytest.fixture
def timed(transactional_db):
    """Fills the log with events of these times, in seconds, in this order of positions."""

    def fill(*seconds):
        with transaction.atomic():
            for second in seconds:
                time = at(second)
                event = Event(id=new_id(time), stream=MAIN, type="shop.paid", source="/shop", time=time, data="{}")
                log.append(event, using="default")
        while number(MAIN, using="default").entries:
            pass

    return fill


def at(second):
    return BEGAN + timedelta(seconds=second)


def naive(seconds, wanted):
    return next((position for position, second in enumerate(seconds, start=1) if second >= wanted), len(seconds) + 1)


def test_a_time_is_at_the_first_event_that_is_not_from_before_it(timed):
    timed(10, 20, 20, 30)

    assert [log.since(MAIN, at(second)) for second in (0, 10, 10.000001, 20, 25, 30)] == [1, 1, 2, 2, 4, 4]


def test_a_time_after_all_events_is_where_the_next_one_will_be(timed):
    assert log.since(MAIN, at(0)) == 1

    timed(10, 20)

    assert log.since(MAIN, at(20.000001)) == log.since(MAIN, at(10**9)) == 3


def test_a_time_before_all_years_is_at_the_oldest_event(timed):
    timed(10, 20, 30)
    log.prune(MAIN, 2)

    assert log.since(MAIN, datetime.min.replace(tzinfo=UTC)) == log.since(MAIN, at(5)) == 2


def test_an_event_that_was_committed_late_hides_none_that_stands_before_it(timed):
    timed(0, 1000, 1001, 900, 1002)

    assert log.since(MAIN, at(1000)) == 2
    assert log.since(MAIN, at(1001.5)) == 5


@pytest.mark.parametrize("seed", range(5))
def test_whatever_was_late_by_less_than_the_skew_the_first_position_is_found(timed, seed):
    random = Random(seed)
    skew = log.SKEW.total_seconds()
    seconds = [step * 20 - random.choice((0, 0, 0, 1, random.randrange(int(skew)))) for step in range(200)]
    timed(*seconds)

    times = random.sample(range(-500, 4500), 60)

    assert [log.since(MAIN, at(time)) for time in times] == [naive(seconds, time) for time in times]


def test_a_hole_in_the_log_is_passed_over(timed):
    timed(*range(0, 10_000, 1000))
    EventRow.objects.filter(position__in=[4, 5, 6, 10]).delete()

    assert [log.since(MAIN, at(second)) for second in (2000, 2001, 6000, 8001)] == [3, 7, 7, 11]


def test_a_time_is_found_by_halves_without_a_look_at_every_event(timed, monkeypatch):
    timed(*range(0, 1_000_000, 1000))
    monkeypatch.setattr(log, "SKEW_BATCH", 10)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert log.since(MAIN, at(700_000)) == 701

    assert len(queries) < 16


def test_what_is_late_is_read_in_pieces(timed, monkeypatch):
    timed(*range(100))
    monkeypatch.setattr(log, "SKEW_BATCH", 7)

    assert [log.since(MAIN, at(second)) for second in (0, 6, 7, 55, 99, 100)] == [1, 7, 8, 56, 100, 101]
