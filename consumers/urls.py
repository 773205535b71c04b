"""The addresses for machines: those that look after this one, those that read its log, and what tells them
how. `frontend.urls` includes them.
"""

from django.urls import path

from .asyncapi import NAME, asyncapi
from .health import livez, readyz
from .history import event, events
from .scrape import metrics

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/events/", events, name="events"),
    path("api/events/<str:id>/", event, name="event"),
    path(NAME, asyncapi, name="asyncapi"),
]
