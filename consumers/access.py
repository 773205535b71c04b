"""Who may follow the stream: signed-in users with `signalcast.view_event`, whoever shows a token of such a user, and,
under DEBUG, whoever is on this machine.

What somebody shows to be let in is a claim, read from the request without asking anybody. Whose it is, the database
knows: now, and again whenever that may have changed.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie

from events.settings import current

from . import tokens
from .origin import check_host, check_origin, headers_of, is_local, own_origin
from .protocol import CloseCode, Refused
from .viewer import Viewer

PERMISSION = "signalcast.view_event"
PERSONAL = "signalcast.view_personal_data"
TEST = "signalcast.send_test_event"

SUBPROTOCOL = "signalcast.token."
"""What a token is written behind among the sub-protocols, where a browser's scripts can set no header."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What was shown: a token (of which only the digest is kept), else a session, if any."""

    token: str = field(default="", repr=False)
    session: str = field(default="", repr=False)
    is_local: bool = False


def viewer_of_request(request: HttpRequest) -> Viewer:
    """Who asks for a page. Raises Refused (4401, 4403)."""
    token = _bearer(request.headers.get("Authorization", ""))
    if token:
        return _viewer_of_token(tokens.digest(token))
    return _viewer(getattr(request, "user", None), _is_local_request(request))


def address(request: HttpRequest, *, query: bool = False) -> str:
    """The path of what is asked for, as a browser knows it; with its query, if that is wanted.

    Where a proxy takes FORCE_SCRIPT_NAME off, `request.path` lacks it under ASGI, and has it under WSGI.
    """
    path = request.get_full_path_info() if query else request.path_info
    return f"{request.META['SCRIPT_NAME'].rstrip('/')}{path}"


def may_measure(request: HttpRequest) -> bool:
    """Whether somebody may know how much there is to do here: who is on this machine, or knows METRICS_TOKEN."""
    return _is_local_request(request) or _knows_the_token(request)


def claim_of(scope: Mapping[str, Any]) -> Claim:
    """What the request for a websocket, or for an event stream, shows. Raises Refused (4401, 4403).

    A browser sends its cookies along with any page's request: to a websocket they count with an Origin only, and that
    is checked. A response to GET is read by pages of this origin alone: we allow it to no other (there is no header of
    CORS), and as a script or a style it is refused for its type. Browsers leave out the Origin there, and say
    Sec-Fetch-Site instead, where the connection is safe; so cookies count unless that says that another site asks.
    """
    headers = headers_of(scope)
    check_host(headers)
    if "origin" in headers:
        check_origin(headers["origin"], own_origin(scope, headers))
    elif headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise Refused(CloseCode.FORBIDDEN, "Pages of another origin may not follow the stream.")
    here = is_local((scope.get("client") or [""])[0], headers)
    if token := _bearer(headers.get("authorization", "")) or _offered(scope):
        return Claim(tokens.digest(token), "", here)
    counts = "origin" in headers or scope["type"] == "http"
    # As Django does it: one cookie that is nonsense must not hide the others.
    key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "") if counts else ""
    return Claim("", key, here)


def viewer_of(claim: Claim) -> Viewer:
    """Whose claim it is, as the database knows it now. Raises Refused (4401, 4403)."""
    if claim.token:
        return _viewer_of_token(claim.token)
    return _viewer(_user(claim.session) if claim.session else None, claim.is_local)


def _viewer(user: Any, is_local: bool) -> Viewer:
    is_signed_in = user is not None and user.is_authenticated
    if settings.DEBUG and is_local:
        name, pk = (user.get_username(), user.pk) if is_signed_in else (None, None)
        return Viewer(name=name, user_id=pk, open=not is_signed_in, personal=True, tests=True)
    if not is_signed_in:
        raise Refused(CloseCode.SIGN_IN, "Sign in to follow this stream.")
    _insist_on_permission(user)
    return Viewer(
        name=user.get_username(), user_id=user.pk, personal=user.has_perm(PERSONAL), tests=user.has_perm(TEST)
    )


def _viewer_of_token(digest: str) -> Viewer:
    token = tokens.find(digest)
    if token is None:
        raise Refused(CloseCode.SIGN_IN, "This token is not valid: it is unknown, expired or revoked.")
    if not token.user.is_active:
        raise Refused(CloseCode.SIGN_IN, "This token is not valid: its user is not active.")
    _insist_on_permission(token.user)
    return Viewer(
        name=token.user.get_username(),
        user_id=token.user.pk,
        personal=token.user.has_perm(PERSONAL),
        token=token.name,
        token_id=token.pk,
        types=tuple(token.types.split()),
    )


def may_follow(user: Any) -> bool:
    """Whether the user has the permission; not every project's users have any."""
    return hasattr(user, "has_perm") and bool(user.has_perm(PERMISSION))


def _insist_on_permission(user: Any) -> None:
    if not may_follow(user):
        name = user.get_username()
        raise Refused(
            CloseCode.FORBIDDEN, f"{name} may not follow this stream: the permission {PERMISSION} is missing."
        )


def _user(key: str) -> Any:
    if not (key.isascii() and key.isprintable()):  # PostgreSQL would take offence at a NUL.
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    # After a rotation of SECRET_KEY Django renews the session. A socket cannot hand out the new cookie: it only reads.
    request.session.cycle_key = request.session.flush = _leave_it
    return get_user(request)


def _leave_it() -> None:
    """In the place of what would write to the session."""


def _bearer(authorization: str) -> str:
    """The token of `Authorization: Bearer …` (RFC 6750 §2.1), or nothing."""
    scheme, _, given = authorization.partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def _offered(scope: Mapping[str, Any]) -> str:
    names: list[str] = scope.get("subprotocols") or []
    return next((name.removeprefix(SUBPROTOCOL) for name in names if name.startswith(SUBPROTOCOL)), "")


def _is_local_request(request: HttpRequest) -> bool:
    return is_local(request.META.get("REMOTE_ADDR", ""), {name.lower(): "" for name in request.headers})


def _knows_the_token(request: HttpRequest) -> bool:
    token = current().METRICS_TOKEN
    given = _bearer(request.headers.get("Authorization", ""))
    # As bytes: of text that is not ASCII, `compare_digest` would raise.
    is_right = secrets.compare_digest(given.encode("utf-8", "replace"), token.encode("utf-8", "replace"))
    return bool(token) and is_right
