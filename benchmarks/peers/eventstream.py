"""django-eventstream, as it says itself: `daphne benchmarks.peers.eventstream:application`, with REDIS_PORT.

Events come from another process, so it takes them from Redis. It keeps none.
"""

import os

import django
from django.conf import settings

CHANNEL = "events"

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        EVENTSTREAM_REDIS={"host": "127.0.0.1", "port": int(os.environ["REDIS_PORT"]), "db": 0},
        INSTALLED_APPS=["daphne", "django.contrib.auth", "django.contrib.contenttypes", "django_eventstream"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="a key for this benchmark",
        USE_TZ=True,
    )
    django.setup()

import django_eventstream  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402

urlpatterns = [path("events/", include(django_eventstream.urls), {"channels": [CHANNEL]})]
application = get_asgi_application()
