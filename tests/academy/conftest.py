"""A student, a course and an order, and somebody who listens."""

import pytest
from django.db import transaction

from academy.catalogue import COURSES, offered_course
from academy.models import Enrollment
from academy.services import place_order, sign_up


@pytest.fixture
def student(db):
    return sign_up("mei", "Mei", "Chen")


@pytest.fixture
def course(db):
    return offered_course(*COURSES[0])


@pytest.fixture
def order(student, course):
    return place_order(student, course)


@pytest.fixture
def enrollment(student, course):
    return Enrollment.objects.create(
        student=student,
        student_name=student.get_full_name(),
        course=course,
        course_title=course.title,
    )


@pytest.fixture
def listen():
    """Connects a function to a signal for the length of a test."""
    connected = []

    def connect(signal, listener):
        signal.connect(listener, weak=False)
        connected.append((signal, listener))

    yield connect

    for signal, listener in connected:
        signal.disconnect(listener)


@pytest.fixture
def hear(listen):
    """Collects what a signal is sent with, at once or (`committed=True`) after the commit."""

    def start(signal, *, committed=False):
        heard = []

        def listener(signal, sender, **arguments):
            if committed:
                transaction.on_commit(lambda: heard.append(arguments))
            else:
                heard.append(arguments)

        listen(signal, listener)
        return heard

    return start


@pytest.fixture
def fail(listen):
    """Has a signal a receiver that fails."""

    def start(signal):
        def failing(**kwargs):
            raise LookupError("as arranged")

        listen(signal, failing)

    return start
