"""The demo's settings, for tests: a database in a file of its own, and quick passwords."""

import os
import tempfile
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import DATABASES

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as everybody's: threads and server processes must see what a test has committed.
    name = f"signalcast-test-{os.getpid()}.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / name)}

# REDIS_URL is for the tests of the Redis layers alone, and for no process that another test starts.
os.environ.pop("REDIS_URL", None)
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# pytest-django turns DEBUG off; without this each client would first list every static file.
WHITENOISE_AUTOREFRESH = True
