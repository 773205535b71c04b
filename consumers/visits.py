"""The visits to this server process: who is here, from where, and whether they still may be.

A visit begins when somebody is let in. Their rights are looked up once for all who show the same claim; they are looked
up again when Django says that they may have changed, here or in another process, and every 45 seconds whatever happens.
"""

import asyncio
import contextvars
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from events.settings import current

from . import access, audit, changes
from .access import Claim
from .audit import Audit
from .database import Database
from .limits import Headcount, Rate
from .origin import address_of, headers_of
from .periodic import every
from .policy import sight_of
from .protocol import CloseCode, Refused
from .sight import BLIND, Sight
from .viewer import Viewer

logger = logging.getLogger("signalcast.consumers")

LOOK_SECONDS = 0.5
CHECK_SECONDS = 45.0
# So many claims are looked up by one use of a database thread: others want it too.
TOGETHER = 20

Changed = Callable[[], None]


class Visit:
    """One client's stay. Whoever began it ends it: `leave`."""

    __slots__ = ("address", "audit", "refused", "_known", "_user", "_changed", "_visits")

    def __init__(self, visits: "Visits", known: "_Known", address: str, changed: Changed) -> None:
        self.address = address
        self.audit = Audit(known.viewer, address)
        self.refused: Refused | None = None
        """Why nothing may be seen any more."""
        self._known = known
        self._user = known.viewer.user_id
        self._changed = changed
        self._visits = visits

    @property
    def viewer(self) -> Viewer:
        return self._known.viewer

    @property
    def sight(self) -> Sight:
        """What may be seen now; it may change at any time."""
        return BLIND if self.refused else self._known.sight

    def leave(self, code: CloseCode | None = None) -> None:
        self.audit.ended(code)
        self._visits.end(self)


class _Known:
    """What is known of a claim for as long as somebody is here who showed it."""

    __slots__ = ("claim", "viewer", "sight", "visits")

    def __init__(self, claim: Claim, viewer: Viewer, sight: Sight) -> None:
        self.claim = claim
        self.viewer = viewer
        self.sight = sight
        self.visits: set[Visit] = set()

    def is_of(self, whose: str) -> bool:
        return whose == changes.EVERYBODY or whose in self._names()

    def _names(self) -> Iterator[str]:
        if self.viewer.user_id is not None:
            yield changes.user(self.viewer.user_id)
        if self.viewer.token_id is not None:
            yield changes.token(self.viewer.token_id)
        if self.claim.session:
            yield changes.session(self.claim.session)


