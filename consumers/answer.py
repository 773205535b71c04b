"""An answer with events in it, as JSON that a client can read line by line. No I/O, no Django."""

import json
from collections.abc import Mapping, Sequence

from events.event import Entry


def text_of(facts: Mapping[str, object], entries: Sequence[Entry], reactions: Sequence[str] | None = None) -> str:
    """The facts, and the events as they are in the log.

    `reactions` are lines that tell what receivers did with them, if that is wanted.
    """
    begun = json.dumps(facts, separators=(",", ":"))[:-1]
    told = "" if reactions is None else f',"reactions":[\n{_lines(reactions)}\n]'
    return f'{begun},"events":[\n{_lines([entry.line for entry in entries])}\n]{told}}}\n'


def _lines(texts: Sequence[str]) -> str:
    return ",\n".join(texts)
