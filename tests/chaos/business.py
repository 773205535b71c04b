"""The processes that send: four that go on for as long as the campaign, and others that have one thing to do."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("sync", "threaded", "forked", "async")
AGAIN_SECONDS = 0.3
END_SECONDS = 30.0


class Emitter:
    """One that is started again whenever it ends, under another name."""

    def __init__(self, start: Callable[..., "subprocess.Popen[bytes]"], kind: str) -> None:
        self._start = start
        self._kind = kind
        self._lives = 0
        self._stopping = False
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: list[int] = []

    async def run(self) -> None:
        while not self._stopping:
            self._lives += 1
            self._process = self._start(self._kind, f"{self._kind}{self._lives}")
            self._groups.append(self._process.pid)
            await asyncio.to_thread(self._process.wait)
            await asyncio.sleep(AGAIN_SECONDS)

    def signal(self, number: int) -> None:
        if self._process:
            self._process.send_signal(number)

    def stop(self, number: int) -> None:
        """For good: with TERM, or in a worse way."""
        self._stopping = True
        self.signal(number)

    def bury(self) -> None:
        """Ends what is left of it, and of what it forked."""
        for group in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


def starter(environment: Mapping[str, str], seed: str, folder: Path) -> Callable[..., "subprocess.Popen[bytes]"]:
    """Starts a process of the module `emitter`. What it complains of is in the folder, under its name."""
    # Nothing is ever said here; but what it says to is at its end once this process has gone, in whatever way.
    listening, _ = os.pipe()

    def start(kind: str, name: str, argument: str = "") -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.chaos.emitter", kind, name, seed, argument or str(folder / "promises")]
        with (folder / f"{name}.txt").open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=ROOT, env=environment, stdin=listening, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    return start
