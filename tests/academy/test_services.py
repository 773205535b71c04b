"""academy.services: rows and signal together, or neither."""

from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from academy.models import Certificate, Enrollment, Order, Profile
from academy.services import complete_course, pay_order, sign_up, verify_profile
from academy.signals import course_completed, order_paid, profile_verified


def test_who_signs_up_has_a_profile_and_no_password_yet(db):
    student = sign_up("ewa", "Ewa", "Kowalska")

    assert student.profile.student_name == "Ewa Kowalska"
    assert not student.has_usable_password()


def test_an_order_keeps_the_names_and_the_price_of_its_day(order, course):
    course.price = Decimal("999.00")
    course.save()

    order.refresh_from_db()

    assert (order.student_name, order.course_title) == ("Mei Chen", "Typography I")
    assert order.amount == Decimal("129.00")


def test_a_sale_is_told_with_its_order_and_its_student(order, student, hear):
    heard = hear(order_paid)

    pay_order(order)

    assert heard == [{"order": order, "user": student}]
    assert heard[0]["order"].paid_at is not None
    assert Order.objects.get().paid_at == order.paid_at


def test_an_order_is_paid_once(order, hear):
    heard = hear(order_paid)
    pay_order(order)
    first = order.paid_at

    pay_order(order)

    assert order.paid_at == first
    assert len(heard) == 1


def test_a_failing_receiver_does_not_undo_a_sale(order, fail, caplog):
    fail(order_paid)

    pay_order(order)

    assert Order.objects.get().paid_at is not None
    assert "as arranged" in caplog.text


def test_a_sale_that_is_rolled_back_leaves_nothing_behind(transactional_db, order, mailoutbox):
    with pytest.raises(LookupError), transaction.atomic():
        pay_order(order)
        raise LookupError

    assert Order.objects.get().paid_at is None
    assert not Enrollment.objects.exists()
    assert mailoutbox == []


def test_a_completed_course_is_told_and_has_its_certificate(enrollment, student, hear):
    heard = hear(course_completed)

    complete_course(enrollment, grade=88)

    assert heard == [{"enrollment": enrollment, "user": student}]
    assert Enrollment.objects.get().grade == 88
    assert Certificate.objects.get().enrollment == enrollment


def test_a_course_is_completed_once_and_keeps_its_first_grade(enrollment, hear):
    heard = hear(course_completed)
    complete_course(enrollment, grade=88)

    complete_course(enrollment, grade=100)

    assert Enrollment.objects.get().grade == 88
    assert len(heard) == 1


def test_a_course_without_its_certificate_is_not_completed(enrollment, fail):
    fail(course_completed)

    with pytest.raises(LookupError):
        complete_course(enrollment, grade=88)

    assert Enrollment.objects.get().completed_at is None
    assert not Certificate.objects.exists()


def test_a_profile_is_verified_once_and_told_how(student, hear):
    heard = hear(profile_verified)

    verify_profile(student.profile, "passport")
    verify_profile(student.profile, "video")

    assert heard == [{"profile": student.profile, "user": student, "method": "passport"}]
    assert Profile.objects.get().verified_at is not None


async def test_async_code_verifies_a_profile_in_a_thread(transactional_db, hear):
    heard = hear(profile_verified)
    student = await sync_to_async(sign_up)("zoe", "Zoë", "Sato")

    await sync_to_async(verify_profile)(await Profile.objects.aget(user=student), "video")

    assert [told["method"] for told in heard] == ["video"]
