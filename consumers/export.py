"""The log as NDJSON: one event a line, from a place to the head of that moment, as fast as the client takes it.

The last line says that it is whole. One that ends otherwise was cut short, and is resumed after its last event.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from events.event import now
from events.settings import current
from events.streams import MAIN

from .dialect import CloudEvents
from .door import Guest, error, let_in
from .filter import Filter
from .flow import Flow
from .hub import Hub
from .opening import open_at
from .page import Asked
from .process import process
from .protocol import FRAME_EVENTS, CloseCode, Gap, Refused, control
from .refusal import RETRY_SECONDS
from .sight import Sight
from .subscription import LogReplaced

logger = logging.getLogger("signalcast.consumers")

CONTENT_TYPE = "application/x-ndjson"

Lines = list[str]


async def export(request: HttpRequest, guest: Guest, asked: Asked) -> HttpResponse | StreamingHttpResponse:
    """The response. Raises Refused, LogReplaced, and what the log raises."""
    scope = getattr(request, "scope", None)
    if scope is None:
        # Django would put all of it together in memory.
        return error(HTTPStatus.NOT_IMPLEMENTED, "This server does not speak ASGI: here the log is read in pages only.")
    hub = await guest.process.hub()
    guest.process.check_room()
    found = await _found(hub, asked, guest.sight)
    headers = {
        "Content-Disposition": f'attachment; filename="signalcast-{MAIN}-{found.start}-{found.stop - 1}.ndjson"',
        # nginx would put on its disk what the client is too slow for.
        "X-Accel-Buffering": "no",
    }
    if request.method == "HEAD":
        # A response that is not streamed would be given a length, which is not that of the export.
        return StreamingHttpResponse(_nothing(), content_type=CONTENT_TYPE, headers=headers)
    return StreamingHttpResponse(Body(request, found, Flow(scope)), content_type=CONTENT_TYPE, headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What there is to tell: of `[start, stop)`, after a gap perhaps."""

    filter: Filter
    epoch: str
    gap: Gap | None
    start: int
    stop: int

    async def lines(self, guest: Guest, dialect: CloudEvents) -> AsyncGenerator[Lines]:
        """All of it, some lines at a time, and the last one. Raises Refused, LogReplaced, and what the log raises."""
        hub = await guest.process.hub()
        # Again: many may have found room before the first of them has taken any.
        guest.process.check_room()
        count = 0
        with hub.subscribe(self.filter, self.start, guest.sight) as subscription:
            guest.changed = lambda: setattr(subscription, "sight", guest.visit.sight)
            if hub.head < self.stop - 1:
                await hub.catch_up()
            if hub.epoch != self.epoch or hub.head < self.stop - 1:
                raise LogReplaced
            if self.gap:
                yield dialect.gap(self.gap, now())
            while subscription.position < self.stop:
                found = await subscription.take(FRAME_EVENTS)
                guest.insist()
                if found is None:
                    if subscription.is_at_head:
                        break
                    continue
                if isinstance(found, Gap):
                    yield dialect.gap(replace(found, stop=min(found.stop, self.stop)), now())
                    continue
                lines = [entry.line for entry in found.entries if entry.position < self.stop]
                count += len(lines)
                yield lines
        facts = {"epoch": self.epoch, "from": self.start, "to": self.stop, "events": count}
        yield [control("end", facts, source=_source(), time=now())]


async def _found(hub: Hub, asked: Asked, sight: Sight) -> Export:
    start = "earliest" if asked.start is None else asked.start
    opening = await open_at(hub, start, asked.filter, sight, epoch=asked.epoch)
    end = opening.head + 1
    stop = max(opening.position, min(asked.before or end, end))
    return Export(filter=asked.filter, epoch=opening.epoch, gap=opening.gap, start=opening.position, stop=stop)


class Body:
    """The response's body. Django closes it when the response is over, whole or not."""

    def __init__(self, request: HttpRequest, found: Export, flow: Flow) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces = _pieces(request, found, flow)
        self._closing: asyncio.Task[None] | None = None

    def __aiter__(self) -> "Body":
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._pieces)

    def close(self) -> None:
        """Called in any thread, when nobody reads any more."""
        self._loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        # A generator that is merely forgotten is closed some time, and those within it in any order.
        self._closing = self._loop.create_task(self._pieces.aclose())


async def _nothing() -> AsyncGenerator[bytes]:
    return
    yield b""  # Which is what makes it a generator.


async def _pieces(request: HttpRequest, found: Export, flow: Flow) -> AsyncGenerator[bytes]:
    async with aclosing(_told(request, found)) as told:
        async for lines in told:
            piece = "".join(f"{line}\n" for line in lines).encode("ascii")
            yield piece
            await flow.wait(len(piece))


async def _told(request: HttpRequest, found: Export) -> AsyncGenerator[Lines]:
    """The lines. The response has begun; so what goes wrong is a line as well, in the place of the last one."""
    dialect = CloudEvents(_source())
    async with process() as shared:
        try:
            # What the view was let in with has ended with it.
            async with let_in(request) as guest, aclosing(found.lines(guest, dialect)) as told:
                async for lines in told:
                    yield lines
        except Refused as refused:
            yield _broken_off(dialect, refused)
        except LogReplaced:
            yield _broken_off(dialect, Refused(CloseCode.RESTART, "The log was replaced."))
        except Exception:  # Most likely the database.
            if shared.may_say("history_failed"):
                logger.exception("An export is broken off", extra={"action": "history_failed"})
            yield _broken_off(dialect, Refused(CloseCode.RESTART, "The log cannot be read at the moment."))


def _broken_off(dialect: CloudEvents, refused: Refused) -> Lines:
    if refused.code.comes_back:
        return dialect.bye(refused.code, RETRY_SECONDS * 1000, now())
    return dialect.error(refused.code, refused.message, now())


def _source() -> str:
    return f"{current().SOURCE}/{MAIN}"
