"""A goodbye: how many come back when, and how it is noticed that somebody has gone without one."""

from autobahn.exception import Disconnected

# How a server says that the client has gone, of which the application will be told: ASGI ("Disconnected client") has
# the first; stock Daphne lets the second through, between a websocket's close frame and the end of its connection.
GONE = (OSError, Disconnected)

# A server that stops drops its connections as soon as their applications have ended: what they said last goes first.
SECONDS = 0.1

# After a restart clients come back spread over this time, and no more than a thousand a second: so many another process
# can let in, and only where there are more than two thousand is anybody away for longer than 2 s.
RETRY_MS = 1000
RETRY_MS_A_CLIENT = 1
# A database that is away is not back within a second.
RETRY_MS_AFTER_FAILURE = 5000


def spread(retry_ms: int, clients: int) -> int:
    """The milliseconds over which so many clients come back: at least these."""
    return max(retry_ms, RETRY_MS_A_CLIENT * clients)
