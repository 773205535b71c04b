"""The roster: who receives a signal, by name and place in the source, and who is connected but does not.

Names are found once, since a signal may be sent a thousand times a second. Of Django's internals it sees the entries
of `signal.receivers`, whose first member is `(receiver, sender)` and whose second is the receiver or a weak reference.
"""

import json
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple
from weakref import ReferenceType

from django.dispatch import Signal

MAX_DEAD = 20
MAX_IGNORED = 20
MAX_SENDERS = 200
MAX_NAMES = 10_000
MAX_WRAPPERS = 20

_NOBODY = id(None)
_RECORD = f"{__package__}.receivers.record"

_Key = tuple[int, str]


class Known:
    """A receiver, as people know it."""

    __slots__ = ("held", "is_ours", "name", "path", "source", "text")

    def __init__(self, path: str, name: str, source: str, held: object) -> None:
        self.path = path
        """Where it can be imported from, e.g. `academy.receivers.send_receipt`."""
        self.name = name
        """As it calls itself, e.g. `send_receipt`."""
        self.source = source
        """Where it is written, e.g. `academy/receivers.py:52`; empty if nobody knows."""
        self.is_ours = path == _RECORD
        self.text = f'"receiver":{json.dumps(path)}' + (f',"source":{json.dumps(source)}' if source else "")
        self.held = held
        """What it was found by: while it is here, its `id` is nobody else's."""


def known(receiver: Any) -> Known:
    """What is called, within whatever decorators and partials are around it. Never raises."""
    try:
        receiver = _within(receiver)
        code = receiver.__code__
        key = (id(code), receiver.__qualname__)
        found = _names.get(key)
        return found if found is not None else _remember(key, _function(receiver, code))
    except Exception:  # Anything that can be called may be a receiver, and may answer anything when it is asked.
        return _unusual(receiver)


class _Part(NamedTuple):
    """Who was connected, and for whom."""

    sender: Any
    name: Known
    held: Any
    """The receiver, or a weak reference to it."""
    is_later: bool


@lru_cache(maxsize=4096)
def place(file: str, module: str) -> str:
    """`academy/receivers.py`: a file of a module, as it lies in the project or in its package, wherever that is."""
    parts = file.replace("\\", "/").split("/")
    depth = 1 if module == "__main__" else module.count(".") + 1 + parts[-1].startswith("__init__.")
    return "/".join(parts[-depth:])


class Cast:
    """Who is called when a sender sends, in order, and who is not."""

    __slots__ = ("_held", "_is_weak", "_sync", "ignored", "later", "names", "sync")

    def __init__(self, sync: Sequence[_Part], later: Sequence[_Part], ignored: Sequence[str]) -> None:
        self.sync = [part.name for part in sync]
        self.later = [part.name for part in later]
        """The asynchronous ones, which Django calls after the others."""
        self.names = [*self.sync, *self.later]
        self.ignored = ignored
        """JSON, without braces."""
        self._held = [part.held for part in (*sync, *later)]
        self._is_weak = any(isinstance(held, ReferenceType) for held in self._held)
        self._sync = len(sync)

    def called(self) -> tuple[list[Any], list[Any]] | None:
        """The receivers themselves, as Django finds them, anew for each send; None if one of them is gone."""
        if not self._is_weak:
            return self._held[: self._sync], self._held[self._sync :]
        receivers = []
        for held in self._held:
            if isinstance(held, ReferenceType):
                held = held()
                if held is None:
                    return None
            receivers.append(held)
        return receivers[: self._sync], receivers[self._sync :]


