"""`manage.py create_token NAME --user U`: a token that lets a program follow the stream. Its secret is shown once."""

import re
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consumers import tokens
from consumers.access import PERMISSION, may_follow

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


class Command(BaseCommand):
    help = "Make a token that lets a program follow the stream as a user. The secret is shown once, on stdout."

    def add_arguments(self, parser):
        parser.add_argument("name", help="who, or what, it is for; no two tokens have the same name")
        parser.add_argument("--user", required=True, help="the user name of whoever it follows the stream as")
        parser.add_argument(
            "--types", nargs="+", default=[], metavar="TYPE", help="only events of these, e.g. 'academy.*'"
        )
        parser.add_argument("--expires", metavar="90d", help="in how many hours, days or weeks; never")

    def handle(self, *args, **options):
        user = self._user(options["user"])
        expires = None if options["expires"] is None else timezone.now() + _duration(options["expires"])
        types = " ".join(options["types"])
        if options["types"] and not types.strip(" ,"):
            raise CommandError("--types names no type: write 'academy.*', or leave it out, which means all.")
        try:
            token, secret = tokens.create(options["name"], user, types, expires)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if not may_follow(user):
            who = user.get_username()
            self.stderr.write(f"{who} lacks the permission {PERMISSION}: until they have it, it lets nobody in.")
        until = f"until {tokens.in_utc(expires)}" if expires else "until it is revoked"
        self.stderr.write(f"The token {token.name}, for {token.types or 'all types'}, {until}. It is not shown again:")
        self.stdout.write(secret)

    def _user(self, name):
        try:
            return get_user_model()._default_manager.get_by_natural_key(name)
        except get_user_model().DoesNotExist as error:
            raise CommandError(f"There is no user {name!r}.") from error


def _duration(text):
    found = re.fullmatch(r"([1-9]\d{0,4})([hdw])", text)
    if not found:
        raise CommandError(f"--expires is {text!r}; write hours, days or weeks: 12h, 90d, 4w.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