class Visits:
    """Of one event loop. Nothing is asked of the database before the first one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loop = asyncio.get_running_loop()
        self._known: dict[Claim, _Known] = {}
        self._users = Headcount()
        self._addresses = Headcount()
        self._handshakes = Rate(current().MAX_HANDSHAKES, _clock())
        self._beginning = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        # Claims to look up again, and what has changed since this began, as far as it may still matter.
        self._doubtful: dict[Claim, _Known] = {}
        self._has_doubts = asyncio.Event()
        self._heard: deque[str] = deque(maxlen=1000)
        self._count = 0
        self._last_change: int | None = None
        self._seen: set[int] = set()
        # Sessions that were ended, and when: Django deletes a session only after it has said so.
        self._ended: dict[str, float] = {}
        self._can_look = True

    async def arrive(self, scope: Mapping[str, Any], changed: Changed) -> Visit:
        """Let somebody in. Raises Refused, and what the database raises.

        `changed` is called, within the loop, when they see something else from now on (the visit's `sight`), or nothing
        any more (`refused` says why).
        """
        address = (scope.get("client") or [""])[0] or ""
        try:
            if not self._handshakes.take(current().MAX_HANDSHAKES, _clock()):
                raise Refused(
                    CloseCode.OVERLOADED, "Too many come at the same moment; come back later.", limit="handshakes"
                )
            claim = access.claim_of(scope)
            if current().TRUSTED_PROXIES:
                forwarded = headers_of(scope).get("x-forwarded-for", "")
                address = address_of(address, forwarded, current().TRUSTED_PROXIES)
            self._check_address(address)
            known = self._known.get(claim) or await self._look_up(claim)
            # Asked without a wait before it counts, or many at once would all find room.
            self._check_address(address)
            self._check_user(known.viewer)
        except Refused as refused:
            audit.refused(refused, address)
            raise
        self._known[claim] = known
        visit = Visit(self, known, address, changed)
        known.visits.add(visit)
        self._addresses.enter(visit.address)
        self._users.enter(visit._user)
        return visit

    def end(self, visit: Visit) -> None:
        """Nothing happens if it was ended before."""
        known = visit._known
        if visit not in known.visits:
            return
        known.visits.discard(visit)
        self._addresses.leave(visit.address)
        self._users.leave(visit._user)
        if not known.visits and self._known.get(known.claim) is known:
            del self._known[known.claim]

    async def stop(self) -> None:
        changes.unlisten(self._hear)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def _check_address(self, address: str) -> None:
        most = current().MAX_CLIENTS_PER_ADDRESS
        if self._addresses[address] >= most:
            raise Refused(
                CloseCode.TOO_MANY, f"There are {most} clients of your address already.", limit="clients_per_address"
            )

    def _check_user(self, viewer: Viewer) -> None:
        most = current().MAX_CLIENTS_PER_USER
        if viewer.user_id is not None and self._users[viewer.user_id] >= most:
            raise Refused(
                CloseCode.TOO_MANY, f"{viewer.name} has {most} clients here already.", limit="clients_per_user"
            )

    async def _look_up(self, claim: Claim) -> _Known:
        await self._begin()
        while True:
            before = self._count
            viewer = await self._database.share(access.viewer_of, claim)
            if claim.session and changes.session(claim.session) in self._ended:
                raise _signed_out()
            # Somebody else who showed it may have been quicker.
            known = self._known.get(claim) or _Known(claim, viewer, sight_of(viewer, self._database))
            heard = list(self._heard)[before - self._count :] if before < self._count else []
            # What the answer may have come too early for is asked again.
            if not any(known.is_of(whose) for whose in heard):
                return known

    async def _begin(self) -> None:
        async with self._beginning:
            if not self._tasks:
                changes.listen(self._hear)
                await self._look()
                work = (every(LOOK_SECONDS, self._look), every(CHECK_SECONDS, self._doubt_all), self._settle_doubts())
                self._tasks = [asyncio.create_task(each, context=contextvars.Context()) for each in work]

    async def _look(self) -> None:
        """Look for changes that other processes have written down."""
        try:
            if self._last_change is None:
                self._last_change = await self._database.run(changes.newest)
                self._seen = {id for id, _ in await self._database.run(changes.since, self._last_change)}
            found = await self._database.run(changes.since, self._last_change)
            self._can_look = True
        except Exception as error:  # The database is away. All rights are looked up again in a while.
            if self._can_look:
                logger.warning("Changes of access cannot be read: %s", error, extra={"action": "access_unreadable"})
            self._can_look = False
            return
        for id, whose in found:
            if id not in self._seen:
                self._changed(whose)
        self._seen = {id for id, _ in found}
        self._last_change = max([self._last_change, *self._seen])

    def _hear(self, whose: str) -> None:
        with suppress(RuntimeError):  # The loop was closed a moment ago.
            self._loop.call_soon_threadsafe(self._changed, whose)

    def _changed(self, whose: str) -> None:
        self._heard.append(whose)
        self._count += 1
        now = _clock()
        self._ended = {each: at for each, at in self._ended.items() if now - at < changes.KEPT_SECONDS}
        concerned = [known for known in self._known.values() if known.is_of(whose)]
        if whose.startswith("session:"):
            self._ended[whose] = now
            for known in concerned:
                self._send_away(known, _signed_out())
        else:
            self._doubt(concerned)

    def _doubt_all(self) -> None:
        self._doubt(self._known.values())

    def _doubt(self, known: Iterable[_Known]) -> None:
        self._doubtful |= {each.claim: each for each in known}
        if self._doubtful:
            self._has_doubts.set()

    async def _settle_doubts(self) -> None:
        together = TOGETHER
        while True:
            await self._has_doubts.wait()
            claims = list(self._doubtful)[:together]
            known = [self._doubtful.pop(claim) for claim in claims]
            if not self._doubtful:
                self._has_doubts.clear()
            try:
                answers = await self._database.run(_viewers, claims)
            except Exception as error:  # The database is away: they stay until it can be asked.
                self._doubt(known)
                # Or it is about one of them alone, who must not keep the others from their answer.
                together = 1
                if self._can_look:
                    logger.warning("Rights cannot be looked up: %s", error, extra={"action": "access_unreadable"})
                self._can_look = False
                await asyncio.sleep(LOOK_SECONDS)
                continue
            together = TOGETHER
            for each, answer in zip(known, answers, strict=True):
                self._learn(each, answer)

    def _learn(self, known: _Known, answer: Viewer | Refused) -> None:
        if isinstance(answer, Refused):
            self._send_away(known, answer)
        elif answer != known.viewer or current().CAN_FOLLOW:
            known.viewer, known.sight = answer, sight_of(answer, self._database)
            for visit in list(known.visits):
                visit._changed()

    def _send_away(self, known: _Known, refused: Refused) -> None:
        if self._known.get(known.claim) is known:
            del self._known[known.claim]
        for visit in list(known.visits):
            if visit.refused is None:
                visit.refused = refused
                visit._changed()


def _viewers(claims: Sequence[Claim]) -> list[Viewer | Refused]:
    found: list[Viewer | Refused] = []
    for claim in claims:
        try:
            found.append(access.viewer_of(claim))
        except Refused as refused:
            found.append(refused)
    return found


def _signed_out() -> Refused:
    return Refused(CloseCode.SIGN_IN, "You have signed out. Sign in to follow this stream.")


def _clock() -> float:
    return time.monotonic()
