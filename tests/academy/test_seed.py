"""`manage.py seed`: something to play with, once, in silence."""

from django.contrib.auth import get_user_model
from django.core.management import call_command

from academy.models import Course, Order
from academy.signals import course_completed, order_paid, profile_verified


def test_one_student_one_course_one_order_however_often(db):
    call_command("seed")
    call_command("seed")

    order = Order.objects.get()
    assert order.student == get_user_model().objects.get()
    assert order.course == Course.objects.get()
    assert order.paid_at is None


def test_it_sends_nothing(db, hear):
    heard = [hear(signal) for signal in (order_paid, course_completed, profile_verified)]

    call_command("seed")

    assert heard == [[], [], []]


def test_nobody_it_makes_can_sign_in(db):
    call_command("seed")

    assert not get_user_model().objects.get().has_usable_password()
    assert not get_user_model().objects.filter(is_staff=True).exists()
