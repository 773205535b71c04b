"""A place in a log, as clients write it and keep it: `120`, or `a657905a6ce14546920fa4b260362a35:120`. No I/O, no
Django.
"""

from dataclasses import dataclass

from .protocol import MAX_POSITION

MAX_EPOCH = 64


class NoPlace(ValueError):
    """The text is no place: a position, 0 or more, or an epoch, a colon and a position."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position of the log with this epoch; without one it is of whichever log is there."""

    epoch: str | None
    position: int

    @classmethod
    def parse(cls, text: str) -> "Place":
        """The place that `str` wrote, and that `/sse/` calls an id. Raises NoPlace."""
        epoch, colon, number = text.rpartition(":")
        if colon and not (0 < len(epoch) <= MAX_EPOCH and epoch.isascii() and epoch.isprintable()):
            raise NoPlace(text)
        # There is a position behind each of them that is one too.
        if not (number.isascii() and number.isdigit() and len(number) < 20 and int(number) < MAX_POSITION):
            raise NoPlace(text)
        return cls(epoch or None, int(number))

    def __str__(self) -> str:
        return f"{self.epoch}:{self.position}" if self.epoch else str(self.position)
