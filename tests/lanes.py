"""
Commands side by side, each with what it says kept together:

    python -m tests.lanes pytest tests/events --beside pytest tests/browser

The first is heard at once, the others in turn, once those before them have ended. It fails if one of them fails, and
its last word is which.
"""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from typing import BinaryIO

BESIDE = "--beside"


class Lane:
    """A command that runs. Its output goes to the file, if there is one, until somebody wants to hear it."""

    def __init__(self, command: list[str], output: BinaryIO | None = None) -> None:
        self.command = command
        self._output = output
        self._process = subprocess.Popen(command, stdout=output, stderr=output)

    def tell(self) -> int:
        """Says all that it has said and yet says. Its exit status."""
        place = 0
        while self._output is not None:
            has_ended = self._process.poll() is not None
            # The place that the file has for itself is where the command writes.
            while piece := os.pread(self._output.fileno(), 65_536, place):
                place += len(piece)
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
            if has_ended:
                break
            time.sleep(0.1)
        return self._process.wait()

    def terminate(self) -> None:
        self._process.terminate()


def run(*commands: list[str]) -> int:
    """1 if any of them fails. TERM is passed on to all; Ctrl-C reaches them by itself."""
    with ExitStack() as files:
        outputs = [None, *(files.enter_context(tempfile.TemporaryFile()) for _ in commands[1:])]
        lanes = [Lane(command, output) for command, output in zip(commands, outputs, strict=True)]
        signal.signal(signal.SIGTERM, lambda *_: [lane.terminate() for lane in lanes])
        # Not before: whoever starts deaf to Ctrl-C stays so.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        failed = [lane.command for lane in lanes if lane.tell()]
    for command in failed:
        print("\nFAILED:", shlex.join(command))
    return 1 if failed else 0


def commands(words: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for word in words:
        if word == BESIDE:
            found.append([])
        else:
            found[-1].append(word)
    return found


if __name__ == "__main__":
    sys.exit(run(*commands(sys.argv[1:])))
