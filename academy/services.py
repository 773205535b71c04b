"""
What the school does. Each action changes rows and sends its signal in one transaction, so that
nobody hears of business that was rolled back afterwards.

These are plain functions for plain code. From async code, call them in a thread, as all that
uses the database: `await sync_to_async(pay_order)(order)`.
"""

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from academy.models import Enrollment, Order, Profile
from academy.signals import course_completed, order_paid, profile_verified


def sign_up(username, first_name, last_name):
    """A new student, with a profile, who cannot sign in before choosing a password."""
    with transaction.atomic():
        user = get_user_model().objects.create_user(username, first_name=first_name, last_name=last_name)
        Profile.objects.create(user=user, student_name=user.get_full_name())
    return user


def place_order(student, course):
    """An order that waits to be paid, at today's price."""
    return Order.objects.create(
        student=student,
        student_name=student.get_full_name(),
        course=course,
        course_title=course.title,
        amount=course.price,
    )


def pay_order(order):
    """Sends `order_paid`. Paying what is paid already changes nothing and sends nothing."""
    with transaction.atomic():
        order.refresh_from_db(from_queryset=Order.objects.select_for_update())
        if order.paid_at:
            return
        order.paid_at = timezone.now()
        order.save(update_fields=["paid_at"])
        # Robust: the money has changed hands. A receipt that cannot be written, or a CRM that
        # is down, must not undo the sale.
        order_paid.send_robust(sender=Order, order=order, user=order.student)


def complete_course(enrollment, grade):
    """Sends `course_completed`. A course is completed once; its first grade stays."""
    with transaction.atomic():
        enrollment.refresh_from_db(from_queryset=Enrollment.objects.select_for_update())
        if enrollment.completed_at:
            return
        enrollment.completed_at = timezone.now()
        enrollment.grade = grade
        enrollment.save(update_fields=["completed_at", "grade"])
        # Not robust: without its certificate a course is not completed. A receiver that fails
        # rolls all of it back, and the student can try again.
        course_completed.send(sender=Enrollment, enrollment=enrollment, user=enrollment.student)


def verify_profile(profile, method):
    """Sends `profile_verified`. A profile is verified once."""
    with transaction.atomic():
        profile.refresh_from_db(from_queryset=Profile.objects.select_for_update())
        if profile.verified_at:
            return
        profile.verified_at = timezone.now()
        profile.save(update_fields=["verified_at"])
        # Robust: the student has proved who they are, whatever becomes of their cards.
        profile_verified.send_robust(sender=Profile, profile=profile, user=profile.user, method=method)
