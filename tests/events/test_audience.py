"""events.audience: who is connected to a signal, on this Django and as others hold it."""

import gc
import weakref
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.dispatch import Signal

from academy.models import Order
from academy.signals import order_paid, profile_verified
from events.audience import Receiver, audience
from events.receivers import record
from events.roster import known


def plain(sender, **arguments):
    """A receiver."""


async def waiting(sender, **arguments):
    """One that is async."""


class Desk:
    def answer(self, sender, **arguments):
        """One that is a method."""

    def __call__(self, sender, **arguments):
        """One that is an object."""


@pytest.fixture
def signal():
    return Signal()


def test_the_academys_receivers_are_told_in_their_order_and_our_own_is_none_of_them():
    found = audience(order_paid, but=record)

    assert [receiver.name.rpartition(".")[2] for receiver in found] == [
        "enroll_student",
        "remember_purchase",
        "send_receipt",
        "push_to_crm",
    ]
    assert found[0].source.startswith("academy/receivers.py:")
    assert [receiver.is_async for receiver in audience(profile_verified, but=record)] == [False, True]


def test_functions_methods_objects_and_partials_have_names_and_sources(signal):
    desk = Desk()
    receivers = [plain, waiting, desk.answer, desk, partial(plain, colour="blue")]
    for receiver in receivers:
        signal.connect(receiver, weak=False)

    found = audience(signal, but=record)

    names = ["plain", "waiting", "Desk.answer", "Desk", "plain"]
    assert [each.name for each in found] == [f"{__name__}.{name}" for name in names]
    assert {each.source.partition(":")[0] for each in found} == {"tests/events/test_audience.py"}
    assert [each.source for each in found] == [known(each).source for each in receivers]


def test_one_that_is_gone_is_shown_as_such(signal):
    desk = Desk()
    signal.connect(desk.answer)
    del desk
    gc.collect()

    assert audience(signal, but=record) == [Receiver(name="", is_alive=False)]


def test_whose_signals_somebody_wants_is_told(signal):
    stranger = Desk()
    signal.connect(plain, sender=Order)
    signal.connect(waiting, sender=stranger)

    found = audience(signal, but=record)

    assert found[0].sender == "academy.Order"
    assert found[1].sender in ("?", f"{__name__}.Desk")


def test_a_model_that_django_made_of_a_relation_is_told_as_well(signal):
    signal.connect(plain, sender=User.groups.through)

    assert [each.sender for each in audience(signal, but=record)] == ["auth.User_groups"]


def test_a_class_that_django_refers_to_is_told_by_its_own_name(signal):
    signal.receivers = [((1, id(Desk)), plain, weakref.ref(Desk), False)]  # As since 6.0.

    assert [each.sender for each in audience(signal, but=record)] == [f"{__name__}.Desk"]


@pytest.mark.parametrize("extra", [(), (True,), (None, True)], ids=["as 4.2", "as 5.2", "as 6.0"])
def test_it_is_found_however_long_an_entry_is(signal, extra):
    signal.receivers = [(("uid", id(None)), record, *extra), ((1, id(None)), weakref.ref(waiting), *extra)]

    (found,) = audience(signal, but=record)

    assert (found.name, found.is_async) == (f"{__name__}.waiting", True)


@pytest.mark.parametrize("entries", [None, [None], [()], [(1,)], ["ab"]])
def test_where_django_looks_otherwise_nobody_knows(signal, entries):
    signal.receivers = entries

    assert audience(signal, but=record) is None
