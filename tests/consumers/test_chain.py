"""A chain of events, as it is cut: what there is beyond is told. (test_history has the rest.)"""

import pytest

from consumers.chain import MAX_BYTES, MAX_EVENTS, chain_of
from consumers.sight import FULL

from .memory import entry

LARGE = MAX_BYTES + 1


@pytest.mark.parametrize(
    "sizes, count, is_whole",
    [
        ([0, 0], 2, True),
        ([LARGE], 1, True),
        ([LARGE, 0], 1, False),
        ([0, LARGE], 1, False),
        ([0] * MAX_EVENTS, MAX_EVENTS, True),
        ([0] * (MAX_EVENTS + 1), MAX_EVENTS, False),
    ],
    ids=["small", "a large one", "a large one first", "a large one last", "as many as fit", "one more"],
)
async def test_a_chain_is_whole_or_says_that_it_is_not(sizes, count, is_whole):
    found = [entry(position, size=size) for position, size in enumerate(sizes, start=1)]

    chain = await chain_of("c", found, FULL, epoch="one", head=len(found))

    assert ([each.position for each in chain.entries], chain.is_whole) == (list(range(1, count + 1)), is_whole)
