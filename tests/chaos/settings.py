"""The demo's settings for a campaign: quick heartbeats, a small ring, and a mutation if one is asked for."""

import os

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, SIGNALCAST

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos"]
# A ring that is soon outrun, so that much is read from the log.
SIGNALCAST = SIGNALCAST | {"HEARTBEAT": 1.0, "RING_EVENTS": 500}
MUTANT = os.environ.get("MUTANT", "")
