"""The systems that are compared: how each is started, where clients and publishers find it, how much it can do."""

import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import postgresql, valkey
from tests.integration.program import SETUP, SIGN_IN
from tests.integration.server import ROOT, answers, free_port

from . import cores

_NATS = Path(sysconfig.get_path("scripts")) / "nats-server"
START_SECONDS = 30
# Production's settings: with DEBUG every query is kept.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DEBUG": "0",
    "ALLOWED_HOSTS": "127.0.0.1",
    "SECRET_KEY": "a key that all processes of a benchmark share, and nobody else",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server under test, new and empty."""

    pid: int
    dialect: str
    """How its clients talk; see client.c."""
    port: int
    """Where its clients connect."""
    path: str = "/"
    headers: Sequence[str] = ()
    publish_port: int = 0
    environment: dict[str, str] = field(default_factory=dict)
    """What its publisher needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    name: str
    deliveries: int
    """How many make a run of a few seconds."""
    start: Callable[[ExitStack], Running]

    @contextmanager
    def running(self) -> Iterator[Running]:
        with ExitStack() as stack:
            yield self.start(stack)


def installed() -> list[System]:
    """All that can be had here, ours first."""
    systems = [
        System(name="signalcast", deliveries=20_000_000, start=_signalcast),
        System(name="nats-server", deliveries=20_000_000, start=_nats_server),
        System(name="websockets", deliveries=1_000_000, start=_websockets),
        System(name="channels-pubsub", deliveries=40_000, start=_channels_pubsub),
    ]
    return [system for system in systems if system.start is not _nats_server or _NATS.exists()]


def _signalcast(stack: ExitStack) -> Running:
    """With PostgreSQL and Valkey."""
    with cores.on(cores.REST):
        database_url = stack.enter_context(postgresql.server())
        layer = stack.enter_context(valkey.server())
    return ours(stack, prepared(DATABASE_URL=database_url, REDIS_URL=layer.url))


def prepared(**services: str) -> dict[str, str]:
    """The environment of ours, in production's settings, with these services. The tables are there, and empty."""
    environment = ENVIRONMENT | services
    with cores.on(cores.REST):
        _run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], environment)
    return environment


def ours(stack: ExitStack, environment: dict[str, str]) -> Running:
    """`manage.py serve`, and a session of somebody who may follow."""
    with cores.on(cores.REST):
        session = _run([sys.executable, "-c", SETUP + SIGN_IN + 'say(sign_in("bench"))'], environment).strip()
    port = free_port()
    pid = _serve(stack, [sys.executable, "manage.py", "serve", f"127.0.0.1:{port}"], port, environment)
    headers = [f"Origin: http://127.0.0.1:{port}", f"Cookie: sessionid={session}"]
    return Running(pid=pid, dialect="signalcast.v1", port=port, path="/ws/", headers=headers, environment=environment)


def _channels_pubsub(stack: ExitStack) -> Running:
    """The usual consumer under stock daphne, with Valkey."""
    with cores.on(cores.REST):
        environment = {"REDIS_URL": stack.enter_context(valkey.server()).url}
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port)]
    pid = _serve(stack, [*command, "benchmarks.peers.usual:application"], port, environment)
    return Running(pid=pid, dialect="frames", port=port, path="/ws/", environment=environment)


def _websockets(stack: ExitStack) -> Running:
    port = free_port()
    pid = _serve(stack, [sys.executable, "-m", "benchmarks.peers.broadcast", str(port)], port, {})
    return Running(pid=pid, dialect="frames", port=port, publish_port=port)


def _nats_server(stack: ExitStack) -> Running:
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="signalcast-benchmark-")))
    port, publish_port = free_port(), free_port()
    (folder / "nats.conf").write_text(
        f'listen: "127.0.0.1:{publish_port}"\nwebsocket {{ listen: "127.0.0.1:{port}", no_tls: true }}\n'
    )
    # One core is all that it has; left to itself, Go would count them all.
    command = [str(_NATS), "--config", str(folder / "nats.conf"), "--log", str(folder / "nats.log")]
    pid = _serve(stack, command, port, {"GOMAXPROCS": "1"})
    return Running(pid=pid, dialect="nats", port=port, publish_port=publish_port)


def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    """What it says."""
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True, timeout=120
    )
    return done.stdout


def _serve(stack: ExitStack, command: Sequence[str], port: int, environment: dict[str, str]) -> int:
    """Starts a server on the core that is the server's, and waits until it listens. Its process id."""
    with cores.on(cores.SERVER):
        # What it says is no part of a table.
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=sys.stderr)
    stack.callback(_end, process)
    deadline = time.monotonic() + START_SECONDS
    while not answers(port):
        assert process.poll() is None and time.monotonic() < deadline, f"{command} does not start"
        time.sleep(0.02)
    return process.pid


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
