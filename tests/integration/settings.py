"""The demo's settings for a server under test: quick passwords, and beats and a layer as the test wants them."""

import os

from config.settings import *  # noqa: F403
from config.settings import CHANNEL_LAYERS, REDIS_URL, SIGNALCAST
from consumers import window

SIGNALCAST = SIGNALCAST | {
    "HEARTBEAT": float(os.environ.get("HEARTBEAT", "10")),
    "MAX_CLIENTS": int(os.environ.get("MAX_CLIENTS", "10000")),
    "MAX_WINDOW": int(os.environ.get("MAX_WINDOW", "4096")),
}
window.STALLED_SECONDS = float(os.environ.get("STALLED_SECONDS", "60"))
if os.environ.get("LAYER") == "core":
    CHANNEL_LAYERS["default"] = {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": 15}]},
    }
ASGI_APPLICATION = "tests.integration.asgi.application"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
