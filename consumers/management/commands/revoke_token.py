"""`manage.py revoke_token NAME`: from now on the token lets nobody in, and whoever came in by it is sent away."""

from django.core.management.base import BaseCommand, CommandError

from consumers import tokens
from consumers.models import Token


class Command(BaseCommand):
    help = "Revoke a token: it lets nobody in any more, and whoever came in by it is sent away."

    def add_arguments(self, parser):
        parser.add_argument("name", help="the name that it was made with")

    def handle(self, *args, **options):
        name = options["name"]
        token = Token.objects.filter(name=name).first()
        if token is None:
            raise CommandError(f"There is no token {name!r}.")
        if token.revoked:
            raise CommandError(f"The token {name!r} was revoked already, {tokens.in_utc(token.revoked)}.")
        tokens.revoke(token)
        self.stdout.write(f"Revoked: {name}.")
