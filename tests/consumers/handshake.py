"""The handshake of a websocket, by its parts, and how it is answered."""

from consumers.access import claim_of, viewer_of
from consumers.protocol import Refused


def scope(*, host="school.example", client="203.0.113.7", scheme="ws", subprotocols=(), **headers):
    pairs = [(b"host", host.encode())] if host is not None else []
    for name, values in headers.items():
        for value in [values] if isinstance(values, str) else values:
            pairs.append((name.replace("_", "-").encode(), value.encode("latin-1")))
    return {
        "type": "websocket" if scheme in ("ws", "wss") else "http",
        "headers": pairs,
        "client": [client, 5000] if client else None,
        "scheme": scheme,
        "subprotocols": list(subprotocols),
    }


async def look(**what):
    return viewer_of(claim_of(scope(**what)))


async def code_of(**what):
    """The code that is refused with, or None."""
    try:
        await look(**what)
    except Refused as refused:
        return refused.code
    return None


def drive(coroutine):
    """Run a coroutine that waits for nothing, where the ORM may be used."""
    try:
        coroutine.send(None)
    except StopIteration as stopped:
        return stopped.value
    raise AssertionError("it waits for something")
