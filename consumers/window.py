"""Flow control: how much may be under way to a client. No I/O, no Django.

The server's `send` never waits for a slow client; without a bound its bytes would pile up in memory.
"""

from .batch import Batch
from .noteframe import NoteFrame
from .outbox import Outbox
from .protocol import FRAME_BYTES, FRAME_EVENTS, WINDOW_BYTES

STALLED_SECONDS = 60.0
# Where the server tells what it still holds for a client, nothing more is sent while that is more. Whatever the kernel
# takes is under way, and costs this process nothing.
HELD_BYTES = 65_536


class Window:
    """For clients that acknowledge: at most `events`, and 1 MiB, are under way. A full window costs a cursor."""

    def __init__(self, events: int, now: float, outbox: Outbox | None = None) -> None:
        # Half a window at most, since clients acknowledge at half a window: a small one does not wait for their timer.
        self.limit = max(1, min(events // 2, FRAME_EVENTS))
        """How many events the next batch may hold."""
        self._events = events
        self._buffered = outbox["buffered"] if outbox else lambda: 0
        self._is_told = outbox is not None
        self._pace: Pace | None = None
        # A list: an empty deque takes as much memory as a hundred of these.
        self._under_way: list[tuple[int, int, int]] = []
        self._sent_events = 0
        self._sent_bytes = 0
        self._heard = now

    @property
    def is_open(self) -> bool:
        return self._has_room and self._buffered() <= HELD_BYTES

    @property
    def _has_room(self) -> bool:
        has_room = self._sent_events + self.limit <= self._events and self._sent_bytes + FRAME_BYTES <= WINDOW_BYTES
        return has_room or not self._under_way

    def send(self, batch: Batch, now: float) -> float:
        """A batch goes under way. Returns how many seconds to wait after it: none."""
        if not self._under_way:
            self._heard = now
        events, size = len(batch.entries), batch.size
        self._under_way.append((batch.stop, events, size))
        self._sent_events += events
        self._sent_bytes += size
        return 0.0

    def send_notes(self, frame: NoteFrame, now: float) -> float:
        """Notes go under way. Returns how many seconds to wait after them.

        They are not acknowledged. Where the server does not tell what it holds, they count with the batch before them,
        and where there is none under way, they are sent no faster than to clients that do not acknowledge.
        """
        if self._is_told:
            return 0.0
        if not self._under_way:
            self._pace = self._pace or Pace(now)
            return self._pace.pay(frame.weight, now)
        position, events, size = self._under_way[-1]
        self._under_way[-1] = position, events, size + frame.weight
        self._sent_bytes += frame.weight
        return 0.0

    def acknowledge(self, position: int, now: float) -> None:
        """The client has everything before `position`."""
        self._heard = now
        while self._under_way and self._under_way[0][0] <= position:
            _, events, size = self._under_way.pop(0)
            self._sent_events -= events
            self._sent_bytes -= size

    def is_stalled(self, now: float) -> bool:
        """Whether the client has let a full window lie for a minute."""
        return not self._has_room and now - self._heard > STALLED_SECONDS


# Clients that do not acknowledge get one frame an event: a batch is short, so that nobody waits long for their turn.
PLAIN_EVENTS = 32


class Drain:
    """For clients that do not acknowledge, where the server tells what it still holds for them."""

    limit = PLAIN_EVENTS

    def __init__(self, outbox: Outbox, now: float) -> None:
        self._buffered = outbox["buffered"]
        self._was_open = now

    @property
    def is_open(self) -> bool:
        return self._buffered() <= HELD_BYTES

    def send(self, batch: Batch, now: float) -> float:
        """A batch goes under way. Returns how many seconds to wait after it: none."""
        self._was_open = now
        return 0.0

    def is_stalled(self, now: float) -> bool:
        """Whether the client has not taken for a minute what the server holds for it."""
        if self.is_open:
            self._was_open = now
        return now - self._was_open > STALLED_SECONDS


class Pace:
    """For those of other servers: 1 MB a second, so that the ping timeout bounds what a stalled one costs."""

    BYTES_A_SECOND = 1_000_000
    BURST_SECONDS = 0.25

    limit = PLAIN_EVENTS
    is_open = True

    def __init__(self, now: float) -> None:
        self._paid = now - self.BURST_SECONDS

    def send(self, batch: Batch, now: float) -> float:
        """A batch goes under way. Returns how many seconds to wait after it."""
        return self.pay(sum(len(entry.line) for entry in batch.entries), now)

    def pay(self, size: int, now: float) -> float:
        """So many bytes go under way. Returns how many seconds to wait after them."""
        self._paid = max(self._paid, now - self.BURST_SECONDS) + size / self.BYTES_A_SECOND
        return max(0.0, self._paid - now)

    def is_stalled(self, now: float) -> bool:
        return False
