"""The stream as server-sent events: an HTTP response without an end, for EventSource and `curl -N`.

The same subscription and the same guarantees as on a websocket. Whatever is wrong before the response begins is told by
its status, and in JSON; what happens later, by an event with a name.
"""

import asyncio
import contextvars
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from events.event import now
from events.settings import current
from events.streams import MAIN

from . import goodbye, query, window
from .delivery import Delivery, Stalled
from .dialect import ServerSentEvents
from .goodbye import GONE, RETRY_MS, RETRY_MS_AFTER_FAILURE
from .limits import of_filters
from .metrics import SSE, meter
from .opening import Opening, open_at
from .origin import headers_of
from .outbox import response_outbox_of
from .place import NoPlace, Place
from .process import Process, process
from .protocol import CloseCode, Hello, Refused, bad_request, shown
from .refusal import body_of, headers_with, status_of
from .subscription import LogReplaced
from .visits import Visit

logger = logging.getLogger("signalcast.consumers")

# A server that does not tell what it holds may hold all of it: then the response ends, and its client resumes.
MOST_BYTES = 32 * 1024 * 1024

HEARTBEAT_HEADER = "Signalcast-Heartbeat"
# Where the package event-source-polyfill, which can show a token, has the id of a client that comes back.
LAST_ID = "lastEventId"

_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    # nginx would keep events back until it has a page full of them.
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


