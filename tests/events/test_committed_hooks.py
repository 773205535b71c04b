"""*committed*, whatever else waits for the same commit."""

import threading
from contextlib import suppress
from functools import partial

import django
import pytest
from django.db import connection, transaction

from events.models import EventRow
from events.process import publisher
from events.publication import sweep


class Undo(Exception):
    pass


def raises():
    raise Undo


def interrupts():
    raise KeyboardInterrupt


def test_a_neighbouring_hook_that_fails_robustly_costs_nothing(order_paid, notes):
    with transaction.atomic():
        order_paid.send(sender=None, note="before")
        transaction.on_commit(raises, robust=True)
        order_paid.send(sender=None, note="after")

    assert notes() == ["before", "after"]


@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("hook", [raises, interrupts, partial(raises)], ids=["raises", "interrupts", "has no name"])
def test_a_neighbouring_hook_that_stops_ours_costs_no_more_than_a_sweep(order_paid, notes, hook, robust):
    # Django before 6.1 fails as it tells of a hook without a name (ticket 36487), and Robust holds no interrupt.
    stops = not robust or hook is interrupts or (hook is not raises and django.VERSION < (6, 1))
    with suppress(Undo, KeyboardInterrupt, AttributeError), transaction.atomic():
        transaction.on_commit(hook, robust=robust)
        order_paid.send(sender=None, note="a")
    before = notes()
    sweep()

    assert (before, notes()) == ([] if stops else ["a"], ["a"])


def test_our_hooks_have_names_and_are_robust(order_paid, read_log):
    with transaction.atomic():
        order_paid.send(sender=None)
        hooks = [(hook.__qualname__, robust) for _, hook, robust in connection.run_on_commit]

    assert [robust for _, robust in hooks] == [True]


def test_in_a_test_case_whose_transaction_never_commits_nothing_is_published_and_nobody_waits(
    order_paid, db, django_capture_on_commit_callbacks, failed
):
    with django_capture_on_commit_callbacks(execute=True) as hooks:
        order_paid.send(sender=None, note="a")

    assert len(hooks) == 1
    assert publisher().flush()
    assert EventRow.objects.get().position is None
    assert failed() == {}


def test_our_hooks_stop_no_neighbour_even_if_they_fail(order_paid, notes, monkeypatch):
    def fail(*arguments):
        raise Undo

    ran = []
    monkeypatch.setattr(threading.Condition, "__enter__", fail)
    with transaction.atomic():
        order_paid.send(sender=None, note="a")
        transaction.on_commit(lambda: ran.append(True))
    monkeypatch.undo()
    sweep()

    assert (ran, notes()) == ([True], ["a"])


def test_a_signal_that_a_hook_sends_after_the_commit_is_recorded(order_paid, notes):
    with transaction.atomic():
        transaction.on_commit(lambda: order_paid.send(sender=None, note="late"))
        order_paid.send(sender=None, note="early")

    assert notes() == ["early", "late"]
