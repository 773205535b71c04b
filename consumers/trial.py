"""`/api/test-event/`: somebody who may sends a test event, to see that it arrives."""

import json
from http import HTTPStatus

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from events import trial

from .access import TEST
from .door import Guest, answers_in_json, error, let_in
from .protocol import CloseCode, Refused, bad_request
from .viewer import Viewer

MAX_BYTES = 1024


@csrf_exempt  # It is looked at here, and answered like whatever else is wrong.
@login_not_required
@never_cache
@answers_in_json("POST")
async def test_event(request: HttpRequest) -> HttpResponse:
    """Record an event of the type that the body names; no receiver runs."""
    async with let_in(request) as guest:
        _insist_on_permission(guest.visit.viewer)
        await _insist_on_token(request)
        type = _type(request)
        if not await _may_follow(guest, type):
            return error(HTTPStatus.NOT_FOUND, "No signal of this type is streamed that you may follow.")
        id = await guest.process.database.run(trial.send, type)
        guest.visit.audit.tested(type=type, id=id)
    return JsonResponse({"id": id, "type": type}, status=HTTPStatus.CREATED)


def _insist_on_permission(viewer: Viewer) -> None:
    if viewer.token is not None:
        raise Refused(CloseCode.FORBIDDEN, "A token lets programs follow the stream, and send nothing.")
    if not viewer.tests:
        raise Refused(CloseCode.FORBIDDEN, f"{viewer} may not send test events: the permission {TEST} is missing.")


async def _insist_on_token(request: HttpRequest) -> None:
    # It may be kept in the session, and that in the database.
    reason = await sync_to_async(_Csrf(lambda request: None).reason)(request)
    if reason:
        raise Refused(CloseCode.FORBIDDEN, f"Reload the page and try again: {reason}")


class _Csrf(CsrfViewMiddleware):
    """Django's own protection, which says why instead of answering by itself."""

    def reason(self, request: HttpRequest) -> str:
        self.process_request(request)
        return self.process_view(request, None, (), {}) or ""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


def _type(request: HttpRequest) -> str:
    """Raises Refused (4400)."""
    try:
        type = json.loads(request.body[:MAX_BYTES])["type"]
    except (ValueError, TypeError, KeyError, RecursionError, RequestDataTooBig):
        type = None
    if not isinstance(type, str) or not type:
        raise bad_request('Write which type it shall be: {"type": "academy.order_paid"}.')
    return type


async def _may_follow(guest: Guest, type: str) -> bool:
    sight = guest.sight
    if type not in trial.types():
        return False
    await sight.learn_types({type})
    return sight.sees(type)
