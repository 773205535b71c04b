"""`manage.py check`: whether the project around the stream lets it be seen."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.contrib.auth import get_user_model
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core.checks import CheckMessage, Warning, register
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve
from django.utils.module_loading import import_string

from events.settings import current

# Their own `runserver` knows no websockets, or not our server.
_WITH_A_SERVER = ("django.contrib.staticfiles", "daphne")


@register("signalcast")
def check_project(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    return [*_order(), *_authentication(), *_permissions(), *_static_files()]


@register("signalcast", deploy=True)
def check_doors(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """`manage.py check --deploy`: what lets in, or shows, more than it should; and a door that nobody finds."""
    return [*_debug(), *_hosts(), *_origins(), *_proxies(), *_sign_in()]


def _debug() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Warning(
            "DEBUG is on: whoever comes from this machine follows the stream without signing in; behind a proxy here "
            "that adds no X-Forwarded-For, that is everybody.",
            hint="Turn DEBUG off.",
            id="signalcast.W011",
        )


def _hosts() -> Iterator[CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS:
        yield Warning(
            "ALLOWED_HOSTS has '*': under any name that leads here, a page of that name is of the server's own origin.",
            hint="Name the hosts that are served.",
            id="signalcast.W012",
        )


def _origins() -> Iterator[CheckMessage]:
    if plain := [origin for origin in settings.CSRF_TRUSTED_ORIGINS if origin.startswith("http://")]:
        yield Warning(
            f"CSRF_TRUSTED_ORIGINS has {', '.join(plain)}: whoever is on the way to a page without TLS can change it, "
            "and so follow the stream with the cookies of whoever looks at it.",
            hint="Write https://…",
            id="signalcast.W013",
        )


def _proxies() -> Iterator[CheckMessage]:
    if (settings.SECURE_PROXY_SSL_HEADER or settings.USE_X_FORWARDED_HOST) and not current().TRUSTED_PROXIES:
        yield Warning(
            "A proxy's headers are trusted, and SIGNALCAST['TRUSTED_PROXIES'] is 0: all clients have the proxy's "
            "address, in the audit and for MAX_CLIENTS_PER_ADDRESS.",
            hint="Write how many proxies of yours a request comes through.",
            id="signalcast.W014",
        )


def _sign_in() -> Iterator[CheckMessage]:
    try:
        address = urlsplit(resolve_url(settings.LOGIN_URL))
        # Below a language, Django redirects to addresses that it does not know itself.
        if not address.netloc and not is_language_prefix_patterns_used(settings.ROOT_URLCONF)[0]:
            resolve(f"/{address.path.removeprefix(get_script_prefix()).lstrip('/')}")
    except (NoReverseMatch, Resolver404):
        yield Warning(
            f"LOGIN_URL is {settings.LOGIN_URL!r}, which this project's urls do not have: the dashboard sends whoever "
            "has not signed in there.",
            hint='Write the name of a sign-in page, e.g. LOGIN_URL = "admin:login", or silence this check if somebody '
            "else has one there.",
            id="signalcast.W018",
        )


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


def _permissions() -> Iterator[CheckMessage]:
    if not hasattr(get_user_model(), "has_perm"):
        yield Warning(
            f"{settings.AUTH_USER_MODEL} has no has_perm(): with DEBUG off nobody may follow the stream.",
            hint="Inherit from django.contrib.auth.models.PermissionsMixin, or write has_perm(self, perm, obj=None).",
            id="signalcast.W017",
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
