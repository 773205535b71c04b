"""The weight of a process: how much of its memory is resident, in KB."""

import threading
from collections.abc import Callable
from pathlib import Path


def now(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise LookupError(f"Process {pid} has ended")


class Scales:
    """Weighs a process again and again, while the context lasts, and notes with each weight how far the work is."""

    SECONDS = 0.02

    def __init__(self, pid: int, progress: Callable[[], int]) -> None:
        self.weights: list[tuple[int, int]] = []
        """How far the work was, and the weight then, in KB."""
        self._pid = pid
        self._progress = progress
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._weigh)

    def most(self) -> int:
        return max(kilobytes for _, kilobytes in self.weights)

    def __enter__(self) -> "Scales":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _weigh(self) -> None:
        while True:
            self.weights.append((self._progress(), now(self._pid)))
            if self._ended.wait(self.SECONDS):
                return
