"""The cores: the server that is weighed has one to itself, and everything else shares the others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ALL = sorted(os.sched_getaffinity(0))
SERVER = {_ALL[0]}
# With one core there is nothing to divide; figures are then what they are.
REST = set(_ALL[1:]) or SERVER

_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def on(cores: set[int]) -> Iterator[None]:
    """Processes that are started in here run on these cores, and so do their threads."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """What the process, with all its threads and without its children, has had of the processor."""
    # Behind the name, which may have anything in it: utime and stime are the 14th and 15th fields.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
