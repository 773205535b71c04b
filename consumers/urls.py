"""The addresses for machines: those that look after this one, those that read its log, and what tells them
how. `frontend.urls` includes them.
"""

from collections.abc import Callable
from typing import Any

from django.db import connections, transaction
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from . import astray
from .asyncapi import NAME, asyncapi
from .health import livez, readyz
from .history import event, events
from .scrape import metrics
from .signals import signals
from .trial import test_event


def _read(address: str, view: Callable[..., Any], name: str) -> URLPattern:
    """What answers any other method than GET and HEAD with 405, rather than with a page about cookies."""
    return _path(address, csrf_exempt(view), name)


def _path(address: str, view: Callable[..., Any], name: str) -> URLPattern:
    # Where ATOMIC_REQUESTS is on, Django calls no asynchronous view that has not said that it wants no transaction.
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return path(address, view, name=name)


urlpatterns = [
    _read("livez", livez, name="livez"),
    _read("readyz", readyz, name="readyz"),
    _read("metrics", metrics, name="metrics"),
    _read("api/events/", events, name="events"),
    _read("api/events/<str:id>/", event, name="event"),
    _read("api/signals/", signals, name="signals"),
    _path("api/test-event/", test_event, "test-event"),
    _read(NAME, asyncapi, name="asyncapi"),
    # The stream itself is not Django's: `routing` has it before anything comes here.
    _read("ws/", astray.websocket, name="websocket"),
    _read("sse/", astray.event_stream, name="event-stream"),
]