class Roster:
    """Who is connected to one signal. Any number of threads may ask."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen = _Seen([], {}, {})

    def look(self, signal: Signal) -> "_Seen":
        """Take note of who is connected now: of one that is gone later its name will not be there."""
        seen = self._seen = self._seen.then(list(signal.receivers))
        return seen

    def cast(self, signal: Signal, sender: Any) -> Cast:
        """Who should be called when this sender sends now."""
        seen = self._seen
        if signal._dead_receivers or signal.receivers != seen.entries:
            seen = self.look(signal)
        # As Django identifies it: two numbers for a bound method.
        key = (id(sender.__self__), id(sender.__func__)) if hasattr(sender, "__func__") else id(sender)
        return seen.casts.get(key) or seen.cast(key)


class _Seen:
    """Who was connected at one moment. Another thread may have looked since: what was seen at two must not mix."""

    __slots__ = ("_dead", "_named", "_there", "casts", "entries")

    def __init__(self, entries: list[Any], named: dict[Any, tuple[Known, Any]], dead: dict[str, Known]) -> None:
        self.entries = entries
        self.casts: dict[Any, Cast] = {}
        """By what Django knows a sender by."""
        self._named = named
        self._dead = dead
        self._there = [
            _Part(entry[0][1], *named[entry[0]], entry[-1] is True) for entry in entries if entry[0] in named
        ]

    def then(self, entries: list[Any]) -> "_Seen":
        """Who is connected later; and who is gone since."""
        named = {}
        for entry in entries:
            called = _called(entry[1])
            if called is not None:
                named[entry[0]] = (known(called), entry[1])
        gone = [name for key, (name, held) in self._named.items() if key not in named and _called(held) is None]
        there = {name.path for name, _ in named.values()}
        dead = [each for each in (self._dead | {name.path: name for name in gone}).items() if each[0] not in there]
        return _Seen(entries, named, dict(dead[-MAX_DEAD:]))

    def cast(self, sender: Any) -> Cast:
        """For whoever is known by this; made once."""
        sync: list[_Part] = []
        later: list[_Part] = []
        others: dict[str, Known] = {}
        for part in self._there:
            if part.sender == sender or part.sender == _NOBODY:
                (later if part.is_later else sync).append(part)
            else:
                others[part.name.path] = part.name
        # Who is connected for this sender and for others as well is not ignored.
        for part in (*sync, *later):
            others.pop(part.name.path, None)
        ignored = [(name, "dead") for name in self._dead.values()] + [(name, "sender") for name in others.values()]
        texts = [f'{name.text},"outcome":"ignored","why":"{why}"' for name, why in ignored[:MAX_IGNORED]]
        if len(self.casts) >= MAX_SENDERS:
            self.casts.clear()
        made = self.casts[sender] = Cast(sync, later, texts)
        return made


_names: dict[_Key, Known] = {}


def _remember(key: _Key, found: Known) -> Known:
    if len(_names) >= MAX_NAMES:
        _names.clear()
    _names[key] = found
    return found


def _within(receiver: Any) -> Any:
    for _ in range(MAX_WRAPPERS):
        inner = receiver.func if isinstance(receiver, partial) else getattr(receiver, "__wrapped__", None)
        if inner is None:
            break
        receiver = inner
    return getattr(receiver, "__func__", receiver)


def _function(function: Any, code: Any) -> Known:
    module, name = str(function.__module__), str(function.__qualname__)
    return Known(f"{module}.{name}", name, f"{place(code.co_filename, module)}:{code.co_firstlineno}", code)


def _unusual(receiver: Any) -> Known:
    """An object with a `__call__`, which is known by its class."""
    kind = receiver if isinstance(receiver, type) else type(receiver)
    key = (id(kind), "")
    return _names.get(key) or _remember(key, _class(kind))


def _class(kind: Any) -> Known:
    code = getattr(vars(kind).get("__call__"), "__code__", None)
    source = f"{place(code.co_filename, kind.__module__)}:{code.co_firstlineno}" if code else ""
    return Known(f"{kind.__module__}.{kind.__qualname__}", kind.__qualname__, source, kind)


def _called(held: Any) -> Any:
    return held() if isinstance(held, ReferenceType) else held
