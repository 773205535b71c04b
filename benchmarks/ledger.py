"""The ledger: what a sender and the load client tell each other while a benchmark runs. A file of 64-bit numbers.

The first says how far the slowest client has come; the one at each sequence number, when that event was sent.
"""

import mmap
import time
from pathlib import Path


class Ledger:
    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._numbers = memoryview(mmap.mmap(file.fileno(), 0)).cast("Q")

    @staticmethod
    def create(path: Path, events: int) -> None:
        """An empty one, for sequence numbers from 1 to `events`."""
        path.write_bytes(bytes(8 * (events + 1)))

    @property
    def slowest(self) -> int:
        """Every client has everything up to this sequence number, or knows what it has lost."""
        return self._numbers[0]

    def note(self, start: int, stop: int) -> None:
        """The events of `[start, stop)` are sent now."""
        now = time.time_ns() // 1000
        for sequence in range(start, stop):
            self._numbers[sequence] = now

    def seconds_since(self, sequence: int) -> float:
        """How long ago the event was sent."""
        return time.time() - self._numbers[sequence] / 1e6
