"""
Who listens to the school's signals.

Three habits make a good receiver. It takes `**kwargs`, since senders may say more one day; it can
live without the object it is about, and does nothing then; and it may be called twice for the same
thing. One that writes to the database does so in a savepoint of its own (`transaction.atomic`), so
that its failure leaves the sender's transaction usable; one that tells the world outside waits for
the commit (`transaction.on_commit`), so that nobody gets a receipt for a sale that never was.
"""

import asyncio
import time
from contextvars import ContextVar

from django.core.mail import send_mail
from django.db import transaction
from django.dispatch import receiver

from academy.models import Certificate, Enrollment, Profile
from academy.signals import course_completed, order_paid, profile_verified

SCHOOL = "school@academy.example"


class CrmUnavailable(Exception):
    """The CRM does not answer. It will get this order with the next nightly export."""


# Only the simulation ever sets this.
crm_is_down = ContextVar("crm_is_down", default=False)


@receiver(order_paid)
def enroll_student(sender, order=None, **kwargs):
    """What has been paid for is open to the student at once."""
    if order is None:
        return
    Enrollment.objects.get_or_create(
        student_id=order.student_id,
        course_id=order.course_id,
        defaults={"student_name": order.student_name, "course_title": order.course_title},
    )


@receiver(order_paid)
def remember_purchase(sender, order=None, **kwargs):
    """Keeps the profile's last purchase, which decides who is sent the next programme."""
    if order is None or order.paid_at is None:
        return
    with transaction.atomic():
        Profile.objects.filter(user_id=order.student_id).update(last_purchase_at=order.paid_at)


@receiver(order_paid)
def send_receipt(sender, order=None, **kwargs):
    if order is None:
        return
    subject = f"Receipt {order.pk}"
    text = f"{order.student_name} has paid {order.amount} for {order.course_title}."
    student = f"student-{order.student_id}@academy.example"

    def post():
        send_mail(subject, text, SCHOOL, [student])

    transaction.on_commit(post, robust=True)


@receiver(order_paid)
def push_to_crm(sender, order=None, **kwargs):
    """Asks the CRM within the sale, so that the sale's signal shows whether it answered."""
    if order is None:
        return
    if crm_is_down.get():
        raise CrmUnavailable(order.pk)


@receiver(course_completed)
def award_certificate(sender, enrollment=None, **kwargs):
    if enrollment is None:
        return
    Certificate.objects.get_or_create(
        enrollment=enrollment,
        defaults={
            "student_name": enrollment.student_name,
            "course_title": enrollment.course_title,
        },
    )


@receiver(course_completed)
def notify_teacher(sender, enrollment=None, **kwargs):
    if enrollment is None:
        return
    subject = f"{enrollment.student_name} has completed {enrollment.course_title}"
    text = f"Grade: {enrollment.grade} %"

    def post():
        send_mail(subject, text, SCHOOL, [enrollment.course.teacher_email])

    transaction.on_commit(post, robust=True)


@receiver(profile_verified)
def compare_portrait(sender, profile=None, **kwargs):
    """The slow one: a service compares the photo with the passport, and takes its time."""
    if profile is None:
        return
    time.sleep(0.03)


@receiver(profile_verified)
async def issue_cards(sender, profile=None, **kwargs):
    """
    The async one: orders both cards at the same time.

    A sync `send()` runs an event loop of its own for this, and refuses to inside a running one.
    The rarest signal of the school can afford that; on `order_paid` it would cost every sale.
    """
    if profile is None:
        return
    await asyncio.gather(order_card("library"), order_card("student"))


async def order_card(kind):
    """Stands for a request over the network."""
    await asyncio.sleep(0.001)
