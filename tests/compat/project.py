"""A project that is not ours, in a folder of its own, run by the interpreter that Signalcast is installed for."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

OURS = ("DJANGO_SETTINGS_MODULE", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "PYTHONPATH")


class Project:
    """Its `manage.py`, and its development server."""

    def __init__(self, folder: Path, python: Path, **environment: str) -> None:
        self.folder = folder
        self.python = python
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {name: value for name, value in os.environ.items() if name not in OURS} | environment
        self._output = folder / "server.log"
        self._server: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs Python in the project's folder, to its end."""
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder, env=self.environment | environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def manage(self, *arguments: str, **environment: str) -> str:
        """What a management command that must succeed has printed."""
        done = self.run("manage.py", *arguments, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refuse(self, *arguments: str, **environment: str) -> str:
        """What a management command that must fail has complained of."""
        done = self.run("manage.py", *arguments, **environment)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def start(self, *options: str) -> None:
        with self._output.open("wb") as output:
            self._server = subprocess.Popen(
                [self.python, "manage.py", "runserver", "--noreload", *options, f"127.0.0.1:{self.port}"],
                cwd=self.folder, env=self.environment, stdout=output, stderr=output,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._server.poll() is None and time.monotonic() < deadline, self.output
            time.sleep(0.02)

    def stop(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGTERM)
            try:
                self._server.wait(timeout=20)
            finally:
                self._server.kill()
            self._server = None

    @property
    def output(self) -> str:
        """What the server has printed."""
        return self._output.read_text()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
