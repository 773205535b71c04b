"""Who comes for the stream and finds Django's pages: what `/ws/` and `/sse/` answer where no stream is behind them."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from .door import error

_NOT_PASSED_ON = (
    "A websocket is opened here, and this was a plain request. If a client did open one, a proxy has not passed on its "
    "headers Upgrade and Connection. Over plain HTTP the same stream is at sse/, beside this address."
)
_NOT_SERVED = (
    "This server has pages, and no stream: it does not speak ASGI, or its ASGI_APPLICATION is not the one that "
    "consumers.routing.application makes."
)


@login_not_required
@never_cache
async def websocket(request: HttpRequest) -> HttpResponse:
    return error(HTTPStatus.BAD_REQUEST, _NOT_PASSED_ON)


@login_not_required
@never_cache
async def event_stream(request: HttpRequest) -> HttpResponse:
    return error(HTTPStatus.NOT_IMPLEMENTED, _NOT_SERVED)
