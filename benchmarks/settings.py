"""The demo's settings, for a server all of whose clients are one user's, at one address."""

from config.settings import *  # noqa: F403
from config.settings import SIGNALCAST as _DEMO

SIGNALCAST = _DEMO | {"MAX_CLIENTS": 20_000, "MAX_CLIENTS_PER_USER": 20_000, "MAX_CLIENTS_PER_ADDRESS": 20_000}
