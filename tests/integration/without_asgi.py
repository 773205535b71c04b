"""A project that has not been told of its ASGI application."""

from config.settings import *  # noqa: F403

del ASGI_APPLICATION  # noqa: F821
