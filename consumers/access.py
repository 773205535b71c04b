"""Who may follow the stream: signed-in users with `signalcast.view_event`; under DEBUG, whoever is on this machine.

A browser sends its cookies along with any page's request, so its Origin is checked always, exactly. A client without an
Origin is no browser; its cookies prove nothing.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host

from events.settings import current

from .database import Database
from .protocol import CloseCode, Refused

PERMISSION = "signalcast.view_event"

_LOCAL_HOSTS = [".localhost", "127.0.0.1", "[::1]"]
# Whatever of these is there, a proxy stands in between.
_FORWARDED = ("x-forwarded-for", "forwarded")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who may follow the stream."""

    name: str | None
    open: bool = False
    """Let in without signing in, since DEBUG is on and the request comes from this machine."""


def viewer_of_request(request: HttpRequest) -> Viewer:
    """Who asks for a page. Raises Refused (4401, 4403)."""
    return _viewer(getattr(request, "user", None), is_local(request))


def is_local(request: HttpRequest) -> bool:
    """Whether a request comes from this machine itself, and through no proxy."""
    return _is_local(request.META.get("REMOTE_ADDR", ""), any(name in request.headers for name in _FORWARDED))


def may_measure(request: HttpRequest) -> bool:
    """Whether somebody may know how much there is to do here: who is on this machine, or knows METRICS_TOKEN."""
    return is_local(request) or _knows_the_token(request)


async def viewer_of_socket(scope: Mapping[str, Any], database: Database) -> Viewer:
    """Who opens a websocket. Raises Refused (4401, 4403)."""
    headers = _headers(scope)
    _check_host(headers)
    is_local = _is_local((scope.get("client") or [""])[0], any(name in headers for name in _FORWARDED))
    if "origin" in headers:
        _check_origin(headers["origin"], _own_origin(scope, headers))
    if "origin" not in headers or (settings.DEBUG and is_local):
        return _viewer(None, is_local)
    # A browser opens a socket for each of its pages, and after a restart all of them at once.
    return await database.share(_viewer_of_cookies, headers.get("cookie", ""), is_local)


def _viewer_of_cookies(cookies: str, is_local: bool) -> Viewer:
    return _viewer(_user(cookies), is_local)


def _viewer(user: Any, is_local: bool) -> Viewer:
    is_signed_in = user is not None and user.is_authenticated
    name = user.get_username() if is_signed_in else None
    if settings.DEBUG and is_local:
        return Viewer(name, open=not is_signed_in)
    if not is_signed_in:
        raise Refused(CloseCode.SIGN_IN, "Sign in to follow this stream.")
    if not user.has_perm(PERMISSION):
        raise Refused(
            CloseCode.FORBIDDEN, f"{name} may not follow this stream: the permission {PERMISSION} is missing."
        )
    return Viewer(name)


def _user(cookies: str) -> Any:
    # As Django does it: one cookie that is nonsense must not hide the others.
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    # After a rotation of SECRET_KEY Django renews the session. A socket cannot hand out the new cookie: it only reads.
    request.session.cycle_key = request.session.flush = _leave_it
    return get_user(request)


def _leave_it() -> None:
    """In the place of what would write to the session."""


def _is_local(address: str, is_forwarded: bool) -> bool:
    """Behind a proxy everybody comes from this machine, so what was forwarded never counts as local."""
    try:
        return ip_address(address).is_loopback and not is_forwarded
    except ValueError:
        return False


def _knows_the_token(request: HttpRequest) -> bool:
    token = current().METRICS_TOKEN
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # As bytes: of text that is not ASCII, `compare_digest` would raise.
    is_right = secrets.compare_digest(given.strip().encode("utf-8", "replace"), token.encode("utf-8", "replace"))
    return bool(token) and scheme.lower() == "bearer" and is_right


def _headers(scope: Mapping[str, Any]) -> dict[str, str]:
    """The headers by name. One that must be there once and is there twice was put together by somebody."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        if key in headers and key in ("host", "origin"):
            raise Refused(CloseCode.FORBIDDEN, f"There is more than one {key} header.")
        joint = "; " if key == "cookie" else ", "
        headers[key] = headers[key] + joint + value.decode("latin-1") if key in headers else value.decode("latin-1")
    return headers


def _check_host(headers: Mapping[str, str]) -> None:
    domain, _ = split_domain_port(_host(headers))
    allowed = settings.ALLOWED_HOSTS or (_LOCAL_HOSTS if settings.DEBUG else [])
    if not domain or not validate_host(domain, allowed):
        raise Refused(CloseCode.FORBIDDEN, "This host name is not served here; see ALLOWED_HOSTS.")


def _check_origin(origin: str, own: str) -> None:
    found = _normal(origin)
    if found is None or not (found == _normal(own) or any(_trusts(trusted, found) for trusted in _trusted())):
        raise Refused(CloseCode.FORBIDDEN, "Pages of this origin may not follow the stream; see CSRF_TRUSTED_ORIGINS.")


def _trusted() -> list[str]:
    return list(settings.CSRF_TRUSTED_ORIGINS)


def _trusts(trusted: str, origin: str) -> bool:
    """`https://*.example.com` means every host below example.com, as it does to Django."""
    scheme, star, domain = trusted.partition("://*.")
    if not star:
        return origin == _normal(trusted)
    below = _normal(f"{scheme}://{domain}")
    found_scheme, _, host = origin.partition("://")
    return below is not None and scheme == found_scheme and host.endswith("." + below.removeprefix(f"{scheme}://"))


def _normal(origin: str) -> str | None:
    """Scheme, host and port, in one spelling; None if this is no origin (`null`, a path, nonsense)."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except (KeyError, ValueError):
        return None
    if not parts.hostname or origin.lower() != f"{parts.scheme}://{parts.netloc}".lower() or "@" in parts.netloc:
        return None
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _own_origin(scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    secure = scope.get("scheme") in ("wss", "https")
    if settings.SECURE_PROXY_SSL_HEADER:
        name, value = settings.SECURE_PROXY_SSL_HEADER
        forwarded = headers.get(name.removeprefix("HTTP_").replace("_", "-").lower())
        secure = secure if forwarded is None else forwarded.split(",")[0].strip() == value
    return f"{'https' if secure else 'http'}://{_host(headers)}"


def _host(headers: Mapping[str, str]) -> str:
    if settings.USE_X_FORWARDED_HOST and "x-forwarded-host" in headers:
        return headers["x-forwarded-host"]
    return headers.get("host", "")
