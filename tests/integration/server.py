"""A server in a process of its own: our `serve` and `runserver`, or one that anybody may use instead."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {
    "ours": ["manage.py", "serve", "127.0.0.1:{port}"],
    "daphne": ["-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "tests.integration.asgi:application"],
    "uvicorn": ["-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "tests.integration.asgi:application"],
}
# For what these do differently, or alone.
_ALSO = {
    "runserver": ["manage.py", "runserver", "--noreload", "127.0.0.1:{port}"],
    "access log": ["manage.py", "serve", "127.0.0.1:{port}", "--access-log"],
}
# A line of the log, but for what follows it of a traceback.
_RECORD = re.compile(r"[\d:]{8} [A-Z]+ +([\w.]+):")


class Server:
    """Stopped or killed, it can be started again, at the same port."""

    def __init__(self, kind, database_url, output, **environment):
        self.kind = kind
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}/ws/"
        self.origin = f"http://127.0.0.1:{self.port}"
        self.forgiven = ()
        self._output = output
        own = {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "tests.integration.settings"}
        inherited = {name: value for name, value in os.environ.items() if name not in ("DEBUG", "SECRET_KEY")}
        self._environment = inherited | own | environment
        self._process = None

    @property
    def is_running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def output(self):
        return self._output.read_text() if self._output.exists() else ""

    @property
    def complaints(self):
        """The lines of the output that no good server writes, but for those of loggers that a test forgave."""
        found, forgiven = [], False
        for line in self.output.splitlines():
            if record := _RECORD.match(line):
                forgiven = record[1].startswith(self.forgiven)
            if not forgiven and ("Traceback" in line or "ERROR" in line):
                found.append(line)
        return found

    def start(self):
        command = [part.format(port=self.port) for part in (COMMANDS | _ALSO)[self.kind]]
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore::DeprecationWarning", *command],
                cwd=ROOT,
                env=self._environment,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + 30
        while not answers(self.port):
            assert self.is_running and time.monotonic() < deadline, self.output
            time.sleep(0.02)

    def signal(self, number):
        self._process.send_signal(number)

    def terminate(self):
        """SIGTERM. `wait` returns the exit status."""
        self.signal(signal.SIGTERM)

    def interrupt(self):
        """What Ctrl-C does."""
        self.signal(signal.SIGINT)

    def wait(self):
        return self._process.wait(timeout=20)

    def kill(self):
        self._process.kill()
        self._process.wait(timeout=20)

    def stop(self):
        if self.is_running:
            self.terminate()
            try:
                self.wait()
            finally:
                self._process.kill()

    def status(self, name):
        """A number of /proc/<pid>/status, e.g. VmRSS (kB) or Threads."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        raise LookupError(name)

    def open_files(self):
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))

    def children(self):
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        return [child for task in tasks for child in task.read_text().split()]


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
