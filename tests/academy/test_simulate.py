"""`manage.py simulate`: its pace, its words, its end."""

import itertools
import os
import re
import signal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError, OutputWrapper

from academy.management.commands.simulate import CATCH_UP, Count, Pace, Progress
from academy.signals import order_paid


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class Terminal(StringIO):
    def isatty(self):
        return True


def test_the_pace_does_not_drift_when_single_steps_are_slow():
    clock = Clock()
    pace = Pace(4, clock=clock)

    clock.now += 0.2
    pace.advance()
    assert pace.wait() == pytest.approx(0.05)

    clock.now += 0.1
    pace.advance()
    assert pace.wait() == pytest.approx(0.2)


def test_after_a_long_stall_only_a_little_is_caught_up():
    clock = Clock()
    pace = Pace(10, clock=clock)

    clock.now += 3600
    pace.advance()

    assert pace.wait() == -CATCH_UP


def test_time_that_passes_while_one_looks_at_the_clock_is_no_reason_to_stop():
    looks = itertools.count(100.002, 0.002)
    pace = Pace(200, clock=lambda: next(looks))
    pace.advance()

    assert pace.nap()
    assert not pace.nap()


def test_it_does_so_much_business_and_says_how_much(transactional_db, hear):
    heard, stdout = hear(order_paid, committed=True), StringIO()

    call_command("simulate", rate=100, seconds=0.5, seed=1, stdout=stdout)

    told = re.fullmatch(
        r"Stopped after 0\.\d s, [\d.]+/s: (\d+) signals committed, \d+ rolled back, "
        r"\d+ receivers failed\.\n",
        stdout.getvalue(),
    )
    assert told
    assert 0 < len(heard) <= int(told[1]) <= 51


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_lets_the_last_transaction_finish(transactional_db, listen, hear, ending):
    heard, stdout = hear(order_paid, committed=True), StringIO()
    before = signal.getsignal(ending)
    listen(order_paid, lambda **kwargs: os.kill(os.getpid(), ending))

    call_command("simulate", rate=1000, seed=1, stdout=stdout)

    assert len(heard) == 1
    assert stdout.getvalue().startswith("Stopped after")
    assert signal.getsignal(ending) is before


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_the_seconds_must_be_positive(seconds):
    with pytest.raises(CommandError, match="--seconds must be more than 0"):
        call_command("simulate", rate=1, seconds=seconds)


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_rate_must_be_positive(rate):
    with pytest.raises(CommandError, match="--rate must be more than 0"):
        call_command("simulate", rate=rate)


def test_outages_of_its_own_making_are_counted_but_not_logged(transactional_db, caplog):
    stdout = StringIO()

    # In it one of the first ten fails, so that a slow machine gets as far.
    call_command("simulate", rate=1000, seconds=1, seed=23, stdout=stdout)

    assert not re.search(r" 0 receivers failed", stdout.getvalue())
    assert caplog.text == ""


def test_on_a_terminal_progress_is_one_line_rewritten_each_second():
    screen, count = Terminal(), Count()
    progress = Progress(OutputWrapper(screen), count)

    count.committed = 30
    progress.show(0.9)
    progress.show(1.5)
    progress.finish(2.0)

    first, second = screen.getvalue().split("\r\x1b[K")[1:]
    assert first == "20.0/s: 30 signals committed, 0 rolled back, 0 receivers failed"
    assert second.startswith("Stopped after 2.0 s, 15.0/s")
    assert second.endswith(".\n")


def test_elsewhere_progress_is_a_line_every_ten_seconds():
    log, count = StringIO(), Count()
    progress = Progress(OutputWrapper(log), count)

    for elapsed in (1.0, 9.9, 10.0, 11.0):
        progress.show(elapsed)

    assert log.getvalue() == "0.0/s: 0 signals committed, 0 rolled back, 0 receivers failed\n"
