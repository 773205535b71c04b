"""What is attached to what: one attachment a streamed signal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.dispatch import Signal

from .roster import Roster


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attachment:
    """A signal that is streamed, the type of its events, and what they carry."""

    signal: Signal
    type: str
    path: str | None = None
    """Where the signal can be imported from, e.g. `academy.signals.order_paid`; None if it was attached in code."""
    data: Callable[..., Mapping[Any, Any]] | None = None
    """Called with `sender` and the signal's arguments; returns the event's data, in the place of the arguments."""
    personal: tuple[str, ...] = ()
    """Paths into the event's data whose values are personal, e.g. `buyer.email`, besides what models declare so."""
    using: str | None = None
    """The alias of the database in whose transactions the signal is sent; None: that of its model instance."""
    roster: Roster = field(default_factory=Roster)


# Strong references, by the signal itself: an attachment lasts until it is detached.
attached: dict[Signal, Attachment] = {}
