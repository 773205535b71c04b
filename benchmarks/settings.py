"""The demo's settings, for a server all of whose clients are one user's, at one address."""

import os

from config.settings import *  # noqa: F403
from config.settings import LOGGING as _LOGGING
from config.settings import SIGNALCAST as _DEMO

SIGNALCAST = _DEMO | {"MAX_CLIENTS": 20_000, "MAX_CLIENTS_PER_USER": 20_000, "MAX_CLIENTS_PER_ADDRESS": 20_000}

# That thousands come and go is written, since that is a part of what they cost, but need not be read.
LOGGING = _LOGGING | {
    "handlers": _LOGGING["handlers"]
    | {"nowhere": _LOGGING["handlers"]["console"] | {"class": "logging.FileHandler", "filename": os.devnull}},
    "loggers": _LOGGING["loggers"]
    | {"signalcast.audit": {"level": "INFO", "handlers": ["nowhere"], "propagate": False}},
}
