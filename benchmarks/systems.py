"""The systems that are compared: how each is started, where clients and publishers find it, how much it can do."""

import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import postgresql, valkey
from tests.integration import nginx
from tests.integration.program import SETUP, SIGN_IN
from tests.integration.server import ROOT, answers, free_port

from . import cores

_NATS = Path(sysconfig.get_path("scripts")) / "nats-server"
_NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
_NODE_MODULES = ROOT / "build" / "benchmarks" / "node_modules"
_PEERS = Path(__file__).with_name("peers")
START_SECONDS = 30
# Production's settings: with DEBUG every query is kept.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
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
    ahead: int = 4000
    """How far publishers may be ahead of the slowest client, in events, lest it lose any.

    That is as much as a client of ours may leave unacknowledged. Everything is then still in the ring.
    """
    silence: int = 20
    """Seconds without anything new after which clients take what is missing for lost."""
    is_here: Callable[[], bool] = lambda: True
    remedy: str = ""
    """How to get it, if it is not."""

    @contextmanager
    def running(self) -> Iterator[Running]:
        with ExitStack() as stack:
            yield self.start(stack)


def installed() -> list[System]:
    """All that can be had here, ours first."""
    return [system for system in _systems() if system.is_here()]


def left_out() -> list[str]:
    """A sentence for each that cannot be had here: how it could be."""
    return [f"{system.name} is left out: {system.remedy}" for system in _systems() if not system.is_here()]


def _systems() -> list[System]:
    return [
        System(name="signalcast", deliveries=20_000_000, start=_signalcast),
        System(
            name="nats-server",
            deliveries=8_000_000,
            start=_nats_server,
            is_here=_NATS.exists,
            remedy="pip install -r requirements/bench.txt",
        ),
        System(
            name="nchan",
            deliveries=2_000_000,
            start=_nchan,
            is_here=lambda: bool(nginx.PATH) and _NCHAN.exists(),
            remedy="apt-get install nginx libnginx-mod-nchan",
        ),
        System(
            name="socket.io",
            deliveries=1_000_000,
            start=_socket_io,
            is_here=_has_socket_io,
            remedy="install Node, and then: npm install --prefix build/benchmarks socket.io",
        ),
        System(name="websockets", deliveries=1_000_000, start=_websockets),
        System(
            name="django-eventstream",
            deliveries=200_000,
            start=_django_eventstream,
            # It holds ten for a client, and drops what comes then.
            ahead=10,
            silence=5,
            is_here=lambda: find_spec("django_eventstream") is not None,
            remedy="pip install -r requirements/bench.txt",
        ),
        System(name="channels-pubsub", deliveries=40_000, start=_channels_pubsub),
        # The layer holds a hundred for a server, and drops what comes then.
        System(name="channels-core", deliveries=40_000, start=_channels_core, ahead=50, silence=5),
    ]


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
    return _usual(stack, "pubsub")


def _channels_core(stack: ExitStack) -> Running:
    return _usual(stack, "core")


def _usual(stack: ExitStack, layer: str) -> Running:
    """The usual consumer under stock daphne, with Valkey."""
    with cores.on(cores.REST):
        environment = {"REDIS_URL": stack.enter_context(valkey.server()).url, "LAYER": layer}
    port = free_port()
    pid = _daphne(stack, "benchmarks.peers.usual:application", port, environment)
    return Running(pid=pid, dialect="frames", port=port, path="/ws/", environment=environment)


def _django_eventstream(stack: ExitStack) -> Running:
    """Under stock daphne, with Valkey."""
    with cores.on(cores.REST):
        environment = {"REDIS_PORT": str(stack.enter_context(valkey.server()).port)}
    port = free_port()
    pid = _daphne(stack, "benchmarks.peers.eventstream:application", port, environment)
    return Running(pid=pid, dialect="sse", port=port, path="/events/", environment=environment)


def _daphne(stack: ExitStack, application: str, port: int, environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), application]
    return _serve(stack, command, port, environment)


def _nchan(stack: ExitStack) -> Running:
    """What is weighed is the one worker; the master does nothing."""
    folder = stack.enter_context(TemporaryDirectory(prefix="signalcast-benchmark-"))
    port = free_port()
    configuration = (_PEERS / "nchan.conf").read_text().replace("MODULE", str(_NCHAN)).replace("PORT", str(port))
    (Path(folder) / "nchan.conf").write_text(configuration)
    master = _serve(stack, [str(nginx.PATH), "-p", folder, "-c", "nchan.conf", "-e", "stderr"], port, {})
    (worker,) = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return Running(pid=int(worker), dialect="frames", port=port, path="/events/", publish_port=port)


def _socket_io(stack: ExitStack) -> Running:
    port = free_port()
    command = ["node", str(_PEERS / "socketio.cjs"), str(port)]
    pid = _serve(stack, command, port, {"NODE_PATH": str(_NODE_MODULES)})
    path = "/socket.io/?EIO=4&transport=websocket"
    return Running(pid=pid, dialect="socket.io", port=port, path=path, publish_port=port)


def _has_socket_io() -> bool:
    if not shutil.which("node"):
        return False
    command = ["node", "-e", "require('socket.io')"]
    environment = os.environ | {"NODE_PATH": str(_NODE_MODULES)}
    return subprocess.run(command, env=environment, stderr=subprocess.DEVNULL).returncode == 0


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
    # As many connections as it may have at all, and no matter what this shell's habit is.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
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
