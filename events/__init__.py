"""The write side: signals become events in a durable log. Knows nothing of websockets."""

from .catalog import attach, detach

__all__ = ["attach", "detach"]
