"""A busy day at the school: people sign up, buy, learn and leave. Real rows, real services."""

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from django.contrib.auth.signals import user_logged_in
from django.db import transaction

from academy.catalogue import offered_courses
from academy.models import Course, Enrollment, Profile
from academy.receivers import crm_is_down
from academy.services import complete_course, pay_order, place_order, sign_up, verify_profile

FIRST_NAMES = (
    "Ama", "Daniel", "Ewa", "Fatima", "Hanna", "Jean-Luc", "Mateo", "Mei", "Nora", "Owen",
    "Priya", "Samir", "Søren", "Tomás", "Yuki", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Álvarez", "Chen", "Ferreira", "Gallagher", "Haddad", "Kowalska", "Lindqvist", "Mensah",
    "Moreau", "Müller", "O’Brien", "Osei", "Raman", "Sato", "Yılmaz", "Zahra",
)  # fmt: skip
METHODS = ("passport", "identity card", "video")

# How often each kind of business is done, relative to the others. Verification is slow and rare.
BUY, COMPLETE, SIGN_IN, VERIFY = 58, 29, 10, 3
# The share of transactions that somebody calls off in the end, and of sales that the CRM misses.
CALLED_OFF = 0.05
CRM_DOWN = 0.04
# The share of sales that are somebody's first.
NEWCOMERS = 0.2
# A full school: for each newcomer the student who has been here longest leaves, with all rows.
MAX_STUDENTS = 1_000


class CalledOff(Exception):
    """Somebody changed their mind before the transaction was through."""


@dataclass(kw_only=True, eq=False)
class Student:
    user: object
    wishes: list[Course]
    studies: list[Course] = field(default_factory=list)
    is_verified: bool = False


class Simulation:
    """
    Does business, one signal a step.

    The same seed makes the same choices, whatever is in the database already: only students of
    this simulation take part. Their user names are random, so that several can run at once.
    """

    def __init__(self, *, seed=None, max_students=MAX_STUDENTS):
        self.random = Random(seed)
        self.max_students = max_students
        self.courses = offered_courses()
        self.students = []

    def step(self):
        """True when a signal was sent and committed, False when the business was called off."""
        business = self.random.choices(
            (self.buy, self.complete, self.sign_in, self.verify),
            weights=(BUY, COMPLETE, SIGN_IN, VERIFY),
        )[0]
        try:
            business()
        except CalledOff:
            return False
        return True

    # What stands after `with self.transaction()` is remembered only of what has committed.

    def buy(self):
        student = self.someone(lambda student: student.wishes)
        if student is None or self.random.random() < NEWCOMERS:
            student = self.newcomer()
        course = self.random.choice(student.wishes)
        outage = crm_is_down.set(self.random.random() < CRM_DOWN)
        try:
            with self.transaction():
                pay_order(place_order(student.user, course))
        finally:
            crm_is_down.reset(outage)
        student.wishes.remove(course)
        student.studies.append(course)

    def complete(self):
        student = self.someone(lambda student: student.studies)
        if student is None:
            return self.buy()
        course = self.random.choice(student.studies)
        grade = self.random.randint(55, 100)
        with self.transaction():
            complete_course(Enrollment.objects.get(student=student.user, course=course), grade)
        student.studies.remove(course)

    def verify(self):
        student = self.someone(lambda student: not student.is_verified)
        if student is None:
            return self.buy()
        method = self.random.choice(METHODS)
        with self.transaction():
            verify_profile(Profile.objects.get(user=student.user), method)
        student.is_verified = True

    def sign_in(self):
        student = self.someone(lambda student: True)
        if student is None:
            return self.buy()
        with self.transaction():
            # As `django.contrib.auth.login()` sends it; there is no request here.
            user_logged_in.send(sender=type(student.user), request=None, user=student.user)

    def someone(self, suits):
        """One of the students that suit, or None."""
        suitable = [student for student in self.students if suits(student)]
        return self.random.choice(suitable) if suitable else None

    def newcomer(self):
        if len(self.students) == self.max_students:
            self.students.pop(0).user.delete()
        first_name, last_name = self.random.choice(FIRST_NAMES), self.random.choice(LAST_NAMES)
        wishes = self.random.sample(self.courses, self.random.randint(1, len(self.courses)))
        user = sign_up(f"student-{secrets.token_hex(6)}", first_name, last_name)
        self.students.append(Student(user=user, wishes=wishes))
        return self.students[-1]

    @contextmanager
    def transaction(self):
        """A transaction that is called off now and then, after all is done but the commit."""
        with transaction.atomic():
            yield
            if self.random.random() < CALLED_OFF:
                raise CalledOff
