"""An event, as a Python value and as a line of JSON (a CloudEvent 1.0), and what is read of a log. Knows no Django.

A line is encoded once, when the signal is sent. What is known only later, the position and the log's epoch, is
spliced in behind the id, which stands at the same place in every line; so live and replayed bytes are the same.
"""

import json
import os
import time as clock
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from itertools import compress
from json.encoder import encode_basestring_ascii as _quoted
from operator import add
from typing import Any, NamedTuple

from .personal import ghost_without_personal, reactions_without_personal, without_personal

# Made once: `json.dumps` would make an encoder for each call, and so take twice as long.
_dumps = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode

# In the order in which they stand in a line.
_ATTRIBUTES = tuple(
    f'"{name}":'
    for name in (
        "type",
        "subject",
        "time",
        "datacontenttype",
        "sender",
        "summary",
        "degraded",
        "personal",
        "recorded",
        "correlationid",
        "causationid",
        "traceparent",
        "origin",
        "originhost",
        "originuser",
        "sentfrom",
    )
)

_OPENING = '{"specversion":"1.0","id":"'
_ID = slice(len(_OPENING), len(_OPENING) + 36)
_SPLICE = _ID.stop + len('",')
_SMALL = 16 * 1024

# Two bits of a hexadecimal digit are those of RFC 9562, the others stay random.
_VARIANTS = {f"{digit:x}": f"{digit & 0b0011 | 0b1000:x}" for digit in range(16)}


class Event(NamedTuple):
    """A business signal that was sent: what it was, who sent it, when, and what was said."""

    id: str
    stream: str
    type: str
    source: str
    time: datetime
    data: str
    """JSON, ASCII only."""
    sender: str = ""
    subject: str = ""
    summary: str = ""
    degraded: str = ""
    """Why `data` is not quite what was sent: reasons, separated by commas."""
    personal: str = ""
    """Where in `data` personal values stand: JSON pointers, separated by spaces."""
    recorded: str = ""
    """How, if not in the sender's own transaction: "aftercommit" or "besteffort"."""
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""
    origin: str = ""
    origin_host: str = ""
    origin_user: str = ""
    sent_from: str = ""

    def marked(self, recorded: str) -> "Event":
        """The same event, marked as one that was not recorded in its sender's transaction."""
        return self._replace(recorded=recorded)

    def encode(self) -> str:
        """The line without position and epoch, as the log stores it."""
        values = (
            self.type,
            self.subject,
            rfc3339(self.time),
            "application/json",
            self.sender,
            self.summary,
            self.degraded,
            self.personal,
            self.recorded,
            self.correlation_id,
            self.causation_id,
            self.traceparent,
            self.origin,
            self.origin_host,
            self.origin_user,
            self.sent_from,
        )
        # Not as a dictionary, nor in a loop: the sender would wait three times as long.
        members = map(add, compress(_ATTRIBUTES, values), map(_quoted, filter(None, values)))
        return f'{_OPENING}{self.id}",{",".join(members)},"data":{self.data}}}'

    def ghost(self, epoch: str, reactions: str = "") -> str:
        """The line of an event that is in no log, since its transaction rolled back; with a member that says what its
        receivers did, if that is known."""
        text = self.encode()
        about = f'{_source(self.source, self.stream, epoch)},"outcome":"rolledback",'
        end = f",{reactions}}}" if reactions else "}"
        return text[:_SPLICE] + about + text[_SPLICE:-1] + end


