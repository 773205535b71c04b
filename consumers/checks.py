"""`manage.py check`: whether the project around the stream lets it be seen."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core.checks import CheckMessage, Warning, register
from django.utils.module_loading import import_string

# Their own `runserver` knows no websockets, or not our server.
_WITH_A_SERVER = ("django.contrib.staticfiles", "daphne")


@register("signalcast")
def check_project(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    return [*_order(), *_authentication(), *_static_files()]


def _order() -> Iterator[CheckMessage]:
    names = [config.name for config in apps.get_app_configs()]
    earlier = [name for name in _WITH_A_SERVER if name in names[: names.index("consumers")]]
    if earlier:
        yield Warning(
            f"In INSTALLED_APPS {' and '.join(earlier)} come before consumers: `manage.py runserver` is theirs, and "
            "the dashboard may find no websocket.",
            hint='Write INSTALLED_APPS = ["events", "consumers", "frontend", …].',
            id="signalcast.W008",
        )


def _authentication() -> Iterator[CheckMessage]:
    if not any(_is_authentication(path) for path in settings.MIDDLEWARE):
        yield Warning(
            "MIDDLEWARE has no AuthenticationMiddleware: with DEBUG off, everybody is a stranger to the dashboard.",
            hint='Write "django.contrib.auth.middleware.AuthenticationMiddleware" behind the SessionMiddleware.',
            id="signalcast.W009",
        )


def _static_files() -> Iterator[CheckMessage]:
    if "//" in (settings.STATIC_URL or ""):
        yield Warning(
            f"STATIC_URL is {settings.STATIC_URL!r}: the dashboard's policy lets in no scripts of another host.",
            hint="Write a path of the page's own host, or silence this check if it is that host.",
            id="signalcast.W010",
        )


def _is_authentication(path: str) -> bool:
    try:
        found = import_string(path)
    except ImportError:  # Whoever starts a server is told by Django.
        return False
    return isinstance(found, type) and issubclass(found, AuthenticationMiddleware)
