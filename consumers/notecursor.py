"""A subscription's place among the notes: a second cursor, beside its position among the events. Knows no Django.

A note is told when its event was sent and the cursor has come by it, whichever is last: as the cursor moves on, those
whose events were sent before; as the position moves on, those of older cursors, right after their events. So each is
told once, and none of an event that was not sent.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from events.event import Entry, Note

from .batch import Batch
from .filter import Filter
from .notebook import Notebook, NotePage
from .noteframe import NoteFrame
from .protocol import FRAME_BYTES, FRAME_EVENTS, HEADER_BYTES
from .sight import Sight, Undecided

# How many changes of the filter, or of what is seen, are remembered; before that no events have notes.
MAX_SPANS = 8
# How much is asked of events in one go: so many bytes of their data are read, less what the filter costs besides.
DATA_BYTES = 256 * 1024
# A server drops what is larger than 1 MiB, and the connection with it. Such a line is left out.
MAX_LINE = 1_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """From a position on, which events were sent: those that this filter let through, and this sight."""

    start: int
    filter: Filter
    sight: Sight

    @property
    def key(self) -> Hashable:
        return self.filter.key, self.sight.key

    def shows(self, entry: Entry) -> bool:
        try:
            seen = self.sight.see(entry)
        except Undecided:  # Of what an older sight may have forgotten, nothing is told.
            return False
        return seen is not None and self.filter.matches(seen)

    def joined(self, later: "Span") -> "Span | None":
        """Both as one, if the same was sent."""
        sight = self.sight.joined(later.sight) if self.filter.key == later.filter.key else None
        return Span(self.start, self.filter, sight) if sight else None


class NoteCursor:
    """Up to which note one client has been told, and of which events."""

    __slots__ = ("after", "owed", "_ghosts", "_life", "_notebook", "_reactions", "_settled", "_spans", "_told")

    def __init__(self, notebook: Notebook, span: Span, after: int, *, reactions: bool = True, ghosts: bool = False):
        self.after = after
        """The cursor up to which all was looked at."""
        self._notebook = notebook
        self._life = notebook.life
        self._spans = [span]
        self._reactions = reactions
        self._ghosts = ghosts
        self.owed: Batch | None = None
        """The batch that was sent last, if what was noted of it before is to follow."""
        self._settled = 0
        self._told = after

    @property
    def is_behind(self) -> bool:
        """Whether there is something that was not looked at."""
        notebook = self._notebook
        return self.after < notebook.noted or self.owed is not None or self._life != notebook.life

    def sent(self, batch: Batch) -> None:
        """These events were sent: what was noted of them already is to follow."""
        if batch.start <= self._notebook.top and batch.entries and self._reactions:
            self.owed, self._settled = batch, batch.start

    def change(self, position: int, filter: Filter, sight: Sight) -> None:
        """From this position on other events are sent; of those before, too, only what both let through is told of."""
        while self._spans and self._spans[-1].start >= position:
            self._spans.pop()
        if len(self._spans) > 1 and (joined := self._spans[-2].joined(self._spans[-1])):
            self._spans[-2:] = [joined]
        self._spans = [*self._spans[1 - MAX_SPANS :], Span(position, filter, sight)]

    def jump(self, position: int) -> None:
        """What is before this position was not sent, or not all of it."""
        last = self._spans[-1]
        self._spans = [Span(position, last.filter, last.sight)]
        self.owed = None

    async def take(self, position: int, until: Callable[[], bool] = lambda: False) -> NoteFrame | None:
        """The next of what is to be told to a client that has the events before `position`, or None.

        It looks no further, and has come some way, once `until` says so.
        """
        while True:
            if self._life != self._notebook.life:
                self._begin_anew()
            if self.owed:
                found = await self._notebook.of(self._settled, self.owed.stop, self.after)
                await self._learn(self.owed.entries)
                frame = self._settle(self.owed, found) if self._life == self._notebook.life else None
            elif self.after < self._notebook.noted:
                page = await self._notebook.page(self.after)
                await self._learn(page.entries)
                frame = self._advance(page, position) if self._life == self._notebook.life else None
            else:
                return None
            if frame:
                return frame
            # Others want their turn, also where everything is at hand.
            await asyncio.sleep(0)
            if until() and not self.owed:
                return None

    def take_at_once(self, position: int) -> NoteFrame | None:
        """The same if it is at hand. None does not say that there is nothing."""
        if self._life != self._notebook.life:
            return None
        if self.owed:
            found = self._notebook.of_at_hand(self._settled, self.owed.stop, self.after)
            if found is None or not self._sight.knows(self.owed.entries):
                return None
            frame = self._settle(self.owed, found)
            if frame or self.owed:
                return frame
        if self.after < self._notebook.noted:
            page = self._notebook.page_at_hand(self.after)
            return self._advance(page, position) if page and self._sight.knows(page.entries) else None
        return None

    def skip(self) -> NoteFrame | None:
        """An empty frame that tells how far the cursor has come, or None if the client knows."""
        if self._told == self.after:
            return None
        self._told = self.after
        return NoteFrame("reactions" if self._reactions else "ghost", self.after, (), reached=self.after)

    async def _learn(self, entries: Sequence[Entry]) -> None:
        # Meanwhile it may have become another one.
        while not self._sight.knows(entries):
            await self._sight.learn(entries)

    @property
    def _sight(self) -> Sight:
        return self._spans[-1].sight

    def _begin_anew(self) -> None:
        self._life, self.owed = self._notebook.life, None
        self.after = min(self.after, self._notebook.begun)

    def _settle(self, batch: Batch, notes: Sequence[Note]) -> NoteFrame | None:
        """What was noted of events of the batch before."""
        key = ("of", batch.start, batch.stop, self._settled, self.after, self._key(batch.start))
        frame = self._notebook.frames.get(key, lambda: self._of_batch(batch, notes))
        assert frame
        self._settled = frame.reached
        if frame.reached >= batch.stop:
            self.owed = None
        return self._frame(frame)

    def _of_batch(self, batch: Batch, notes: Sequence[Note]) -> NoteFrame:
        sent = {entry.position: entry for entry in batch.entries}
        kind, lines, rest = self._lines(((note, sent.get(note.position or 0)) for note in notes), batch.stop)
        reached = batch.stop if rest is None or rest.position is None else rest.position
        # At least by one position: all that is noted of one event never is more than a frame.
        return NoteFrame(kind, self.after, lines, reached=max(reached, self._settled + 1))

    def _advance(self, page: NotePage, position: int) -> NoteFrame | None:
        """What was noted lately of events that were sent."""
        key = (page.after, page.last, position, self._key(page.lowest))
        frame = self._notebook.frames.get(key, lambda: self._of_page(page, position))
        assert frame
        self.after = frame.reached
        return self._frame(frame)

    def _of_page(self, page: NotePage, position: int) -> NoteFrame:
        kind, lines, rest = self._lines(((note, note.entry) for note in page.notes), position)
        reached = rest.cursor - 1 if rest else page.last
        return NoteFrame(kind, reached, lines, reached=reached)

    def _frame(self, frame: NoteFrame) -> NoteFrame | None:
        if not frame.lines:
            return None
        self._told = frame.after
        return frame

    def _key(self, lowest: int) -> Hashable:
        """Cursors with the same key tell the same of events from `lowest` on."""
        last = self._spans[-1]
        spans: Hashable = last.key if lowest >= last.start else tuple((each.start, each.key) for each in self._spans)
        return spans, self._reactions, self._ghosts

    def _lines(self, notes: Iterable[tuple[Note, Entry | None]], position: int) -> tuple[str, list[str], Note | None]:
        """The lines of one frame, of one kind, and the note that has no room in it any more."""
        lines: list[str] = []
        kind, size, looked = "reactions", HEADER_BYTES, 0
        for note, entry in notes:
            if looked > DATA_BYTES:
                return kind, lines, note
            if entry:
                filter = self._spans[-1].filter
                looked += filter.cost + (len(entry.line) if filter.reads_data else 0)
            line = self._line(note, entry, position)
            if not line:
                continue
            size += len(line) + 1
            if lines and (note.kind != kind or size > FRAME_BYTES or len(lines) == FRAME_EVENTS):
                return kind, lines, note
            kind = note.kind
            lines.append(line)
        return kind, lines, None

    def _line(self, note: Note, entry: Entry | None, position: int) -> str:
        """The note as it is told; empty if it is not."""
        if entry is None or len(note.text) > MAX_LINE:
            return ""
        last = self._spans[-1]
        text = note.text if last.sight.personal else note.without_personal
        if note.kind == "ghost":
            # It is asked for as it is seen.
            return text if self._ghosts and text and last.shows(Entry(0, text)) else ""
        if not self._reactions or note.position is None or note.position >= position:
            return ""
        span = next((each for each in reversed(self._spans) if each.start <= note.position), None)
        is_shown = span is not None and last.shows(entry) and (span is last or span.shows(entry))
        return text if is_shown else ""
