"""What arrives at a hub: a publisher's message, and what no publisher sends."""

import json

from events.event import Entry
from events.streams import Message, seal

from .conftest import KEY

GARBAGE = [
    None,
    "stream.events",
    b"\xff",
    42,
    [],
    {},
    {"type": "stream.events"},
    {"type": "websocket.disconnect"},
    {"stream": "main", "epoch": "one", "start": 1, "lines": "abc", "seal": "x"},
    {"stream": "main", "epoch": "one", "start": "1", "lines": [], "seal": ""},
    {"stream": "main", "epoch": "one", "start": 1, "lines": [None], "seal": "x"},
]


def message(entries, *, key=KEY, epoch="one", stream="main"):
    lines = [each.line for each in entries]
    return seal(Message(stream=stream, epoch=epoch, start=entries[0].position, lines=lines), key)


def invented(position):
    line = json.dumps({"specversion": "1.0", "id": "f" * 36, "type": "evil", "data": position})
    return Entry(position, line)
