"""The page of docs/eventstream.md as the demo would serve it, under the policy that is printed with it."""

import re
from pathlib import Path

from django.http import HttpResponse
from django.urls import include, path

WORDS = (Path(__file__).resolve().parents[2] / "docs" / "eventstream.md").read_text()


def printed(language):
    """The first block in this language."""
    return re.search(rf"^```{language}\n(.*?)^```$", WORDS, re.MULTILINE | re.DOTALL)[1]


def page(request):
    (policy,) = re.findall(r"^Content-Security-Policy: (.*)$", WORDS, re.MULTILINE)
    return HttpResponse(printed("html"), headers={"Content-Security-Policy": policy})


def script(request):
    return HttpResponse(printed("js"), content_type="text/javascript")


urlpatterns = [path("orders.html", page), path("orders.js", script), path("", include("config.urls"))]
