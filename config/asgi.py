"""The ASGI application that a server runs: Django's pages, and the stream beside them."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_asgi_application()

from consumers.routing import application as with_stream  # noqa: E402  (needs Django set up)

application = with_stream(django)
