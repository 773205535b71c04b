"""Streams: their names, their Channels groups, and the message that crosses the channel layer.

A message is a nudge that may carry its events along. Only one that was sealed with this project's key is believed.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAIN = "main"
"""The one stream, for now. Its name is in the schema, the group and the wire, so that more can come."""

MESSAGE_TYPE = "stream.events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The newest events of a stream: `lines` stand at `start`, `start + 1`, …"""

    stream: str
    epoch: str
    start: int
    lines: Sequence[str]


def group(stream: str) -> str:
    """The name of the Channels group to which a stream's messages are sent."""
    return f"signalcast.{stream}"


def key(secret: str) -> bytes:
    """The key that seals messages, derived from the project's SECRET_KEY."""
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"signalcast.layer").digest()


def seal(message: Message, key: bytes) -> dict[str, Any]:
    """What is sent to the group."""
    return {
        "type": MESSAGE_TYPE,
        "stream": message.stream,
        "epoch": message.epoch,
        "start": message.start,
        "lines": list(message.lines),
        "seal": _seal(message, key),
    }


def unseal(raw: object, key: bytes) -> Message | None:
    """The message, or None if it was not sealed with this key, or is no message at all."""
    match raw:
        case {
            "stream": str(stream),
            "epoch": str(epoch),
            "start": int(start),
            "lines": [*lines],
            "seal": str(given),
        } if isinstance(raw, Mapping) and all(isinstance(line, str) for line in lines):
            message = Message(stream=stream, epoch=epoch, start=start, lines=lines)
            genuine = hmac.compare_digest(given.encode("utf-8", "replace"), _seal(message, key).encode())
            return message if genuine else None
    return None


def _seal(message: Message, key: bytes) -> str:
    digest = hmac.new(key, digestmod="sha256")
    # Each part with its length, and each character with bytes of its own: no two messages look the same.
    for part in (message.stream, message.epoch, str(message.start), *message.lines):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%b" % (len(encoded), encoded))
    return digest.hexdigest()
