"""The door of the views: who asks may come in, or is told why not, in JSON and by the status."""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError

from .metrics import meter
from .process import Process, process
from .protocol import CloseCode, Refused, bad_request
from .refusal import body_of, headers_with, status_of
from .sight import Sight
from .subscription import LogReplaced
from .visits import Changed, Visit

logger = logging.getLogger("signalcast.consumers")

View = Callable[..., Awaitable[HttpResponse]]


@dataclass(slots=True, kw_only=True)
class Guest:
    """Somebody who was let in, for as long as the request is answered."""

    visit: Visit
    process: Process
    changed: Changed = lambda: None
    """Called when something else may be seen from now on."""

    @property
    def sight(self) -> Sight:
        """What may be seen now. Raises Refused if nothing may be seen any more."""
        self.insist()
        return self.visit.sight

    def insist(self) -> None:
        """Raises Refused if nothing may be seen any more."""
        if self.visit.refused:
            raise self.visit.refused


@asynccontextmanager
async def let_in(request: HttpRequest, *, seldom: bool = False) -> AsyncIterator[Guest]:
    """Raises Refused, and what the database raises. `seldom` is for what pages ask every few seconds: the audit is told
    once in a while.
    """
    async with process() as shared:
        visit = await shared.visits.arrive(_scope_of(request), changed=lambda: guest.changed())
        guest = Guest(visit=visit, process=shared)
        if not seldom or shared.seldom.is_due((visit.viewer, visit.address, request.path), time.monotonic()):
            visit.audit.began(way=request.path, start=None, filter=request.META.get("QUERY_STRING", ""))
        try:
            yield guest
        finally:
            visit.leave()


def answers_in_json(*methods: str) -> Callable[[View], View]:
    """For a view that is asked by these methods, and may raise Refused, LogReplaced, and what the database raises: all
    of that is answered like the rest of it.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        async def answer(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
            if request.method in methods:
                response = await _answer(view, request, *arguments, **named)
            else:
                message = f"Ask by {' or '.join(methods)}."
                response = error(HTTPStatus.METHOD_NOT_ALLOWED, message, {"Allow": ", ".join(methods)})
            response["X-Content-Type-Options"] = "nosniff"
            return response

        return answer

    return decorated


async def _answer(view: View, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
    async with process() as shared:
        try:
            return await view(request, *arguments, **named)
        except Refused as refused:
            return _refusal(refused)
        except LogReplaced:
            return _refusal(Refused(CloseCode.RESTART, "The log was replaced just now; ask again."))
        except (BadRequest, MultiPartParserError, SuspiciousOperation) as error:  # What Django answers with 400.
            return _refusal(bad_request(str(error)))
        except Exception:  # Most likely the database.
            if shared.may_say("history_failed"):
                logger.exception("The log cannot be shown", extra={"action": "history_failed"})
            return _refusal(Refused(CloseCode.RESTART, "The log cannot be read at the moment."))


def error(status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    response = HttpResponse(body_of(message), status=status, content_type="application/json", headers=headers)
    # Django would log a 503 as an error, and mail it to the ADMINS. What there is to say is said where it is known.
    response._has_been_logged = True
    return response


def _refusal(refused: Refused) -> HttpResponse:
    if refused.limit:
        meter.limited(refused.limit)
    return error(status_of(refused.code), refused.message, headers_with(refused.code))


def _scope_of(request: HttpRequest) -> Mapping[str, Any]:
    """What ASGI calls the request's scope; under WSGI there is none."""
    if scope := getattr(request, "scope", None):
        return cast(Mapping[str, Any], scope)
    headers = {"host": request.META.get("SERVER_NAME", "")}
    headers |= {name.lower(): value for name, value in request.headers.items()}
    return {
        "type": "http",
        "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()],
        "client": [request.META.get("REMOTE_ADDR", ""), 0],
        "scheme": request.scheme,
    }
