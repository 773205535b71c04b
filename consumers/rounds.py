"""Rounds: everybody is told that there is something new, at once where it is quiet, less often under load. No I/O, no
Django.

A round to a thousand clients takes milliseconds. Where commits come faster than that, a round for each would take all
of the time there is, and carry one event; so after each there is a rest as long as it took, and what comes meanwhile
goes with the next one.
"""

import asyncio
from collections.abc import Callable

MAX_REST = 0.01


class Rounds:
    def __init__(self, tell: Callable[[], None]) -> None:
        """`tell` makes a round: it tells everybody, and returns."""
        self._tell = tell
        self._rest_ends = 0.0
        self._next: asyncio.TimerHandle | None = None

    def ask(self) -> None:
        """A round, now or as soon as the rest ends."""
        if self._next is not None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() >= self._rest_ends:
            self._go()
        else:
            self._next = loop.call_at(self._rest_ends, self._go)

    def stop(self) -> None:
        if self._next is not None:
            self._next.cancel()

    def _go(self) -> None:
        self._next = None
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            self._tell()
        finally:
            ended = clock()
            self._rest_ends = ended + min(ended - began, MAX_REST)
