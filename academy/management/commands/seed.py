"""`manage.py seed`: somebody and something to play with."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction

from academy.catalogue import COURSES, offered_course
from academy.models import Order
from academy.services import place_order, sign_up


class Command(BaseCommand):
    help = "Makes one student, one course and one order, unless they exist. Sends no signal."

    def handle(self, *args, **options):
        with transaction.atomic():
            course = offered_course(*COURSES[0])
            user = get_user_model()
            student = user.objects.filter(username="nora").first()
            student = student or sign_up("nora", "Nora", "Lindqvist")
            if not Order.objects.filter(student=student, course=course).exists():
                place_order(student, course)
