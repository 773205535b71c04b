"""What a viewer may see of the stream: events of which types, and whether their personal data. No I/O, no Django.

Whatever leads to a client looks through a sight: live, replayed, history, export. What is not seen is as if it were
not there, but for its position.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from hashlib import blake2b

from events.event import Entry

MAX_TYPES = 1000

Allows = Callable[[str], bool]
Ask = Callable[[Iterable[str]], Awaitable[Mapping[str, bool]]]


class Undecided(LookupError):
    """Nobody has asked yet whether events of this type may be seen; `learn` does."""


class Sight:
    """Sights with the same key see the same."""

    def __init__(
        self, key: Hashable, *, personal: bool = True, allows: Allows | None = None, ask: Ask | None = None
    ) -> None:
        self.key = key
        self.personal = personal
        """Whether personal data is seen; else there are marks in its place."""
        self.asks = ask is not None
        """Whether somebody is asked which types may be seen."""
        self._allows = allows
        self._ask = ask
        self._known: dict[str, bool] = {}
        self._has_forgotten = False

    @property
    def sees_every_event(self) -> bool:
        return self._allows is None and self._ask is None

    def see(self, entry: Entry) -> Entry | None:
        """The entry as it may be seen, or None. Raises Undecided."""
        if not self.sees(entry.type):
            return None
        return entry if self.personal else entry.without_personal

    def sees(self, type: str) -> bool:
        """Whether events of this type may be seen. Raises Undecided."""
        return self.sees_every_event or self._may_see(type)

    def tip(self, entry: Entry) -> str:
        """The entry's id, or what stands for it: an id tells when the signal was sent."""
        return entry.id if self.see(entry) else stand_in(entry.id)

    def knows(self, entries: Iterable[Entry]) -> bool:
        """Whether `see` has an answer for all of them."""
        return self._ask is None or all(entry.type in self._known for entry in entries)

    async def learn(self, entries: Iterable[Entry]) -> None:
        """Ask for what is not known yet. Raises what the project's policy raises."""
        if self._ask:
            await self.learn_types({entry.type for entry in entries})

    async def learn_types(self, types: set[str]) -> None:
        """The same of types."""
        if self._ask and (unknown := types - self._known.keys()):
            if len(self._known) + len(unknown) > MAX_TYPES:
                self._known.clear()
                self._has_forgotten = True
                unknown = types
            self._known |= await self._ask(sorted(unknown))

    def joined(self, later: "Sight") -> "Sight | None":
        """What this one and then the later one have seen, as one: mostly the same, if only rights were looked up anew.

        None if they differ, or it is not known any more whether they do.
        """
        if self.key == later.key:
            return later
        if not (self._ask and later._ask) or self.personal != later.personal:
            return None
        mine, theirs = self._answers(), later._answers()
        both = mine | theirs
        if self._has_forgotten or later._has_forgotten or len(both) > MAX_TYPES or both != theirs | mine:
            return None
        joined = Sight(("joined", self.personal, frozenset(both.items())), personal=self.personal, ask=later._ask)
        joined._known = both
        return joined

    def _answers(self) -> dict[str, bool]:
        return {type: self._may_see(type) for type in self._known}

    def _may_see(self, type: str) -> bool:
        if self._ask is None:
            return self._allows is None or self._allows(type)
        if type not in self._known:
            raise Undecided(type)
        return self._known[type] and (self._allows is None or self._allows(type))


FULL = Sight("")
BLIND = Sight("blind", personal=False, allows=lambda type: False)
"""Of somebody who may see nothing any more."""


def stand_in(id: str) -> str:
    """A text that stands for an event's id, and from which nobody learns it: there are too many ids to try."""
    return blake2b(id.encode(), digest_size=16).hexdigest()
