"""A project whose ASGI application is still the one that `startproject` made: Django's own."""

from django.core.asgi import get_asgi_application

from tests.integration.settings import *  # noqa: F403

ASGI_APPLICATION = "tests.integration.pages_alone.application"


def __getattr__(name):
    if name == "application":
        return get_asgi_application()
    raise AttributeError(name)
