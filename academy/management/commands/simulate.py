"""`manage.py simulate`: a steady flow of business, to watch and to measure with."""

import logging
import math
import signal
import time
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError

from academy.receivers import CrmUnavailable
from academy.simulation import Simulation

# After a stall, this many seconds' worth of business is caught up at most.
CATCH_UP = 1.0
# The longest that a stop goes unnoticed, in seconds.
NAP = 0.1
ENDINGS = (signal.SIGINT, signal.SIGTERM)


class Command(BaseCommand):
    help = "Does realistic business at the example school, at a steady rate, until stopped."

    def add_arguments(self, parser):
        parser.add_argument("--rate", type=float, default=20.0, help="signals committed a second (default: 20)")
        parser.add_argument("--seconds", type=float, help="stop after so long; never by default")
        parser.add_argument("--seed", type=int, help="the same number makes the same choices")

    def handle(self, *args, rate, seconds, seed, **options):
        if not 0 < rate < math.inf:
            raise CommandError("--rate must be more than 0.")
        if seconds is not None and not 0 < seconds < math.inf:
            raise CommandError("--seconds must be more than 0.")
        simulation = Simulation(seed=seed)
        pace = Pace(rate)
        count = Count()
        progress = Progress(self.stdout, count)
        with stopping_cleanly() as stop, counting_failures(count):
            while not stop.requested and not (seconds and pace.elapsed() >= seconds):
                if not pace.nap():
                    do_business(simulation, pace, count)
                progress.show(pace.elapsed())
        progress.finish(pace.elapsed())
        if pace.elapsed() > 1 and count.committed / pace.elapsed() < 0.9 * rate:
            self.stderr.write(f"This machine could not keep {rate:g}/s.")


def do_business(simulation, pace, count):
    if simulation.step():
        pace.advance()
        count.committed += 1
    else:
        count.rolled_back += 1


class Pace:
    """When the next signal is due: evenly spread, however long each one takes."""

    def __init__(self, rate, *, clock=time.monotonic):
        self.interval = 1 / rate
        self.clock = clock
        self.started = self.due = clock()

    def elapsed(self):
        return self.clock() - self.started

    def wait(self):
        """Seconds until the next signal is due; none or less when it is time."""
        return self.due - self.clock()

    def nap(self):
        """Sleeps until the next signal is due, or for a NAP; whether there was anything to wait for."""
        if (wait := self.wait()) > 0:
            time.sleep(min(wait, NAP))
        return wait > 0

    def advance(self):
        """One signal is done. What is overdue by more than CATCH_UP is forgotten."""
        self.due = max(self.due + self.interval, self.clock() - CATCH_UP)


class Count:
    committed = 0
    rolled_back = 0
    failed = 0

    def __str__(self):
        return (
            f"{self.committed:,} signals committed, {self.rolled_back:,} rolled back, {self.failed:,} receivers failed"
        )


class Progress:
    """One line: rewritten each second on a terminal, a new one every ten seconds elsewhere."""

    def __init__(self, stdout, count):
        self.stdout = stdout
        self.count = count
        self.start, self.end, self.interval = ("\r\x1b[K", "", 1) if stdout.isatty() else ("", "\n", 10)
        self.shown_at, self.shown_count = 0.0, 0

    def show(self, elapsed):
        if elapsed - self.shown_at >= self.interval:
            rate = (self.count.committed - self.shown_count) / (elapsed - self.shown_at)
            self.write(f"{rate:.1f}/s: {self.count}")
            self.shown_at, self.shown_count = elapsed, self.count.committed

    def finish(self, elapsed):
        rate = self.count.committed / elapsed if elapsed else 0
        self.write(f"Stopped after {elapsed:.1f} s, {rate:.1f}/s: {self.count}.")
        if not self.end:
            self.stdout.write("")

    def write(self, line):
        self.stdout.write(self.start + line, ending=self.end)
        self.stdout.flush()


class Stop:
    requested = False

    def request(self, *args):
        self.requested = True


@contextmanager
def stopping_cleanly():
    """Ctrl-C and TERM end the simulation between two transactions, not within one."""
    stop = Stop()
    before = {number: signal.signal(number, stop.request) for number in ENDINGS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def counting_failures(count):
    """Counts what `send_robust` reports, and keeps the outages of our own making off the screen."""

    def only_unexpected(record):
        count.failed += 1
        return not isinstance(record.exc_info[1], CrmUnavailable)

    log = logging.getLogger("django.dispatch")
    log.addFilter(only_unexpected)
    try:
        yield
    finally:
        log.removeFilter(only_unexpected)
