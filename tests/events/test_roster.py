"""events.roster: receivers by name, however many there are. (What is made of them, test_observation has.)"""

import json
import sys
from itertools import count

import pytest
from django.dispatch import Signal

from events import roster
from events.roster import MAX_DEAD, MAX_SENDERS, Roster, known


@pytest.fixture
def signal():
    return Signal()


def a_receiver(number):
    """A function with a code and a name of its own."""
    namespace = {"__name__": "shop.receivers"}
    exec(f"def receiver_{number}(**arguments): return {number}", namespace)
    return namespace.pop(f"receiver_{number}")


def test_what_is_kept_of_senders_is_bounded(signal):
    receiver = a_receiver(1)
    signal.connect(receiver)
    known_of = Roster()
    senders = [object() for _ in range(2 * MAX_SENDERS)]

    for sender in senders:
        assert [each.name for each in known_of.cast(signal, sender).sync] == ["receiver_1"]

    assert len(known_of._seen.casts) <= MAX_SENDERS


def test_what_is_kept_of_names_is_bounded(monkeypatch):
    monkeypatch.setattr(roster, "_names", {})
    monkeypatch.setattr(roster, "MAX_NAMES", 3)

    assert [known(a_receiver(number)).name for number in range(10)] == [f"receiver_{number}" for number in range(10)]
    assert len(roster._names) <= 3


def test_of_receivers_that_are_gone_the_newest_are_told(signal):
    known_of = Roster()
    for number in range(MAX_DEAD + 5):
        receiver = a_receiver(number)
        signal.connect(receiver)
        known_of.look(signal)
        del receiver
        known_of.look(signal)

    told = [json.loads(f"{{{each}}}")["receiver"] for each in known_of.cast(signal, None).ignored]
    assert told == [f"shop.receivers.receiver_{number}" for number in range(5, MAX_DEAD + 5)]


def test_who_is_gone_by_the_time_of_the_call_is_left_to_django(signal):
    receiver, other = a_receiver(1), a_receiver(2)
    signal.connect(receiver)
    signal.connect(other)
    cast = Roster().cast(signal, None)
    assert cast.called() == ([receiver, other], [])

    del receiver
    assert cast.called() is None


def test_who_connects_at_any_moment_while_another_thread_looks_is_called_from_then_on():
    receiver, other = a_receiver(1), a_receiver(2)
    for moment in count():
        signal, known_of = Signal(), Roster()
        signal.connect(receiver)

        def connect(signal=signal, known_of=known_of):
            signal.connect(other)
            known_of.cast(signal, None)

        is_in_time = interrupted(lambda signal=signal, known_of=known_of: known_of.cast(signal, None), moment, connect)

        assert known_of.cast(signal, None).called() == ([receiver, other] if is_in_time else [receiver], [])
        if not is_in_time:
            break

    assert moment > 100


def interrupted(work, moment, other):
    """Do something else in the middle of the work, before that instruction. Whether it has so many."""
    left = moment

    def look(frame, event, argument):
        nonlocal left
        frame.f_trace_opcodes = True
        left -= event == "opcode"
        if left == -1 and event == "opcode":
            other()
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        work()
    finally:
        sys.settrace(before)
    return left < 0
