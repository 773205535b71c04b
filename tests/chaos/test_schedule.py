"""A schedule is what its seed says, and leaves no kind of fault out."""

import pytest

from .faults import DEEDS
from .schedule import GENTLE, KINDS, ONLY_POSTGRESQL, schedule


@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_a_seed_reproduces_its_schedule(database):
    assert schedule(7, 150, database) == schedule(7, 150, database)
    assert schedule(7, 150, database) != schedule(8, 150, database)


@pytest.mark.parametrize("seconds", [30, 150])
def test_every_kind_comes_however_short_the_time(seconds):
    assert {fault.kind for fault in schedule(7, seconds, "postgresql")} == set(KINDS)
    assert {fault.kind for fault in schedule(7, seconds, "sqlite")} == set(KINDS) - ONLY_POSTGRESQL


def test_faults_come_in_their_time():
    times = [fault.at for fault in schedule(7, 150, "postgresql")]

    assert times == sorted(times)
    assert times[0] > 0 and times[-1] < 150


def test_only_the_kinds_that_were_asked_for_come():
    assert {fault.kind for fault in schedule(7, 6, "postgresql", GENTLE)} == set(GENTLE)


def test_there_is_a_deed_for_every_kind():
    assert DEEDS.keys() == KINDS.keys()
