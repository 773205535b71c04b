"""tests.lanes: what is said by commands that run at the same time, and which of them has failed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .lanes import BESIDE

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def start():
    """Starts shell commands side by side."""
    started = []

    def start(first, second):
        command = [sys.executable, "-m", "tests.lanes", "sh", "-c", first, BESIDE, "sh", "-c", second]
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start

    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def pipe(tmp_path):
    """Whoever writes there waits for a reader, and the other way round."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_commands_run_at_the_same_time_and_are_heard_in_turn(start, pipe):
    lanes = start(f"echo one; cat {pipe}; echo three", f"echo four >&2; echo two > {pipe}; echo five")

    said, _ = lanes.communicate(timeout=60)

    assert (said.split(), lanes.returncode) == (["one", "two", "three", "four", "five"], 0)


@pytest.mark.parametrize("failing", ["exit 3", "kill -9 $$"])
@pytest.mark.parametrize("place", [0, 1])
def test_one_that_fails_fails_all_and_is_named_at_the_end(start, place, failing):
    commands = ["echo fine", "echo fine"]
    commands[place] = failing

    lanes = start(*commands)
    said, _ = lanes.communicate(timeout=60)

    assert lanes.returncode == 1
    assert said.splitlines()[0] == "fine"
    assert said.splitlines()[1:] == ["", f"FAILED: sh -c '{failing}'"]


def test_what_still_runs_is_told_to_end(start):
    lanes = start("exit 0", "echo runs; exec sleep 600")
    assert lanes.stdout.readline() == "runs\n"

    lanes.terminate()
    said, _ = lanes.communicate(timeout=60)

    assert (said, lanes.returncode) == ("\nFAILED: sh -c 'echo runs; exec sleep 600'\n", 1)
