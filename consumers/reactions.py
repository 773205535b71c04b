"""What is known of one event's receivers, put together from all that was noted of it. No I/O, no Django."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from events.event import Note

from .sight import Sight

# Of all lines of one answer; what is beyond is left out.
MAX_BYTES = 1024 * 1024


def lines_of(notes: Iterable[Note], sight: Sight) -> list[str]:
    """A line for each event of which anything was noted, in the order of positions, and a megabyte at most."""
    of: dict[int, list[Note]] = {}
    for note in notes:
        if note.kind == "reactions" and note.position is not None:
            of.setdefault(note.position, []).append(note)
    lines: list[str] = []
    size = 0
    for position in sorted(of):
        line = merged(of[position], sight)
        size += len(line) + 1
        if size > MAX_BYTES:
            break
        if line:
            lines.append(line)
    return lines


def merged(notes: Sequence[Note], sight: Sight) -> str:
    """An event's line, as it is seen: the later of two that are about the same receiver holds. Empty if none is."""
    texts = [text for text in (_seen(note, sight) for note in sorted(notes, key=_cursor)) if text]
    if len(texts) < 2:
        return texts[0] if texts else ""
    return json.dumps(_together([json.loads(text) for text in texts]), separators=(",", ":"))


def _together(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    reactions: dict[tuple[Any, ...], Any] = {}
    for each in told:
        whole |= each
        for reaction in each.get("reactions") or ():
            # One that is connected twice, for two senders, has two places.
            reactions[tuple(map(reaction.get, ("receiver", "source", "order")))] = reaction
    if any("reactions" in each for each in told):
        whole["reactions"] = sorted(reactions.values(), key=_order)
        whole.pop("unknown", None)
    return whole


def _seen(note: Note, sight: Sight) -> str:
    return note.text if sight.personal else note.without_personal


def _cursor(note: Note) -> int:
    return note.cursor


def _order(reaction: dict[str, Any]) -> int:
    order = reaction.get("order")
    return order if isinstance(order, int) else 0
