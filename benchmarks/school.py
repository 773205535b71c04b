"""A school that sends: six signals in turn, each a commit, in a process of its own.

It reads lines of two numbers: how many events, and how many a second, 0 for as fast as it can, 500 in a transaction.
It answers each with the seconds that took.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.integration.server import ROOT

TYPES = ("order_paid", "order_refunded", "course_completed", "lesson_started", "profile_verified", "seat_taken")
STUDENTS = ("Nora Lindqvist", "Priya Raman", "Owen Gallagher", "Samir Haddad", "Mei Chen")
TRANSACTION = 500
NAP = 0.0005


class School:
    """The other end of its pipes."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def begin(self, count: int, rate: int = 0) -> None:
        self._process.stdin.write(f"{count} {rate}\n")
        self._process.stdin.flush()

    def done(self) -> float:
        """The seconds that it took, as soon as all are sent and numbered."""
        return float(self._line())

    def _line(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("The sender has given up; see above.")
        return line


@contextmanager
def school(environment: dict[str, str]) -> Iterator[School]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.school"],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield School(process)
    finally:
        process.kill()
        process.communicate()


def sender() -> Callable[[], None]:
    """A function that sends the next signal. Nobody else listens to it."""
    from django.contrib.auth.models import User
    from django.dispatch import Signal

    import events
    from academy.models import Order

    signals = [Signal() for _ in TYPES]
    for signal, name in zip(signals, TYPES, strict=True):
        events.attach(signal, type=f"academy.{name}")
    sent = 0

    def send() -> None:
        nonlocal sent
        sent += 1
        name = STUDENTS[sent % len(STUDENTS)]
        user = User(pk=sent % 1000 + 1, username=name)
        order = Order(pk=sent, student=user, student_name=name, course_title="Typography I", amount=129)
        signals[sent % len(signals)].send(sender=Order, order=order, user=user, note=f"receipt {sent}")

    return send


def at_a_pace(send: Callable[[], None], count: int, rate: int) -> None:
    """What is due is sent, and what is late is made up for."""
    started = time.monotonic()
    sent = 0
    while sent < count:
        due = min(count, int((time.monotonic() - started) * rate) + 1)
        if due == sent:
            time.sleep(NAP)
        for _ in range(due - sent):
            send()
        sent = due


def at_once(send: Callable[[], None], count: int) -> None:
    from django.db import transaction

    for start in range(0, count, TRANSACTION):
        with transaction.atomic():
            for _ in range(min(TRANSACTION, count - start)):
                send()


def main() -> None:
    import django

    django.setup()
    from events.process import publisher

    send = sender()
    for line in sys.stdin:
        count, rate = map(int, line.split())
        started = time.monotonic()
        if rate:
            at_a_pace(send, count, rate)
        else:
            at_once(send, count)
        publisher().flush(60)
        print(time.monotonic() - started, flush=True)


if __name__ == "__main__":
    main()
