"""A place in a log, as clients write it and keep it: `120`, or `a657905a6ce14546920fa4b260362a35:120`. No I/O, no
Django.
"""

from dataclasses import dataclass

from .protocol import MAX_POSITION

MAX_EPOCH = 64
# There is a position behind each place that is one too.
LARGEST = MAX_POSITION - 1


class NoPlace(ValueError):
    """The text is no place: a position, 0 or more, or an epoch, a colon and a position."""


class TooLarge(NoPlace):
    """It would be one, but its number is larger than `LARGEST`."""


def number_of(text: str) -> int:
    """A number, 0 or more, with zeros in front of it or without, as in an event's `sequence`. Raises NoPlace."""
    if not (text.isascii() and text.isdigit()):
        raise NoPlace(text)
    digits = text.lstrip("0") or "0"
    if len(digits) > len(str(LARGEST)) or int(digits) > LARGEST:
        raise TooLarge(text)
    return int(digits)


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
        return cls(epoch or None, number_of(number))

    def __str__(self) -> str:
        return f"{self.epoch}:{self.position}" if self.epoch else str(self.position)
