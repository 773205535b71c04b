"""The addresses for machines that look after this one. `frontend.urls` includes them."""

from django.urls import path

from .health import livez, readyz
from .scrape import metrics

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
