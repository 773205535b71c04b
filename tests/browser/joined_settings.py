"""The demo's settings, with pages whose modules are joined into one: these files come before the apps' own."""

import os

from config.settings import *  # noqa: F403

STATICFILES_DIRS = [os.environ["JOINED"]]
