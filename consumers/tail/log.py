"""Follows the log of this very project, with a hub of its own: there need be no server, and no broker."""

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from django.conf import settings
from django.db import Error

from consumers.database import Database, StreamLog
from consumers.hub import Hub
from consumers.noteframe import NoteFrame
from consumers.opening import open_at
from consumers.place import Place
from consumers.protocol import FRAME_EVENTS, Gap, Hello
from consumers.query import Query
from consumers.ring import Ring
from consumers.subscription import LogReplaced, Subscription
from events.streams import MAIN, key

from .terminal import Terminal

T = TypeVar("T")

MIN_BACKOFF = 0.1
MAX_BACKOFF = 5.0
SILENCE_SECONDS = 5.0
# Between two looks at whether somebody still reads.
BEAT_SECONDS = 1.0


async def follow(terminal: Terminal, query: Query, place: Place | None, *, reactions: bool = False) -> NoReturn:
    """From `place` on, or from where the query says; for ever; with what receivers did, if that is wanted.

    Raises Unread.
    """
    database = PatientDatabase(terminal)
    log = StreamLog(MAIN, database)
    # What it does not hold is read from the log: a terminal may be much slower than the business.
    ring = Ring(events=1000, bytes=4 * 1024 * 1024)
    hub = Hub(MAIN, log=log, ring=ring, heartbeat=BEAT_SECONDS, key=key(settings.SECRET_KEY))
    try:
        await hub.start()
        while True:
            try:
                await _follow(hub, terminal, query, terminal.place or place, reactions)
            except LogReplaced:
                # What we have is held against the new one, and we are told of the gap.
                await asyncio.sleep(MIN_BACKOFF)
    finally:
        await hub.stop()
        log.close()
        await database.close()


async def _follow(hub: Hub, terminal: Terminal, query: Query, place: Place | None, reactions: bool) -> NoReturn:
    start = place.position + 1 if place else query.start
    opening = await open_at(hub, start, query.filter, epoch=place.epoch if place else None)
    if not opening.gap:
        terminal.began(Place(opening.epoch, opening.position - 1))
    with hub.subscribe(query.filter, opening.position) as subscription:
        subscription.follow_notes(hub.notebook, Hello(reactions=reactions), oldest=opening.oldest)
        if opening.gap:
            _tell(opening.gap, terminal, hub.epoch)
        while True:
            await _write_what_there_is(subscription, terminal, hub.epoch)
            terminal.check()
            await subscription.wait()


async def _write_what_there_is(subscription: Subscription, terminal: Terminal, epoch: str) -> None:
    while found := await subscription.take_notes() or await subscription.take(FRAME_EVENTS):
        if isinstance(found, NoteFrame):
            terminal.write_reactions(found.lines)
        elif isinstance(found, Gap):
            _tell(found, terminal, epoch)
        else:
            terminal.write([entry.line for entry in found.entries], Place(epoch, found.stop - 1))
        # A terminal that is always ready must not keep the hub from its work.
        await asyncio.sleep(0)
    if skipped := subscription.skip():
        terminal.reached(Place(epoch, skipped.stop - 1))


def _tell(gap: Gap, terminal: Terminal, epoch: str) -> None:
    terminal.gap(gap.start, gap.stop, gap.reason, Place(epoch, gap.stop - 1))


class PatientDatabase(Database):
    """Says that the database is away, and asks again until it answers."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        backoff = MIN_BACKOFF
        while True:
            try:
                answer = await self._answer(function, *arguments)
            except Error as error:
                self._terminal.lost(f"the database cannot be read ({str(error).strip() or type(error).__name__})")
                await asyncio.sleep(backoff)
                backoff = min(MAX_BACKOFF, backoff * 2)
            else:
                self._terminal.found()
                return answer

    async def _answer(self, function: Callable[..., T], *arguments: Any) -> T:
        answer = asyncio.ensure_future(super().run(function, *arguments))
        while not (await asyncio.wait([answer], timeout=SILENCE_SECONDS))[0]:
            self._terminal.lost("the database does not answer")
        return answer.result()
