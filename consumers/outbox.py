"""The outbox: what the server still holds of what was said to one client, and quick ways. No I/O, no Django.

ASGI lets no application see that, and Daphne's `send` never waits; nor does it take a frame that was made once for a
thousand clients; and whatever a client says takes a queue and a task's turn. So our server offers an extension in the
scope of every websocket and every request. Other servers do not, and are treated with more care (see `window`).
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
    """Send one or more whole frames, or a piece of a response's body, as they are: straight to the socket where nothing
    is held, else behind what is held. Does not wait. Nothing happens if the client has gone."""


class SocketOutbox(Outbox):
    """A websocket's."""

    on_text: Callable[[Callable[[str], bool]], None]
    """Have a function called with short messages before they are queued, and not queued if it returns true. Those are
    ASCII, and may come before some that are queued already."""


class ResponseOutbox(Outbox):
    """A request's, for its response. `on_drained` is told of the client's end too."""

    abort: Callable[[], None]
    """Cut the connection, whatever is held: `http.disconnect` follows. To the client the response is not whole."""
    never_ends: Callable[[], None]
    """Say that the response has no end of its own: when the server stops it does not wait, it cancels."""


def outbox_of(scope: Mapping[str, Any]) -> SocketOutbox | None:
    """What this websocket's server offers, if it does."""
    offered: SocketOutbox | None = (scope.get("extensions") or {}).get(EXTENSION)
    return offered


def response_outbox_of(scope: Mapping[str, Any]) -> ResponseOutbox | None:
    """What this request's server offers, if it does."""
    offered: ResponseOutbox | None = (scope.get("extensions") or {}).get(EXTENSION)
    return offered
