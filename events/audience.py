"""An audience: who is connected to a signal at the moment, whether it is sent or not.

How Django holds them is no part of its promises, and has changed three times. Where it looks otherwise than expected,
nobody knows.
"""

import inspect
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.dispatch import Signal

from .roster import known


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Somebody who is connected."""

    name: str
    """Where it is, e.g. `academy.receivers.send_receipt`; empty if it is gone."""
    source: str = ""
    """File and line, e.g. `academy/receivers.py:52`."""
    is_async: bool = False
    is_alive: bool = True
    """Whether it would be called: it was connected by a weak reference, and may be gone."""
    sender: str = ""
    """Whose signals it wants, e.g. `academy.Order`; empty: anybody's. `?` if nobody knows."""


def audience(signal: Signal, *, but: Callable[..., Any]) -> list[Receiver] | None:
    """Everybody in the order in which they are called, but for this one; None if that cannot be found out."""
    try:
        with signal.lock:
            entries = list(signal.receivers)
        found = [_receiver(entry) for entry in entries if _called(entry[1]) is not but]
    except Exception:  # Whatever it is: it is Django's own, and nobody depends on knowing it.
        return None
    return found


def _receiver(entry: Any) -> Receiver:
    """`(key, reference or receiver, …)`, wherever whatever else stands (5.2 and 6.0 differ)."""
    called = _called(entry[1])
    sender = _sender(entry)
    if called is None:
        return Receiver(name="", is_alive=False, sender=sender)
    is_async = any(each is True for each in entry[2:]) or inspect.iscoroutinefunction(called)
    receiver = known(called)
    return Receiver(name=receiver.path, source=receiver.source, is_async=is_async, sender=sender)


def _called(reference: Any) -> Any:
    return reference() if isinstance(reference, weakref.ReferenceType) else reference


def _sender(entry: Any) -> str:
    """Django keeps no more than its `id`, and in newer versions a weak reference."""
    key = entry[0][1]
    if key == id(None):
        return ""
    for other in entry[2:]:
        if isinstance(other, weakref.ReferenceType) and (sender := other()) is not None:
            return _label(sender)
    return next((_label(model) for model in apps.get_models(include_auto_created=True) if id(model) == key), "?")


def _label(sender: Any) -> str:
    meta = getattr(sender, "_meta", None)
    kind = sender if isinstance(sender, type) else type(sender)
    return str(getattr(meta, "label", None) or f"{kind.__module__}.{kind.__qualname__}")
