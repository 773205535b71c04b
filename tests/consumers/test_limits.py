"""Limits that are counted."""

from hypothesis import given
from hypothesis import strategies as st

from consumers.limits import Headcount, Rate


@given(most=st.integers(1, 50), waits=st.lists(st.floats(0, 3), max_size=200))
def test_no_second_has_more_than_the_most_and_what_was_saved_before_it(most, waits):
    rate, now, taken = Rate(most, 0.0), 0.0, []

    for wait in waits:
        now += wait
        if rate.take(most, now):
            taken.append(now)

    for begin in taken:
        assert sum(begin <= time <= begin + 1 for time in taken) <= 2 * most


def test_after_a_quiet_second_as_many_may_come_at_once_and_no_more():
    rate = Rate(3, 0.0)

    assert [rate.take(3, 0.0) for _ in range(5)] == [True, True, True, False, False]
    assert [rate.take(3, 100.0) for _ in range(5)] == [True, True, True, False, False]


def test_who_has_left_is_not_counted_and_takes_no_memory():
    heads = Headcount()
    heads.enter("mei")
    heads.enter("mei")
    heads.leave("mei")

    assert (heads["mei"], heads["anna"]) == (1, 0)
    heads.leave("mei")
    assert heads["mei"] == 0
    assert not heads._there
