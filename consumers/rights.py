"""The rights of those who are here: looked up once for all who show the same claim; and again when Django says that
they may have changed, here or in another process, and every 45 seconds whatever happens.
"""

import asyncio
import contextvars
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Protocol

from events.settings import current

from . import access, changes
from .access import Claim
from .database import Database
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
# Of so many sessions it is known that they were ended just now.
MAX_ENDED = 10_000


class Holder(Protocol):
    """One of those who are here by a claim."""

    def changed(self) -> None:
        """Something else may be seen from now on, or nothing any more. Called within the loop."""


class Rights:
    """What is known of a claim for as long as somebody is here who showed it."""

    __slots__ = ("claim", "viewer", "sight", "refused", "holders", "_names")

    viewer: Viewer
    sight: Sight
    """What may be seen now."""

    def __init__(self, claim: Claim, viewer: Viewer, sight: Sight) -> None:
        self.claim = claim
        self.refused: Refused | None = None
        """Why nothing may be seen any more."""
        self.holders: set[Holder] = set()
        self._know(viewer, sight)

    def are_of(self, whose: str) -> bool:
        return whose == changes.EVERYBODY or whose in self._names

    def learn(self, viewer: Viewer, sight: Sight) -> None:
        if self.refused is None:
            self._know(viewer, sight)
            self._tell()

    def end(self, reason: Refused) -> None:
        if self.refused is None:
            self.refused, self.sight = reason, BLIND
            self._tell()

    def _know(self, viewer: Viewer, sight: Sight) -> None:
        self.viewer, self.sight = viewer, sight
        # Made once: every change is held against all of them.
        self._names = {changes.session(self.claim.session)} if self.claim.session else set()
        if viewer.user_id is not None:
            self._names.add(changes.user(viewer.user_id))
        if viewer.token_id is not None:
            self._names.add(changes.token(viewer.token_id))

    def _tell(self) -> None:
        for holder in list(self.holders):
            holder.changed()


class Register:
    """The rights that are held in one event loop. Nothing is asked of the database before the first claim."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loop = asyncio.get_running_loop()
        self._held: dict[Claim, Rights] = {}
        self._beginning = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        # What to look up again, and what has changed since this began, as far as it may still matter.
        self._doubtful: dict[Claim, Rights] = {}
        self._has_doubts = asyncio.Event()
        self._heard: deque[str] = deque(maxlen=1000)
        self._count = 0
        self._last_change: int | None = None
        self._seen: set[int] = set()
        # Sessions that were ended, and when: Django deletes a session only after it has said so.
        self._ended: OrderedDict[str, float] = OrderedDict()
        # What cannot be done is said once, until it can be.
        self._can_look = self._can_ask = True

    async def of(self, claim: Claim) -> Rights:
        """Raises Refused, and what the database raises. Who waits for nothing in between may `hold` them."""
        return self._held.get(claim) or await self._look_up(claim)

    def hold(self, rights: Rights, holder: Holder) -> None:
        """From now on they are kept up to date, until the last holder has let go of them."""
        self._held[rights.claim] = rights
        rights.holders.add(holder)

    def let_go(self, rights: Rights, holder: Holder) -> None:
        rights.holders.discard(holder)
        if not rights.holders and self._held.get(rights.claim) is rights:
            del self._held[rights.claim]

    async def stop(self) -> None:
        changes.unlisten(self._hear)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _look_up(self, claim: Claim) -> Rights:
        await self._begin()
        while True:
            before = self._count
            viewer = await self._database.share(access.viewer_of, claim)
            if claim.session and changes.session(claim.session) in self._ended:
                raise _signed_out()
            # Somebody else who showed it may have been quicker.
            rights = self._held.get(claim) or Rights(claim, viewer, sight_of(viewer, self._database))
            heard = list(self._heard)[before - self._count :] if before < self._count else []
            # What the answer may have come too early for is asked again.
            if not any(rights.are_of(whose) for whose in heard):
                return rights

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
        now = time.monotonic()
        self._forget_ended(now)
        concerned = [rights for rights in self._held.values() if rights.are_of(whose)]
        if whose.startswith("session:"):
            self._ended.setdefault(whose, now)
            for rights in concerned:
                self._end(rights, _signed_out())
        else:
            self._doubt(concerned)

    def _forget_ended(self, now: float) -> None:
        """Those of a while ago, and the oldest of too many; they stand in the order in which they were ended."""
        while self._ended:
            if len(self._ended) < MAX_ENDED and now - next(iter(self._ended.values())) < changes.KEPT_SECONDS:
                break
            self._ended.popitem(last=False)

    def _doubt_all(self) -> None:
        self._doubt(self._held.values())

    def _doubt(self, doubtful: Iterable[Rights]) -> None:
        self._doubtful |= {each.claim: each for each in doubtful}
        if self._doubtful:
            self._has_doubts.set()

    async def _settle_doubts(self) -> None:
        together = TOGETHER
        while True:
            await self._has_doubts.wait()
            claims = list(self._doubtful)[:together]
            doubtful = [self._doubtful.pop(claim) for claim in claims]
            if not self._doubtful:
                self._has_doubts.clear()
            try:
                answers = await self._database.run(_viewers, claims)
            except Exception as error:  # The database is away: they stay until it can be asked.
                self._doubt(doubtful)
                # Or it is about one of them alone, who must not keep the others from their answer.
                together = 1
                if self._can_ask:
                    logger.warning("Rights cannot be looked up: %s", error, extra={"action": "access_unreadable"})
                self._can_ask = False
                await asyncio.sleep(LOOK_SECONDS)
                continue
            together, self._can_ask = TOGETHER, True
            for rights, answer in zip(doubtful, answers, strict=True):
                self._settle(rights, answer)

    def _settle(self, rights: Rights, answer: Viewer | Refused) -> None:
        if isinstance(answer, Refused):
            self._end(rights, answer)
        elif answer != rights.viewer or current().CAN_FOLLOW:
            rights.learn(answer, sight_of(answer, self._database))

    def _end(self, rights: Rights, reason: Refused) -> None:
        if self._held.get(rights.claim) is rights:
            del self._held[rights.claim]
        rights.end(reason)


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
