"""The addresses for machines: those that look after this one, those that read its log, and what tells them
how. `frontend.urls` includes them.
"""

from django.urls import path

from .asyncapi import NAME, asyncapi
from .health import livez, readyz
from .history import event, events
from .scrape import metrics
from .signals import signals
from .trial import test_event

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/events/", events, name="events"),
    path("api/events/<str:id>/", event, name="event"),
    path("api/signals/", signals, name="signals"),
    path("api/test-event/", test_event, name="test-event"),
    path(NAME, asyncapi, name="asyncapi"),
]