async def event_stream(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application."""
    async with process() as shared:
        await EventStream(scope, send, shared).run(receive)


class _Enough(Exception):
    """So much was sent in this response that its server may hold all of it."""


class EventStream:
    """One response. What it sends it takes from a subscription: it has no queue of its own."""

    def __init__(self, scope: Any, send: Any, process: Process) -> None:
        self.is_closed = False
        self._scope = scope
        self._send = send
        self._process = process
        self._outbox = response_outbox_of(scope)
        self._dialect: ServerSentEvents | None = None
        self._closed_with: CloseCode | None = None
        self._visit: Visit | None = None
        self._delivery: Delivery | None = None
        self._sent = 0

    async def run(self, receive: Any) -> None:
        """Until the stream ends, the client has gone, or the server stops."""
        if self._scope["method"] not in ("GET", "HEAD"):
            return await self._answer(
                HTTPStatus.METHOD_NOT_ALLOWED, "The stream is read, with GET.", {"Allow": "GET, HEAD"}
            )
        streaming = asyncio.create_task(self._run(), context=contextvars.Context())
        going = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait([streaming, going], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            # The server stops, and drops the connection when we return: the goodbye needs a moment before. The
            # cancellation ends here, as it does in a websocket's consumer.
            await _cancel(streaming)
            await self._leave()
            await asyncio.sleep(goodbye.SECONDS)
        finally:
            self.is_closed = True
            meter.closed(self, self._closed_with)
            await _cancel(streaming, going)

    async def _run(self) -> None:
        try:
            await self._stream()
        except Refused as refused:
            await self._refuse(refused)
        except Stalled:
            self._cut_off()
        except (LogReplaced, _Enough):
            await self._leave()
        except Exception:  # Most likely the database. The client comes back, and resumes where it was.
            if self._process.may_say("stream_failed"):
                logger.exception("Clients are sent away, to come back", extra={"action": "stream_failed"})
            await self._leave(retry_ms=RETRY_MS_AFTER_FAILURE)

    async def _stream(self) -> None:
        visit = await self._let_in()
        try:
            await self._follow(visit)
        finally:
            visit.leave(self._closed_with)

    async def _follow(self, visit: Visit) -> None:
        asked = query.parse(query.text_of(self._scope), [LAST_ID], limits=of_filters())
        last = _last_id(self._scope, asked.others)
        epoch, start = (last.epoch, last.position + 1) if last else (asked.epoch, asked.start)
        # Nobody's cookies are held for as long as the stream lasts, and nobody's token.
        self._scope["headers"] = []
        hub = await self._process.hub()
        opening = await open_at(hub, start, asked.filter, visit.sight, epoch=epoch)
        # From here to the subscription there is no wait: the log would be another one than the opening's, and many at
        # once would all find room.
        self._process.check_room()
        if visit.refused:
            raise visit.refused
        with hub.subscribe(asked.filter, opening.position, visit.sight) as subscription:
            self._dialect = await self._begin(opening, hub.heartbeat)
            if self._scope["method"] == "HEAD":
                return await self._end()
            visit.audit.began(way=self._dialect.name, start=opening.position, filter=asked.filter.key)
            hello = Hello(start=start)
            self._delivery = Delivery(self, self._dialect, hello, subscription, self._outbox)
            await self.say(self._dialect.welcome(hello, opening, hub.heartbeat, 0))
            if opening.gap:
                await self.say(self._dialect.gap(opening.gap, now()))
            self._change_sight()
            await self._delivery.follow(hub)

    def _change_sight(self) -> None:
        """What the client may see is not what it was."""
        if self._visit and self._delivery:
            self._delivery.change_sight(self._visit.sight)
            if self._visit.refused:
                self._delivery.stop(self._visit.refused)

    async def _let_in(self) -> Visit:
        try:
            self._visit = await self._process.visits.arrive(self._scope, self._change_sight)
        except Refused:
            raise
        except Exception as error:
            if self._process.may_say("access_failed"):
                logger.exception("Nobody can be let in", extra={"action": "access_failed"})
            raise Refused(CloseCode.RESTART, "Nobody can be let in at the moment.") from error
        return self._visit

    async def _begin(self, opening: Opening, heartbeat: float) -> ServerSentEvents:
        if self._outbox:
            self._outbox["never_ends"]()
        await self._start(HTTPStatus.OK, _HEADERS | {HEARTBEAT_HEADER: f"{heartbeat:g}"})
        meter.opened(self, SSE, self._outbox and self._outbox["buffered"])
        return ServerSentEvents(f"{current().SOURCE}/{MAIN}", opening.epoch, self._spread(RETRY_MS))

    def _spread(self, retry_ms: int) -> int:
        """The time over which all that are here come back."""
        return goodbye.spread(retry_ms, self._process.users)

    async def say(self, frames: Iterable[str]) -> None:
        """One or more blocks. Raises Stalled, where it is `send` that waits for the client."""
        text = "".join(frames)
        if self.is_closed or not text:
            return
        try:
            # Others than ours and Daphne wait here until the client has taken what came before.
            async with asyncio.timeout(window.STALLED_SECONDS):
                await self._send({"type": "http.response.body", "body": text.encode("ascii"), "more_body": True})
        except TimeoutError as error:
            raise Stalled from error
        except GONE:
            self.is_closed = True
        self._sent += len(text)
        if self._sent > MOST_BYTES and not self._outbox:
            raise _Enough

    async def _refuse(self, refused: Refused) -> None:
        self._closed_with = refused.code
        if refused.limit:
            meter.limited(refused.limit)
        if self._dialect is None:
            meter.refused(refused.code)
            await self._answer(status_of(refused.code), refused.message, headers_with(refused.code))
        else:
            await self._end_with(self._dialect.error(refused.code, refused.message, now()))

    async def _leave(self, retry_ms: int = RETRY_MS) -> None:
        """Send the client away, to come back at a moment of its own."""
        if self.is_closed:
            return
        if self._dialect is None:
            return await self._refuse(Refused(CloseCode.RESTART, "The stream cannot be followed at the moment."))
        self._closed_with = CloseCode.RESTART
        await self._end_with(self._dialect.bye(CloseCode.RESTART, self._spread(retry_ms), now()))

    async def _end_with(self, frames: Iterable[str]) -> None:
        # It may not be enough to say goodbye.
        self._sent = 0
        with suppress(Stalled):
            await self.say(frames)
            await self._end()

    def _cut_off(self) -> None:
        """A client that reads nothing would not read an end either."""
        self.is_closed = True
        self._closed_with = CloseCode.TOO_SLOW
        if self._outbox:
            self._outbox["abort"]()

    async def _answer(self, status: HTTPStatus, message: str, headers: Mapping[str, str]) -> None:
        body = body_of(message)
        own = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Cache-Control": "no-store"}
        await self._start(status, own | dict(headers))
        await self._end(body)

    async def _start(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        with suppress(*GONE):
            await self._send({"type": "http.response.start", "status": int(status), "headers": lines})

    async def _end(self, body: bytes = b"") -> None:
        if not self.is_closed:
            self.is_closed = True
            with suppress(*GONE):
                await self._send({"type": "http.response.body", "body": body})


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancel(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _last_id(scope: Mapping[str, Any], others: Mapping[str, str]) -> Place | None:
    """Where a client was that comes back."""
    for name, given in (("Last-Event-ID", headers_of(scope).get("last-event-id")), (LAST_ID, others.get(LAST_ID))):
        try:
            if given:
                return Place.parse(given)
        except NoPlace as error:
            raise bad_request(f"{name} is {shown(given)}; it must be an id that this stream has sent.") from error
    return None
