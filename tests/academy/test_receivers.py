"""academy.receivers: what each one does, and that it does nothing without its object."""

import inspect

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction

from academy import receivers
from academy.models import Certificate, Enrollment, Order, Profile
from academy.receivers import CrmUnavailable, crm_is_down
from academy.services import pay_order, place_order
from academy.signals import course_completed, order_paid, profile_verified

SUBJECTS = {order_paid: "order", course_completed: "enrollment", profile_verified: "profile"}
RECEIVERS = [
    pytest.param(getattr(receivers, name), subject, id=name)
    for name, subject in {
        "enroll_student": "order",
        "remember_purchase": "order",
        "send_receipt": "order",
        "push_to_crm": "order",
        "award_certificate": "enrollment",
        "notify_teacher": "enrollment",
        "compare_portrait": "profile",
        "issue_cards": "profile",
    }.items()
]


def connected():
    """The academy's own receivers, as the three signals know them."""
    for signal in SUBJECTS:
        sync_receivers, async_receivers = signal._live_receivers(None)
        for function in [*sync_receivers, *async_receivers]:
            if function.__module__ == receivers.__name__:
                yield function


def test_all_of_them_are_connected_and_one_of_them_is_async():
    assert {function.__name__ for function in connected()} == {param.id for param in RECEIVERS}
    assert [f.__name__ for f in connected() if inspect.iscoroutinefunction(f)] == ["issue_cards"]


@pytest.mark.parametrize(("function", "subject"), RECEIVERS)
@pytest.mark.parametrize("is_named", [True, False])
def test_without_its_object_a_receiver_does_nothing(
    db, function, subject, is_named, mailoutbox, django_assert_num_queries
):
    if inspect.iscoroutinefunction(function):
        function = async_to_sync(function)
    arguments = {"user": None, "mark": 1} | ({subject: None} if is_named else {})

    with django_assert_num_queries(0):
        function(sender=None, signal=None, **arguments)

    assert mailoutbox == []


@pytest.mark.parametrize("signal", SUBJECTS)
def test_a_signal_can_be_sent_by_hand_with_no_object(db, signal):
    responses = signal.send(sender=None, user=None, mark=1)

    assert {response for function, response in responses} == {None}


async def test_a_sale_can_be_told_by_hand_where_a_loop_runs(transactional_db):
    order_paid.send(sender=Order, order=None, user=None, mark=1)


def test_a_sale_can_be_told_again_by_hand(order):
    order_paid.send(sender=Order, order=order, note="hello")
    order_paid.send(sender=Order, order=order, note="hello")

    assert Enrollment.objects.get().course_title == "Typography I"


def test_a_sale_opens_the_course_and_is_remembered(order, student, course):
    order.paid_at = order.placed_at

    order_paid.send(sender=Order, order=order, user=student)

    assert Enrollment.objects.filter(student=student, course=course).exists()
    assert Profile.objects.get(user=student).last_purchase_at == order.paid_at


def test_an_order_sent_by_hand_before_it_is_paid_is_no_purchase(order, student):
    pay_order(order)
    unpaid = place_order(student, order.course)

    order_paid.send(sender=Order, order=unpaid)

    assert Profile.objects.get(user=student).last_purchase_at == order.paid_at


def test_a_receipt_is_posted_after_the_commit(transactional_db, order, mailoutbox):
    with transaction.atomic():
        order_paid.send(sender=Order, order=order)
        assert mailoutbox == []

    assert [mail.body for mail in mailoutbox] == ["Mei Chen has paid 129.00 for Typography I."]


def test_the_teacher_hears_of_a_completed_course(transactional_db, enrollment, mailoutbox):
    course_completed.send(sender=Enrollment, enrollment=enrollment)

    assert [mail.subject for mail in mailoutbox] == ["Mei Chen has completed Typography I"]
    assert mailoutbox[0].to == [enrollment.course.teacher_email]


def test_a_certificate_is_awarded_once(enrollment):
    course_completed.send(sender=Enrollment, enrollment=enrollment)
    course_completed.send(sender=Enrollment, enrollment=enrollment)

    assert str(Certificate.objects.get()) == "Typography I, awarded to Mei Chen"


def test_the_crm_fails_only_while_it_is_down(order):
    receivers.push_to_crm(sender=Order, order=order)

    outage = crm_is_down.set(True)
    try:
        with pytest.raises(CrmUnavailable):
            receivers.push_to_crm(sender=Order, order=order)
    finally:
        crm_is_down.reset(outage)
