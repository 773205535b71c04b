"""Whatever a stranger says to a real server, it is answered, and nothing else: `make soak`, or
`python -m tests.soak.hostile SECONDS`.

A `manage.py serve` with a PostgreSQL, and somebody who follows the stream and must notice nothing. The exit status is 1
if the server answers with an error of its own, writes a traceback, or anything but a whole line for each that comes and
goes; or if the other client misses an event, or gets one twice.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from urllib.parse import quote, urlencode

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django  # noqa: E402

django.setup()

from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from hypothesis.errors import HypothesisDeprecationWarning  # noqa: E402

from tests import postgresql  # noqa: E402
from tests.consumers.test_hostile import CANARY, MESSAGES, NAMES, PAIRS, QUERIES, VALUES  # noqa: E402
from tests.integration.program import manage  # noqa: E402
from tests.integration.server import Server  # noqa: E402

from .emitter import Emitter  # noqa: E402
from .fast import Fast  # noqa: E402
from .stranger import Attempt, Frame, say  # noqa: E402

RATE = 50
EXAMPLES = 200  # at a time
SETTLE_SECONDS = 30
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DEBUG": "0",
    "SECRET_KEY": "a key that all processes of the soak share, and nobody else",
    "LOG_FORMAT": "json",
}

V1 = b"signalcast.v1"
SUBPROTOCOL = b"Sec-WebSocket-Protocol"
CLOSE = b"Connection", b"close"
UPGRADE = [
    (b"Upgrade", b"websocket"),
    (b"Sec-WebSocket-Version", b"13"),
    (b"Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
]
PATHS = st.sampled_from(
    [
        *["/ws/"] * 5,
        *["/sse/"] * 3,
        *[
            "/api/events/",
            "/api/events/x/",
            "/api/signals/",
            "/api/test-event/",
            "/asyncapi.json",
            "/readyz",
            "/metrics",
            "/",
            "/elsewhere/ws/",
        ],
    ]
)
SUBPROTOCOLS = st.sampled_from(
    [
        *[b"signalcast.v1"] * 4,
        *[
            b"cloudevents.json",
            b"",
            b"x, y",
            b",",
            b"%0A%FF%2C, x",
            b"signalcast.token.\xff",
            b"signalcast.token.sc_x, signalcast.v1",
        ],
    ]
)
TEXTS = MESSAGES.map(lambda text: text.encode("utf-8", "surrogatepass"))
PAYLOADS = TEXTS | st.sampled_from(
    [b'{"op":"hello","from":1}', b'{"op":"ack","pos":1}', b'{"op":"filter"}', b"\xff\xfe"]
)
FRAMES = st.one_of(
    PAYLOADS.map(lambda payload: Frame(payload=payload)),
    PAYLOADS.map(lambda payload: Frame(payload=payload)),
    # A flood.
    st.integers(2, 3000).map(lambda times: Frame(payload=b'{"op":"ack","pos":1}', times=times)),
    st.integers(1, 2_000_000).map(lambda size: Frame(payload=b"x" * size)),
    st.builds(
        Frame,
        payload=PAYLOADS | st.binary(max_size=200),
        opcode=st.integers(0, 15),
        bits=st.sampled_from([0x80, 0x80, 0, 0x40, 0xF0]),
        mask=st.sampled_from([True, True, True, False]),
        lie=st.sampled_from([0, 0, 0, -1, 1, 70_000, 2**40]),
    ),
)


class Fault(AssertionError):
    """The server did what it must never do; the message says what, and to whom."""


class Campaign:
    """Against one server, whose log is of JSON."""

    def __init__(self, port, log, token):
        self.port = port
        self.token = token
        self.attempts = 0
        self.answers = Counter()
        self.lines = 0
        self._log = log
        self._read = len(log())

    def run(self, examples, seed=None):
        """Raises Fault."""
        options = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        options(given(attempt=self._attempts())(self._try))()

    def _try(self, attempt):
        self.attempts += 1
        heard = say(self.port, attempt)
        status = heard[9:12].decode("latin-1") or "nothing"
        if status.startswith("5"):
            raise Fault(f"{heard[:200]!r} for {attempt}")
        self.answers[status] += 1
        self.look_at_the_log()

    def look_at_the_log(self):
        """What was written since the last look: whole lines."""
        written = self._log()[self._read :]
        whole, end, _ = written.rpartition("\n")
        self._read += len(whole) + len(end)
        lines = whole.split("\n") if whole else []
        self.lines += len(lines)
        for line in lines:
            if fault := fault_of(line):
                raise Fault(f"{fault}: {line}")
        # Who came, who has left, or who was sent away.
        if self.lines > 2 * self.attempts:
            raise Fault(f"{self.lines} lines for {self.attempts} connections, of which the last is {lines[-1]}")

    def _attempts(self):
        """Of those at the door, of those who ask, and of those who are inside: whoever gets further sees more."""
        host = b"Host", b"127.0.0.1:%d" % self.port
        upgrade = [host, (b"Connection", b"Upgrade"), *UPGRADE]
        shown = b"Authorization", f"Bearer {self.token}".encode()
        others = st.lists(st.tuples(NAMES, VALUES | st.just(CANARY.encode())), max_size=4)
        at_the_door = st.builds(
            lambda path, others, offered, **said: Attempt(
                path=path,
                headers=(
                    *(upgrade if path.endswith("/ws/") else [host]),
                    (b"Sec-WebSocket-Protocol", offered),
                    *others,
                ),
                **said,
            ),
            path=PATHS,
            query=QUERIES,
            method=st.sampled_from(["GET", "GET", "GET", "POST", "HEAD", "\x00"]),
            offered=SUBPROTOCOLS,
            others=others,
        )
        asking = st.builds(
            lambda path, query: Attempt(
                path=path, query=query, headers=(*(upgrade if path == "/ws/" else [host, CLOSE]), shown)
            ),
            path=PATHS,
            query=PAIRS.map(urlencode) | QUERIES.map(quote),
        )
        inside = st.builds(
            lambda offered, hello, frames: Attempt(
                path="/ws/",
                query="" if offered == V1 else "last=1",
                headers=(*upgrade, (SUBPROTOCOL, offered), shown),
                frames=(*hello, *frames),
            ),
            offered=st.sampled_from([V1, V1, V1, b"cloudevents.json"]),
            hello=st.sampled_from([(), (Frame(payload=b'{"op":"hello","from":1}'),)]),
            frames=st.lists(FRAMES, min_size=1, max_size=6),
        )
        return at_the_door | asking | inside | inside


def fault_of(line):
    """What is wrong with a line of the log; nothing if it is one of what happened, whole."""
    try:
        said = json.loads(line)
    except ValueError:
        return "A line that is none of ours"
    if said.keys() & {"exception", "stack"}:
        return "A traceback"
    # What strangers send is all the same an error to Django.
    is_fine = said["level"] in ("INFO", "WARNING") or said["logger"].startswith("django.security.")
    return "" if is_fine else f"An {said['level']}"


async def soak(server, emitter, token, seconds):
    campaign = Campaign(server.port, lambda: server.output, token)
    other = Fast()
    following = asyncio.create_task(other.follow(server, emitter.session))
    sending = asyncio.create_task(asyncio.to_thread(emitter.send, RATE * seconds, RATE))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        await asyncio.to_thread(campaign.run, EXAMPLES)
    await sending
    async with asyncio.timeout(SETTLE_SECONDS):
        while other.position <= RATE * seconds and not following.done():
            await asyncio.sleep(0.05)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    campaign.look_at_the_log()
    print(f"{campaign.attempts:,} connections of strangers, {campaign.lines:,} lines in the log, no traceback.")
    print("They were answered:", ", ".join(f"{name} {count:,}" for name, count in campaign.answers.most_common()))
    print(f"Another client got {other.position - 1:,} events meanwhile; faults: {other.faults[:10] or 'none'}.")
    return 1 if other.faults or other.position <= RATE * seconds else 0


def main(seconds=60):
    # The other client draws its masks at random, in another thread.
    warnings.simplefilter("ignore", HypothesisDeprecationWarning)
    with postgresql.server() as database_url, tempfile.TemporaryDirectory(prefix="signalcast-soak-") as folder:
        own = ENVIRONMENT | {"DATABASE_URL": database_url}
        os.environ |= {name: value for name, value in own.items() if name != "DJANGO_SETTINGS_MODULE"}
        said, complaints, status = manage("migrate", "--verbosity", "0", database_url=database_url)
        assert status == 0, complaints
        server = Server("ours", database_url, Path(folder) / "server.txt", **ENVIRONMENT)
        server.start()
        emitter = Emitter(database_url, **ENVIRONMENT)
        try:
            secret, complaints, status = manage("create_token", "stranger", "--user", "soak", database_url=database_url)
            assert status == 0, complaints
            return asyncio.run(soak(server, emitter, secret.strip(), int(seconds)))
        finally:
            emitter.stop()
            server.stop()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
