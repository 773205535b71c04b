"""How full this process's buffers are, in words for people. No I/O, no Django.

`docs/architecture.md` lists them all, with what happens when one is full.
"""

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Level:
    """How much of something is held, and the most that may be."""

    held: int
    most: int
    unit: str = ""

    def __str__(self) -> str:
        if self.unit == "bytes":
            return f"{self.held / MEGABYTE:,.1f} of {self.most / MEGABYTE:,.1f} MB"
        return f"{self.held:,} of {self.most:,} {self.unit}".rstrip()


class Buffer:
    """A buffer with a bound, or with one in number and one in bytes."""

    def __init__(self, name: str, *levels: Level) -> None:
        self.name = name
        self.levels = levels

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(map(str, self.levels))}"