class Entry:
    """An event in its place: a position of the stream and the line that clients get."""

    def __init__(self, position: int, line: str) -> None:
        self.position = position
        self.line = line

    @property
    def id(self) -> str:
        return self.line[_ID]

    @property
    def type(self) -> str:
        return str(self.attributes["type"])

    @property
    def without_personal(self) -> "Entry":
        """The same as it may be seen by those who may see no personal data; made once."""
        return self._without_personal or self

    @cached_property
    def _without_personal(self) -> "Entry | None":
        # Not the entry itself: one that holds itself would stay in memory until somebody collects it.
        line = without_personal(self.line)
        return None if line is self.line else Entry(self.position, line)

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """The CloudEvent without its data, parsed when a filter first asks for it, and kept: so it has to be small."""
        event: dict[str, Any] = json.loads(self.line)
        del event["data"]
        return event

    @property
    def data(self) -> Any:
        """What was said, parsed when a filter asks for it, and not kept for long: it may be large."""
        return (_parsed_small if len(self.line) <= _SMALL else _parsed_large)(self)

    @classmethod
    def of(cls, position: int, text: str, *, source: str, stream: str, epoch: str) -> "Entry":
        """The stored text, with what was learnt after the commit spliced in."""
        place = f'{_source(source, stream, epoch)},"sequence":"{position:020d}",'
        return cls(position, text[:_SPLICE] + place + text[_SPLICE:])

    def __repr__(self) -> str:
        return f"<Entry {self.position} {self.id}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a stream ends: the newest position (0 if none), and the epoch of its log (empty if it was never opened)."""

    epoch: str
    position: int
    noted: int = 0
    """The newest cursor of its notes, 0 if none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What was read: the entries that are there of `[start, stop)`, when the head was `head`.

    `oldest` is the smallest position that is still held (head + 1 if none).
    """

    head: Head
    start: int
    stop: int
    oldest: int
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What was learnt of an event after it was recorded. It has no cursor (0) before it is stored."""

    cursor: int = 0
    kind: str
    """`reactions`, what its receivers did; or `ghost`, which was sent in a transaction that rolled back."""
    position: int | None
    """None if the event is in no log."""
    event_id: str
    type: str
    text: str
    """JSON: a line of a frame of reactions, or of ghosts."""
    entry: Entry | None = None
    """The event it belongs to, where that was asked for and is still there."""

    @property
    def without_personal(self) -> str:
        """The text as it may be seen by those who may see no personal data; empty if nothing of it may."""
        return (ghost_without_personal if self.kind == "ghost" else reactions_without_personal)(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What was read: the notes that are there of the cursors `[start, stop)`.

    `oldest` is the smallest cursor that is still held (the newest + 1 if none).
    """

    start: int
    stop: int
    oldest: int
    notes: Sequence[Note]


def new_id(now: datetime) -> str:
    """A UUIDv7 (RFC 9562 §5.7). It names the event; positions order them."""
    time, random = f"{int(now.timestamp() * 1000):012x}", os.urandom(10).hex()
    return f"{time[:8]}-{time[8:]}-7{random[:3]}-{_VARIANTS[random[3]]}{random[4:7]}-{random[7:19]}"


def sent_at(id: str) -> float:
    """When the signal of the event with this id was sent, in seconds since 1970, to the millisecond."""
    return int(id[:8] + id[9:13], 16) / 1000


def now() -> datetime:
    return datetime.fromtimestamp(clock.time(), UTC)


def rfc3339(time: datetime) -> str:
    return _written(time.astimezone(UTC))


# Asked for twice of each event, for its line and for its row. In UTC no hour comes twice: elsewhere two times that are
# equal, and have the same hash, may be an hour apart.
@lru_cache(maxsize=16)
def _written(time: datetime) -> str:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _parsed(entry: Entry) -> Any:
    return json.loads(entry.line)["data"]


# All filters of a process ask for the same newest events, one filter after the other. Parsed, a line may take thirty
# times its bytes: of large ones few are kept.
_parsed_small = lru_cache(maxsize=32)(_parsed)
_parsed_large = lru_cache(maxsize=4)(_parsed)


@lru_cache(maxsize=64)
def _source(source: str, stream: str, epoch: str) -> str:
    return '"source":' + _dumps(f"{source}/{stream}/{epoch}")
