"""Personal data: where it stands in an event, and the event without it. Knows no Django, and nothing of the project.

Places are JSON pointers into `data`, as in a URI fragment (RFC 6901 §6), with spaces between them:
`#/order/fields/name #/note`.

Who sent a signal (`originuser`), and what an exception said, are personal data as well, wherever they stand.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from .summary import summarise

MARK = {"$mark": "personal"}

# The attribute goes with every event, and is kept by who filters. Longer than this, whole arguments are personal.
MAX_LENGTH = 1000

Keys = tuple[str, ...]


class Marked(NamedTuple):
    """An object that was made, and the names in it under which personal values stand."""

    holder: dict[str, Any]
    names: frozenset[str]


_ATTRIBUTE = '"personal":'
_DATA = ',"data":'
# Within quotes their own quotes are escaped: where this stands before the data, it is the attribute.
_USER = re.compile(r',"originuser":"(?:[^"\\]|\\.)*"')
_TOLD = re.compile('"(?:error|traceback)":')
_EVERYTHING = "#"
_HOLDERS = frozenset({dict, list})

# Made once: `json.dumps` would make an encoder for each call, and so take twice as long.
_dumps = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def without_personal(line: str) -> str:
    """The line with marks in the place of personal values; where they cannot be found, in the place of all data.

    And with a summary of what is left, and without its user.
    """
    # Both stand before the data, which may be large, and anything. Within quotes their own quotes are escaped.
    end = line.find(_DATA)
    end = len(line) if end < 0 else end
    if user := _USER.search(line, 0, end):
        line = line[: user.start()] + line[user.end() :]
        end -= user.end() - user.start()
    if line.find(_ATTRIBUTE, 0, end) < 0:
        return line
    try:
        event = json.loads(line)
        # What was sent may have such a key as well.
        return _dumps(_masked(event)) if "personal" in event else line
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return _without_data(line)


def reactions_without_personal(text: str) -> str:
    """A line of reactions, with no more of an exception than its type; empty where that cannot be told apart."""
    if not _TOLD.search(text):
        return text
    try:
        told = json.loads(text)
        _leave_types(told)
        return _dumps(told)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ""


def ghost_without_personal(text: str) -> str:
    """A line of a ghost, as an event's and as one of reactions."""
    line = without_personal(text)
    return reactions_without_personal(line) if _TOLD.search(line) else line


def places(found: Iterable[Keys]) -> str:
    """The attribute that says where personal values stand; empty if nowhere."""
    pointers = [_pointer(keys) for keys in found]
    text = " ".join(pointers)
    if len(text) <= MAX_LENGTH:
        return text
    text = " ".join(dict.fromkeys(pointer[: (pointer + "/").index("/", 2)] for pointer in pointers))
    return text if len(text) <= MAX_LENGTH else _EVERYTHING


def tells(data: str, personal: str, text: str) -> bool:
    """Whether this text is one of the personal values of the data."""
    event = {"data": json.loads(data)}
    return any(text in _leaves(_value(event, keys)) for keys in _keys(personal))


class Search:
    """For the personal values of one event: `found` says where they are.

    `marked` are objects with names of theirs that are personal, `paths` are paths of keys with dots between them. A
    list on the way of a path means each of its members, and what else is on the way, where an object should be, is
    personal as a whole. Keys may have dots themselves: `a.b` is `b` in `a`, and `a.b`.
    """

    def __init__(self, data: Mapping[str, Any], marked: Iterable[Marked], paths: Iterable[str]) -> None:
        self.found: list[Keys] = []
        # Those that were not met yet.
        self._marked = {id(holder): names for holder, names in marked}
        self._object(data, tuple(paths), ())

    def _object(self, value: Mapping[str, Any], paths: Keys, here: Keys) -> None:
        names: Collection[str] = self._marked.pop(id(value), ())
        for key, item in value.items():
            if key in names or (paths and not _known_as(key).isdisjoint(paths)):
                self.found.append((*here, key))
            elif paths or (self._marked and type(item) in _HOLDERS):
                self._value(item, paths and _behind(key, paths), (*here, key))

    def _value(self, value: Any, paths: Keys, here: Keys) -> None:
        if type(value) is dict:
            self._object(value, paths, here)
        elif type(value) is list:
            for index, item in enumerate(value):
                self._value(item, paths, (*here, str(index)))
        elif paths and value is not None:
            # A path leads on, and there is no way: then nobody knows what this is.
            self.found.append(here)


def _behind(key: str, paths: Keys) -> Keys:
    """How the paths that lead through this key go on."""
    known = [f"{name}." for name in _known_as(key)]
    return tuple(path[len(name) :] for path in paths for name in known if path.startswith(name))


def _known_as(key: str) -> set[str]:
    """Of two keys that have the same name in JSON the second gets another: `note (str)` is personal if `note` is."""
    return {key, key.partition(" (")[0]}


def _masked(event: dict[str, Any]) -> dict[str, Any]:
    for keys in _keys(event["personal"]):
        holder: Any = event
        key: Any = "data"
        for below in keys:
            holder = holder[key]
            if holder == MARK:  # It is masked with all that was in it.
                break
            key = int(below) if isinstance(holder, list) else below
        else:
            if isinstance(holder, dict) and key not in holder:
                raise KeyError(key)
            holder[key] = MARK
    return _summarised(event)


def _summarised(event: dict[str, Any]) -> dict[str, Any]:
    """With the line for people that the masked data makes."""
    if "summary" in event:
        event["summary"] = summarise(event["data"]) if event["data"] != MARK else ""
        if not event["summary"]:
            del event["summary"]
    return event


def _without_data(line: str) -> str:
    try:
        return _dumps(_summarised({**json.loads(line), "data": MARK}))
    except (ValueError, TypeError, RecursionError):
        return _dumps({"data": MARK})


def _leave_types(told: dict[str, Any]) -> None:
    for reaction in told.get("reactions") or ():
        reaction.pop("traceback", None)
        if "error" in reaction:
            # A type has no colon and no space in it, whatever the message has.
            reaction["error"] = re.split(r"[:\s]", str(reaction["error"]), maxsplit=1)[0]


def _pointer(keys: Keys) -> str:
    return "#" + "".join(map(_escaped, keys))


# The same few names again and again, and senders wait for them.
@lru_cache(maxsize=1024)
def _escaped(key: str) -> str:
    return "/" + quote(key.replace("~", "~0").replace("/", "~1"), safe="")


def _keys(places: str) -> Iterator[Keys]:
    """Raises ValueError."""
    for pointer in places.split(" "):
        start, *parts = pointer.split("/")
        if start != _EVERYTHING:
            raise ValueError(pointer)
        yield tuple(unquote(part, errors="strict").replace("~1", "/").replace("~0", "~") for part in parts)


def _value(event: Any, keys: Keys) -> Any:
    value = event["data"]
    for key in keys:
        value = value[int(key) if isinstance(value, list) else key]
    return value


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield str(value)
