"""The door of the views: who asks may come in, or is told why not, in JSON and by the status."""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from .access import Viewer, viewer_of_request
from .process import Process, process
from .protocol import CloseCode, Refused
from .sight import FULL, Sight
from .subscription import LogReplaced

logger = logging.getLogger("signalcast.consumers")

RETRY_SECONDS = 5

View = Callable[..., Awaitable[HttpResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody who was let in, for as long as the request is answered."""

    viewer: Viewer
    sight: Sight
    process: Process


@asynccontextmanager
async def let_in(request: HttpRequest) -> AsyncIterator[Guest]:
    """Raises Refused, and what the database raises."""
    async with process() as shared:
        _check_site(request)
        viewer = await shared.database.run(viewer_of_request, request)
        yield Guest(viewer=viewer, sight=FULL, process=shared)


def answers_in_json(view: View) -> View:
    """A view that may raise Refused, LogReplaced, and what the database raises: answered like the rest of it."""

    @wraps(view)
    async def answer(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        async with process() as shared:
            try:
                response = await view(request, *arguments, **named)
            except Refused as refused:
                response = _refusal(refused)
            except LogReplaced:
                response = _refusal(Refused(CloseCode.RESTART, "The log was replaced just now; ask again."))
            except Exception:  # Most likely the database.
                if shared.may_say("history_failed"):
                    logger.exception("The log cannot be shown", extra={"action": "history_failed"})
                response = _refusal(Refused(CloseCode.RESTART, "The log cannot be read at the moment."))
        response["X-Content-Type-Options"] = "nosniff"
        return response

    return answer


def error(status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    response = HttpResponse(
        json.dumps({"error": message}), status=status, content_type="application/json", headers=headers
    )
    # Django would log a 503 as an error, and mail it to the ADMINS. What there is to say is said where it is known.
    response._has_been_logged = True
    return response


def _refusal(refused: Refused) -> HttpResponse:
    code = refused.code
    headers = {"WWW-Authenticate": 'Bearer realm="signalcast"'} if code == CloseCode.SIGN_IN else {}
    if code.comes_back:
        return error(HTTPStatus.SERVICE_UNAVAILABLE, refused.message, {"Retry-After": str(RETRY_SECONDS)})
    return error(HTTPStatus(code - 4000), refused.message, headers)


def _check_site(request: HttpRequest) -> None:
    """A page of another origin cannot read what we answer, since no header allows it to; nor shall it have us work."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise Refused(CloseCode.FORBIDDEN, "Pages of another origin may not read the log.")
