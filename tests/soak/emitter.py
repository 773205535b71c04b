"""A sender in a process of its own, as business is: it sends at a pace, and says how fast it really was."""

import sys
from dataclasses import dataclass

from tests.integration.program import SETUP, SIGN_IN, start

# One line of the log is then some thousand bytes.
_NOTE_BYTES = 600
_SOURCE = """
import time
def send(count, rate):
    # Whatever is due goes in one transaction: one event where the machine keeps up, more where it does not.
    sent = transactions = 0
    started = time.monotonic()
    while sent < count:
        due = min(count, int((time.monotonic() - started) * rate) + 1) - sent
        if due <= 0:
            time.sleep(1 / rate)
            continue
        with transaction.atomic():
            for _ in range(min(due, 50)):
                order_paid.send(sender=Order, note="x" * %d)
        sent += min(due, 50)
        transactions += 1
    return time.monotonic() - started, transactions

say(sign_in("soak"))
for line in sys.stdin:
    count, rate = map(int, line.split())
    say(*send(count, rate))
"""


@dataclass(frozen=True, slots=True)
class Sent:
    events: int
    seconds: float
    transactions: int

    @property
    def rate(self) -> float:
        return self.events / self.seconds


class Emitter:
    def __init__(self, database_url: str, **environment: str) -> None:
        own = [f"{name}={value}" for name, value in environment.items()]
        self._process = start(
            ["env", *own, sys.executable, "-c", SETUP + SIGN_IN + _SOURCE % _NOTE_BYTES], database_url
        )
        self.session = self._line()
        """The session key of somebody who may follow the stream."""

    def send(self, count: int, rate: int) -> Sent:
        """Sends `count` events at `rate` a second, or as fast as it can. Returns when it has."""
        self._process.stdin.write(f"{count} {rate}\n")
        self._process.stdin.flush()
        seconds, transactions = self._line().split()
        return Sent(count, float(seconds), int(transactions))

    def stop(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=20)

    def _line(self) -> str:
        line = self._process.stdout.readline()
        assert line, self._process.stderr.read()
        return line.strip()
