"""events.failure: how much is kept of where an exception comes from."""

import sys
from types import TracebackType

from events.failure import MAX_FRAMES, MAX_WALK, failure


def raised(depth):
    if depth:
        raised(depth - 1)
    raise ValueError(depth)


def test_the_innermost_frames_are_kept_of_a_deep_exception():
    try:
        raised(MAX_FRAMES + 20)
    except ValueError as error:
        lines = failure(error).traceback.split("\n")

    innermost = raised.__code__.co_firstlineno + 3
    assert [line.endswith(" in raised") for line in lines] == [True] * MAX_FRAMES
    assert lines[-1] == f"tests/events/test_failure.py:{innermost} in raised"


def test_of_a_traceback_without_an_end_only_so_much_is_looked_at():
    frame, chain = sys._getframe(), None
    for line in range(MAX_WALK + 50, 0, -1):
        chain = TracebackType(chain, frame, 0, line)

    told = failure(ValueError().with_traceback(chain)).traceback

    assert told.rpartition("\n")[2].startswith(f"tests/events/test_failure.py:{MAX_WALK} in ")
