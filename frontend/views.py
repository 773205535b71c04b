"""The page: its shell, its configuration, and the policy that keeps what it shows from acting."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render, resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from consumers import access
from consumers.policy import visible
from events import catalog
from events.examples import examples, models

SIGN_IN = 4401

# Where the page of signals is, below the dashboard.
CATALOG = "catalog/"

Config = Callable[[HttpRequest, access.Viewer], dict[str, Any]]

# No inline script, style or handler, nothing from another host, no markup made from text.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """The sign-in page, for projects that have none of their own. Whoever lacks the permission may come as another."""

    template_name = "frontend/login.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return guarded(super().dispatch(request, *args, **kwargs))


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    return page(request, "frontend/dashboard.html", config)


@require_safe
def signals(request: HttpRequest) -> HttpResponse:
    """The catalog: what is known of every streamed signal."""
    return page(request, "frontend/catalog.html", config_of_signals)


def page(request: HttpRequest, template: str, config: Config) -> HttpResponse:
    """To whoever may follow the stream; others are told what is missing."""
    try:
        viewer = access.viewer_of_request(request)
    except access.Refused as refused:
        return refuse(request, refused.code)
    return guarded(render(request, template, {"config": config(request, viewer)}))


def refuse(request: HttpRequest, code: int) -> HttpResponse:
    """To the sign-in page, if signing in may help; otherwise a page that says what is missing."""
    if code == SIGN_IN:
        return redirect_to_login(access.address(request, query=True))
    user = getattr(request, "user", None)
    name = user.get_username() if user is not None and user.is_authenticated else None
    context = {"name": name, "login": sign_in_address(request)}
    return guarded(render(request, "frontend/refused.html", context, status=403))


def config(request: HttpRequest, viewer: access.Viewer) -> dict[str, Any]:
    """What the page's scripts are told."""
    attachments = catalog.attachments()
    seen = visible(viewer, [attachment.type for attachment in attachments])
    attachments = tuple(attachment for attachment in attachments if attachment.type in seen)
    here = access.address(request)
    return {
        "here": here,
        "socket": f"{here}ws/",
        "api": f"{here}api/",
        "stream": "main",
        "login": sign_in_address(request),
        "catalog": f"{here}{CATALOG}",
        "user": viewer.name,
        "open": viewer.open,
        # One receiver of each is the one that records it.
        "signals": [
            {
                "type": attachment.type,
                "receivers": max(0, len(attachment.signal.receivers) - 1),
                "path": attachment.path,
                "shaped": attachment.data is not None,
            }
            for attachment in attachments
        ],
        "examples": examples(attachments),
        "models": models(attachments),
        "test": testing(request, viewer),
    }


def config_of_signals(request: HttpRequest, viewer: access.Viewer) -> dict[str, Any]:
    """The same of the page of signals, which is one below the dashboard."""
    here = access.address(request)
    dashboard = here.removesuffix(CATALOG)
    return {
        "here": here,
        "dashboard": dashboard,
        "signals": f"{dashboard}api/signals/",
        "login": sign_in_address(request),
        "user": viewer.name,
        "open": viewer.open,
    }


def testing(request: HttpRequest, viewer: access.Viewer) -> dict[str, str] | None:
    """How the page sends a test event; None where its reader may not."""
    if not viewer.tests:
        return None
    header = settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-")
    return {"address": f"{access.address(request)}api/test-event/", "header": header, "token": get_token(request)}


def sign_in_address(request: HttpRequest) -> str:
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': access.address(request, query=True)})}"


def guarded(response: HttpResponse) -> HttpResponse:
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response["Cache-Control"] = "no-store"
    return response
