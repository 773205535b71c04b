"""consumers.batches: what is made once for all who want it at that moment."""

from consumers.batch import Batch
from consumers.batches import MAX_BYTES, MAX_HELD, Batches

from .memory import entry


def held(batches):
    """How many, and how many bytes."""
    return [level.held for level in batches.buffer.levels]


def batch(size=0):
    return Batch(1, 2, [entry(1, size=size)], tip=None, head=1)


def test_what_is_wanted_again_is_the_very_same():
    batches = Batches()

    one, other = [batches.get("a place", batch) for _ in range(2)]

    assert one is other


def test_what_could_not_be_made_is_tried_again():
    batches = Batches()

    assert batches.get("a place", lambda: None) is None
    assert batches.get("a place", batch) is not None


def test_only_so_many_are_held_and_the_oldest_is_made_again():
    batches = Batches()
    first = batches.get(0, batch)
    for place in range(1, MAX_HELD + 1):
        newest = batches.get(place, batch)

    assert held(batches)[0] == MAX_HELD
    assert batches.get(MAX_HELD, batch) is newest
    assert batches.get(0, batch) is not first


def test_large_ones_are_held_only_up_to_so_many_bytes():
    batches = Batches()

    for place in range(MAX_HELD):
        batches.get(place, lambda: batch(size=MAX_BYTES // 10))

        assert held(batches)[1] <= MAX_BYTES
    assert held(batches)[0] == 9


def test_one_that_is_too_large_to_be_held_is_made_all_the_same():
    batches = Batches()

    made = batches.get("a place", lambda: batch(size=MAX_BYTES))

    assert len(made.entries) == 1
    assert held(batches) == [0, 0]


def test_nothing_is_held_of_another_log():
    batches = Batches()
    of_the_old = batches.get("a place", batch)

    batches.clear()

    assert held(batches) == [0, 0]
    assert batches.get("a place", batch) is not of_the_old
