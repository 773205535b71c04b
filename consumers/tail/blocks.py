"""Blocks of server-sent events, as they are read: WHATWG HTML §9.2.6. No I/O, no Django."""

from collections.abc import Iterator
from dataclasses import dataclass

# A frame of the server is smaller than this, and so is a line of it.
MAX_LINE = 2 * 1024 * 1024


class NoStream(Exception):
    """These bytes are no server-sent events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What stands between two empty lines. Without data it is no message, but its `id` holds."""

    name: str = ""
    id: str | None = None
    data: str | None = None
    retry: int | None = None


class Blocks:
    """Takes bytes as they come."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[tuple[str, str]] = []

    def feed(self, data: bytes) -> Iterator[Block]:
        """The blocks that end with these bytes. Raises NoStream."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if text := line.rstrip(b"\r").decode("utf-8", "replace"):
                name, _, value = text.partition(":")
                self._lines.append((name, value.removeprefix(" ")))
            elif self._lines:
                yield self._block()
        if len(self._rest) > MAX_LINE or len(self._lines) > 1000:
            raise NoStream

    def _block(self) -> Block:
        fields = dict(self._lines)
        data = [value for name, value in self._lines if name == "data"]
        retry = fields.get("retry", "")
        self._lines.clear()
        return Block(
            name=fields.get("event", ""),
            id=fields.get("id"),
            data="\n".join(data) if data else None,
            retry=int(retry) if retry.isascii() and retry.isdigit() and len(retry) < 10 else None,
        )
