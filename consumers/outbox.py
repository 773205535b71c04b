"""The outbox: what the server still holds of what was said on one websocket, and quick ways. No I/O, no Django.

ASGI lets no application see that, and Daphne's `send` never waits; nor does it take a frame that was made once for a
thousand clients; and whatever a client says takes a queue and a task's turn. So our server offers an extension in the
scope of every websocket. Other servers do not, and are treated with more care (see `window`).
"""

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

EXTENSION = "signalcast.outbox"


class Outbox(TypedDict):
    """The value of `scope["extensions"]["signalcast.outbox"]`."""

    buffered: Callable[[], int]
    """Returns how many bytes the server holds that the client's machine has not taken yet."""
    on_drained: Callable[[Callable[[], None]], None]
    """Have a function called, from now on, each time that nothing is held any more after there were more than 64 KiB.
    It replaces the one that was given before."""
    write: Callable[[bytes], None]
    """Send one or more whole frames, as they are: straight to the socket where nothing is held, else behind what is
    held. Does not wait. Nothing happens if the client has gone."""
    on_text: Callable[[Callable[[str], bool]], None]
    """Have a function called with short messages before they are queued, and not queued if it returns true. Those are
    ASCII, and may come before some that are queued already."""


def outbox_of(scope: Mapping[str, Any]) -> Outbox | None:
    """What this connection's server offers, if it does."""
    offered: Outbox | None = (scope.get("extensions") or {}).get(EXTENSION)
    return offered
