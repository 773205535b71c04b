"""The handshake of a websocket, by its parts, and how it is answered."""

from consumers.access import viewer_of_socket
from consumers.protocol import Refused


class Inline:
    """Database work, done where it is asked for."""

    async def share(self, function, *arguments):
        return function(*arguments)


def scope(*, host="school.example", client="203.0.113.7", scheme="ws", **headers):
    pairs = [(b"host", host.encode())] if host is not None else []
    for name, values in headers.items():
        for value in [values] if isinstance(values, str) else values:
            pairs.append((name.replace("_", "-").encode(), value.encode("latin-1")))
    return {"headers": pairs, "client": [client, 5000] if client else None, "scheme": scheme}


async def look(**what):
    return await viewer_of_socket(scope(**what), Inline())


async def code_of(**what):
    """The code that is refused with, or None."""
    try:
        await look(**what)
    except Refused as refused:
        return refused.code
    return None
