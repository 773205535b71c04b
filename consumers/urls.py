"""The addresses for machines: those that look after this one, and those that read its log. `frontend.urls` includes
them.
"""

from django.urls import path

from .health import livez, readyz
from .history import event, events
from .scrape import metrics

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/events/", events, name="events"),
    path("api/events/<str:id>/", event, name="event"),
]
