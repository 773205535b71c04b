"""
The school's books.

`event_fields` names the fields that may appear in an event; no other field ever does. Those of
them that `event_personal_fields` names are shown to whoever may view personal data. Orders,
enrollments and certificates keep names and titles of their own, as invoices do: they say what
was true on the day, and they can be read without asking for the student or the course.
"""

from django.conf import settings
from django.db import models


class Course(models.Model):
    event_fields = ("title", "price")

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=100)
    teacher_email = models.EmailField()
    price = models.DecimalField(max_digits=8, decimal_places=2)

    def __str__(self):
        return self.title


class Profile(models.Model):
    event_fields = ("student_name",)
    event_personal_fields = ("student_name",)

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    student_name = models.CharField(max_length=150)
    verified_at = models.DateTimeField(null=True, blank=True)
    last_purchase_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return self.student_name


class Order(models.Model):
    event_fields = ("student_name", "course_title", "amount")
    event_personal_fields = ("student_name",)

    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    student_name = models.CharField(max_length=150)
    course = models.ForeignKey(Course, on_delete=models.PROTECT)
    course_title = models.CharField(max_length=100)
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    placed_at = models.DateTimeField(auto_now_add=True)
    paid_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"{self.course_title} for {self.student_name}"


class Enrollment(models.Model):
    event_fields = ("student_name", "course_title", "grade")
    event_personal_fields = ("student_name",)

    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    student_name = models.CharField(max_length=150)
    course = models.ForeignKey(Course, on_delete=models.PROTECT)
    course_title = models.CharField(max_length=100)
    enrolled_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    grade = models.PositiveSmallIntegerField("grade in percent", null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["student", "course"], name="one_enrollment_a_course")]

    def __str__(self):
        return f"{self.student_name} in {self.course_title}"


class Certificate(models.Model):
    event_fields = ("student_name", "course_title")
    event_personal_fields = ("student_name",)

    enrollment = models.OneToOneField(Enrollment, on_delete=models.CASCADE)
    student_name = models.CharField(max_length=150)
    course_title = models.CharField(max_length=100)
    awarded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.course_title}, awarded to {self.student_name}"
