"""A batch: what a subscription gives at once, in the form that each dialect sends. No I/O, no Django."""

from collections.abc import Sequence
from functools import cached_property

from events.event import Entry, sent_at

from . import protocol
from .frame import text_frame


class Batch:
    """All that a filter lets through of `[start, stop)`; encoded once for everybody who gets it."""

    def __init__(self, start: int, stop: int, entries: Sequence[Entry], *, tip: str | None, head: int) -> None:
        self.start = start
        self.stop = stop
        self.entries = entries
        self.tip = tip
        self.head = head
        self._server_sent: bytes | None = None

    @cached_property
    def frame(self) -> str:
        """As `signalcast.v1` sends it: a header and one event a line."""
        return self._text()

    @cached_property
    def prepared(self) -> bytes:
        """The same, as it crosses the wire."""
        return text_frame(self._text())

    @cached_property
    def prepared_events(self) -> bytes:
        """As the plain dialect sends it: a frame for each event."""
        return b"".join(text_frame(entry.line) for entry in self.entries)

    def server_sent(self, epoch: str) -> bytes:
        """As `/sse/` sends it: an event each, and the place reached if that is further. Made once: it is of one log."""
        if self._server_sent is None:
            texts = [f"{protocol.place(epoch, entry.position)}data: {entry.line}\n\n" for entry in self.entries]
            if not self.entries or self.entries[-1].position < self.stop - 1:
                texts.append(protocol.place(epoch, self.stop - 1) + "\n")
            self._server_sent = "".join(texts).encode("ascii")
        return self._server_sent

    @cached_property
    def size(self) -> int:
        """The bytes of the frame, which is ASCII."""
        return len(self._header) + sum(len(entry.line) + 1 for entry in self.entries)

    @property
    def weight(self) -> int:
        return sum(len(entry.line) for entry in self.entries)

    @cached_property
    def sent_at(self) -> float:
        """When the signal of its first event was sent, in seconds since 1970."""
        return sent_at(self.entries[0].id)

    @cached_property
    def _header(self) -> str:
        return protocol.batch(self.start, self.stop, tip=self.tip, head=self.head)

    def _text(self) -> str:
        return "\n".join([self._header, *(entry.line for entry in self.entries)])
