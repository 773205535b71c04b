"""*committed*, where the business has its transactions in another database than the log."""

import pytest
from django.db import transaction

from academy.models import Course
from events.models import EventRow
from events.process import publisher


class Undo(Exception):
    pass


@pytest.fixture
def there(stream, other):
    """A signal that is sent in transactions of the other database."""
    return stream(using=other)


def test_an_event_waits_for_the_commit_of_the_other_database_and_says_so(there, other, read_log):
    with transaction.atomic(using=other):
        there.send(sender=None, note="a")
        before = read_log()

    assert before == []
    assert [(event["data"], event["recorded"]) for event in read_log()] == [({"note": "a"}, "aftercommit")]


def test_a_rollback_there_leaves_nothing_here(there, other, read_log):
    with pytest.raises(Undo), transaction.atomic(using=other):
        there.send(sender=None, note="never")
        raise Undo

    assert read_log() == []


def test_a_commit_here_does_not_help_what_was_rolled_back_there(there, other, read_log):
    with transaction.atomic(), pytest.raises(Undo), transaction.atomic(using=other):
        there.send(sender=None, note="never")
        raise Undo

    assert read_log() == []


def test_a_rollback_here_does_not_take_what_was_committed_there(there, other, read_log):
    with pytest.raises(Undo), transaction.atomic():
        with transaction.atomic(using=other):
            there.send(sender=None, note="a")
        raise Undo

    assert [(event["data"], event["recorded"]) for event in read_log()] == [({"note": "a"}, "aftercommit")]


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("in_memory")
def test_in_memory_it_is_part_of_a_transaction_here_for_a_thread_would_lock_the_sender_out(there, other, read_log):
    with transaction.atomic():
        with transaction.atomic(using=other):
            there.send(sender=None, note="a")
        assert EventRow.objects.count() == 1

    assert [(event["data"], event["recorded"]) for event in read_log()] == [({"note": "a"}, "aftercommit")]
    assert publisher()._thread is None


def test_arguments_are_as_they_were_when_the_signal_was_sent(there, other, notes):
    with transaction.atomic(using=other):
        note = ["then"]
        there.send(sender=None, note=note)
        note[0] = "later"

    assert notes() == [["then"]]


def test_any_open_transaction_decides_when_nobody_said_which(order_paid, other, read_log):
    with pytest.raises(Undo), transaction.atomic(using=other):
        order_paid.send(sender=None, note="never")
        raise Undo
    with transaction.atomic(using=other):
        order_paid.send(sender=None, note="a")

    assert [(event["data"]["note"], event["recorded"]) for event in read_log()] == [("a", "aftercommit")]


def test_the_log_s_own_transaction_decides_before_a_stranger_s(order_paid, other, read_log):
    with transaction.atomic(using=other):
        with pytest.raises(Undo), transaction.atomic():
            order_paid.send(sender=None, note="never")
            raise Undo
        with transaction.atomic():
            order_paid.send(sender=None, note="a")

    assert [event["data"]["note"] for event in read_log()] == ["a"]
    assert "recorded" not in read_log()[0]


def test_the_database_of_the_instance_decides(order_paid, other, read_log):
    course = Course(pk=1, title="A", price=1)
    course._state.db = other
    with pytest.raises(Undo), transaction.atomic(), transaction.atomic(using=other):
        order_paid.send(sender=Course, course=course)
        raise Undo
    with transaction.atomic(using=other):
        order_paid.send(sender=Course, course=course)

    assert [event["recorded"] for event in read_log()] == ["aftercommit"]


def test_without_a_transaction_an_event_is_recorded_at_once(there, read_log):
    there.send(sender=None, note="a")

    assert "recorded" not in read_log()[0]


def test_nobody_is_woken_for_what_is_not_there_yet(there, other):
    with transaction.atomic(using=other):
        there.send(sender=None, note="a")

        assert publisher().flush(0)
