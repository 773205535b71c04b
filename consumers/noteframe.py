"""A frame of notes: what receivers did, or what rolled back, a line each. No I/O, no Django."""

from collections.abc import Sequence
from functools import cached_property

from . import protocol
from .frame import text_frame


class NoteFrame:
    """What was noted, of one kind, a line for each note; encoded once for everybody who gets it."""

    def __init__(self, kind: str, after: int, lines: Sequence[str], *, reached: int) -> None:
        self.kind = kind
        self.after = after
        """The cursor up to which the client has been told, with this frame."""
        self.lines = lines
        self.reached = reached
        """How far whoever made the frame has come with it."""

    @cached_property
    def frame(self) -> str:
        """As `signalcast.v1` sends it: a header and one note a line."""
        header = protocol.ghosts(self.after) if self.kind == "ghost" else protocol.reactions(self.after)
        return "\n".join([header, *self.lines])

    @cached_property
    def prepared(self) -> bytes:
        """The same, as it crosses the wire."""
        return text_frame(self.frame)

    @property
    def weight(self) -> int:
        return sum(map(len, self.lines))
