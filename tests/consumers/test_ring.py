"""The ring: the newest events, bounded in count and in bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.ring import Ring

from .memory import entry

ENTRIES = [entry(position, size=position % 7 * 40) for position in range(1, 200)]


def run(start, stop):
    return ENTRIES[start - 1 : stop - 1]


def held(ring):
    return [entry.position for entry in ring.slice(ring.start, ring.next)]


@given(
    events=st.integers(1, 30),
    bytes=st.integers(100, 5000),
    appended=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 12)), max_size=40),
)
def test_a_ring_is_the_newest_end_of_a_plain_list_and_never_over_its_bounds(events, bytes, appended):
    ring = Ring(events=events, bytes=bytes)
    plain = []

    for start, count in appended:
        fits = count == 0 or start <= len(plain) + 1
        if fits and start + count > len(plain):
            plain += run(len(plain) + 1, start + count) if count else []

        assert ring.append(run(start, start + count)) is fits
        assert ring.next == len(plain) + 1
        assert held(ring) == [entry.position for entry in plain[ring.start - 1 :]]
        assert len(held(ring)) <= events
        assert sum(len(entry.line) for entry in plain[ring.start - 1 :]) <= bytes
        # No more was dropped than had to be.
        one_more = plain[ring.start - 2 :]
        assert ring.start == 1 or len(one_more) > events or sum(len(entry.line) for entry in one_more) > bytes


def test_a_full_ring_drops_its_oldest_and_no_more_than_it_must():
    ring = Ring(events=10, bytes=10**6)

    ring.append(run(1, 26))

    assert held(ring) == list(range(16, 26))


def test_bytes_bound_a_ring_as_well_as_the_count():
    ring = Ring(events=1000, bytes=3 * len(ENTRIES[6].line))

    for position in range(1, 100):
        ring.append(run(position, position + 1))

    assert 1 <= len(held(ring)) <= 6
    assert held(ring)[-1] == 99


def test_an_event_larger_than_the_ring_leaves_it_empty_and_in_its_place():
    ring = Ring(events=10, bytes=200)

    assert ring.append([entry(1, size=500)])

    assert (ring.start, ring.next) == (2, 2)


@pytest.mark.parametrize("start", [7, 8, 100])
def test_a_hole_is_refused_and_changes_nothing(start):
    ring = Ring(events=10, bytes=10**6)
    ring.append(run(1, 6))

    assert not ring.append(run(start, start + 3))
    assert held(ring) == [1, 2, 3, 4, 5]


def test_a_hole_within_what_is_appended_is_refused_too():
    ring = Ring(events=10, bytes=10**6)
    ring.append(run(1, 6))

    assert not ring.append([*run(6, 9), *run(10, 40)])
    assert held(ring) == [1, 2, 3, 4, 5]


def test_what_the_ring_has_already_is_passed_over():
    ring = Ring(events=10, bytes=10**6)
    ring.append(run(1, 6))

    assert ring.append(run(2, 5))
    assert ring.append(run(3, 8))
    assert held(ring) == [1, 2, 3, 4, 5, 6, 7]


def test_a_cleared_ring_goes_on_wherever_it_is_told():
    ring = Ring(events=10, bytes=10**6)
    ring.append(run(1, 21))

    ring.clear(50)

    assert (ring.start, ring.next) == (50, 50)
    assert not ring.append(run(51, 52))
    assert ring.append(run(50, 52))
    assert held(ring) == [50, 51]


def test_what_fits_exactly_is_held_and_again_after_everything_was_forgotten():
    entries = [entry(position) for position in (11, 12, 13)]
    ring = Ring(events=3, bytes=sum(len(each.line) for each in entries))

    for _ in range(2):
        ring.clear(11)
        ring.append(entries)
        assert held(ring) == [11, 12, 13]
