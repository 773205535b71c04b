"""The stream and the project's pages, in production: our server, without what a developer needs."""

import logging
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.management.commands.runserver import get_default_application
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.core.management.commands.runserver import naiveip_re

from consumers.server import Server, log_access
from events.logs import LineFormatter

DEFAULT = "127.0.0.1:8000"


class Command(BaseCommand):
    help = (
        "Serves ASGI_APPLICATION in production. TERM and Ctrl-C end it: requests finish, clients hear when to return."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("address", nargs="?", default=DEFAULT, help=f"[address:]port; {DEFAULT} by default")
        parser.add_argument("--access-log", action="store_true", help="log each request and each websocket")

    def handle(self, *, address: str, access_log: bool, **options: Any) -> None:
        host, port = _parsed(address)
        try:
            application = get_default_application()
        except ImproperlyConfigured as error:
            reason = str(error).rstrip(".")
            raise CommandError(f'{reason}. Write ASGI_APPLICATION = "mysite.asgi.application".') from error
        if settings.DEBUG:
            self.stderr.write("DEBUG is on: whoever is on this machine sees everything. In production, turn it off.")
        if access_log:
            _show_access()
        server = Server(
            application,
            build_endpoint_description_strings(host=host, port=port),
            action_logger=log_access if access_log else None,
            root_path=settings.FORCE_SCRIPT_NAME or "",
            ready_callable=lambda: self.stdout.write(f"Serving on http://{_shown(host)}:{port}/", ending="\n"),
        )
        server.run()
        if server.failure:
            raise CommandError(server.failure)


def _parsed(address: str) -> tuple[str, int]:
    found = naiveip_re.match(address)
    if not found or not 0 < int(found["port"]) < 65536:
        raise CommandError(f"{address!r} is no address. Write a port, or address:port, e.g. {DEFAULT} or [::1]:8000.")
    return (found["addr"] or "127.0.0.1").strip("[]"), int(found["port"])


def _show_access() -> None:
    """Whatever LOGGING says of other loggers: it was asked for."""
    access = logging.getLogger("signalcast.access")
    access.setLevel(logging.INFO)
    if not access.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(LineFormatter())
        access.addHandler(handler)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
