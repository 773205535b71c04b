"""The Makefile, as somebody uses it who has just cloned the project."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.integration.server import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
MAKES = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")

pytestmark = pytest.mark.skipif(Path(sys.prefix) != ROOT / ".venv", reason="make would set up a second environment")


@pytest.fixture
def start(tmp_path):
    """Starts make in a process group of its own, with a database of the test's own."""
    # `make test` must not look like the parent of what is tested here.
    outside = {name: value for name, value in os.environ.items() if name not in MAKES}
    environment = outside | {"DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}
    started = []

    def make(*arguments):
        process = subprocess.Popen(
            ["make", *arguments],
            cwd=ROOT,
            env=environment,
            text=True,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield make

    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


@pytest.fixture
def port():
    return free_port()


def page(port):
    """The dashboard, once the server is up."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/", timeout=10) as response:
                return response.read().decode()
        except OSError:
            assert time.monotonic() < deadline, "The server does not answer."
            time.sleep(0.05)


def test_without_a_target_it_lists_what_there_is(start):
    lines = start().communicate()[0].splitlines()

    listed = [line.split()[1] for line in lines]
    assert listed[:5] == ["help", "setup", "run", "shell", "simulate"]
    assert f".PHONY: {' '.join(listed)}\n" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize(
    ("end", "number"),
    [(os.kill, signal.SIGTERM), (os.killpg, signal.SIGTERM), (os.killpg, signal.SIGINT)],
    ids=["TERM to make", "TERM to all", "Ctrl-C"],
)
def test_the_server_ends_when_told_and_leaves_nothing_behind(start, port, end, number):
    make = start("run", f"PORT={port}")
    assert "Signalcast" in page(port)

    end(make.pid, number)
    output, _ = make.communicate(timeout=10)

    assert make.returncode == -number
    with pytest.raises(ProcessLookupError):
        os.killpg(make.pid, 0)
    assert f"http://127.0.0.1:{port}/" in output
    assert "Traceback" not in output


def test_a_port_in_use_is_named_at_once(start):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        make = start("run", f"PORT={port}")
        output, _ = make.communicate(timeout=60)

    assert make.returncode == 2
    assert f"Port {port} cannot be used" in output
    assert "Traceback" not in output
