"""The server's end of one websocket. What it sends it takes from a subscription: it has no queue of its own."""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

from events.event import now
from events.settings import current
from events.streams import MAIN

from . import filter as filters
from . import goodbye, query
from .access import SUBPROTOCOL
from .delivery import Delivery, Stalled
from .dialect import CloudEvents, Dialect, SignalcastV1
from .filter import Filter
from .goodbye import GONE, RETRY_MS, RETRY_MS_AFTER_FAILURE
from .hearing import Hearing
from .limits import of_filters
from .metrics import meter
from .opening import open_at
from .outbox import outbox_of
from .process import Process, process
from .protocol import V1, CloseCode, Gap, Hello, Refused, bad_request, shown
from .subscription import LogReplaced
from .visits import Visit

logger = logging.getLogger("signalcast.consumers")


class StreamConsumer(AsyncConsumer):
    """Follows the stream for one client, in the dialect that the client offered."""

    _process: Process
    _dialect: Dialect
    _hearing: Hearing

    def __init__(self) -> None:
        self.is_closed = False
        self._streaming: asyncio.Task[None] | None = None
        self._sent_away: asyncio.Task[None] | None = None
        self._closed_with: CloseCode | None = None
        self._visit: Visit | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.base_send = scope, send
        async with process() as self._process:
            try:
                await self._listen(receive)
            except asyncio.CancelledError:
                # The server stops, and drops the connection when we return: the close frame needs a moment before. The
                # cancellation ends here, since Daphne waits for nobody once one of its applications has raised it.
                await self._leave()
                await asyncio.sleep(goodbye.SECONDS)
            finally:
                meter.closed(self, self._closed_with)
                if self._visit:
                    self._visit.leave(self._closed_with)
                await self._stop()

    async def _listen(self, receive: Any) -> None:
        """One message after the other, as Channels does it, but without a task for each, and for waiting for each."""
        with suppress(StopConsumer):
            while True:
                await self.dispatch(await receive())

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does it, but without a hop through its one database thread for every message."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        asked_for: list[str] = self.scope.get("subprotocols") or []
        offered = [name for name in asked_for if not name.startswith(SUBPROTOCOL)]
        spoken = next((name for name in offered if name in _DIALECTS), None)
        self._dialect = _DIALECTS[spoken or _PLAIN]() if spoken or not offered else SignalcastV1()
        self._hearing = Hearing(self, self._dialect)
        # A browser gives up unless it is answered with a sub-protocol that it offered, and would not see why.
        try:
            await self.send({"type": "websocket.accept", "subprotocol": spoken or next(iter(offered), None)})
        except GONE as gone:
            raise StopConsumer from gone
        outbox = outbox_of(self.scope)
        meter.opened(self, spoken or _PLAIN, outbox and outbox["buffered"])
        try:
            if offered and not spoken:
                raise Refused(
                    CloseCode.NO_SUBPROTOCOL, f"Offer one of the sub-protocols {', '.join(_DIALECTS)}, or none."
                )
            self._visit = await self._process.visits.arrive(self.scope, self._change_sight)
            # Nobody's cookies are held for as long as the socket lives, and nobody's token.
            self.scope["headers"], self.scope["subprotocols"] = [], offered
            asked = self._asked()
        except Refused as refused:
            return await self._refuse(refused)
        except Exception:
            if self._process.may_say("access_failed"):
                logger.exception("Nobody can be let in", extra={"action": "access_failed"})
            return await self._leave(retry_ms=RETRY_MS_AFTER_FAILURE)
        if not self._dialect.answers:
            self._hearing.hello.set_result(Hello(start=asked.start, epoch=asked.epoch))
        self._streaming = asyncio.create_task(self._run(asked.filter), context=contextvars.Context())

    def _asked(self) -> query.Query:
        text = query.text_of(self.scope)
        if text and self._dialect.answers:
            raise bad_request("In signalcast.v1 the hello says where to begin and what to filter, not the query.")
        return query.parse(text, limits=of_filters())

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self.is_closed:
            return
        try:
            await self._hearing.hear(message.get("text"))
        except Refused as refused:
            await self._refuse(refused)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self.is_closed = True
        raise StopConsumer

    async def _run(self, filter: Filter) -> None:
        try:
            await self._stream(filter)
        except Refused as refused:
            await self._refuse(refused)
        except Stalled:
            await self._leave(CloseCode.TOO_SLOW)
        except Exception:  # Most likely the database. The client comes back, and resumes where it was.
            if self._process.may_say("stream_failed"):
                logger.exception("Clients are sent away, to come back", extra={"action": "stream_failed"})
            await self._leave(retry_ms=RETRY_MS_AFTER_FAILURE)

    async def _stream(self, filter: Filter) -> None:
        try:
            await self._follow(filter)
        except LogReplaced:
            await self._start_over()

    async def _follow(self, filter: Filter) -> None:
        try:
            async with asyncio.timeout(current().HELLO_SECONDS):
                hello = await self._hearing.hello
        except TimeoutError as error:
            # No fault that lasts: a laptop may have slept between the handshake and the hello.
            seconds = f"{current().HELLO_SECONDS:g} s"
            raise Refused(
                CloseCode.TOO_SLOW, f'Say hello within {seconds}: {{"op":"hello"}}.', limit="hello_seconds"
            ) from error
        if hello.stream != MAIN:
            raise Refused(
                CloseCode.NO_SUCH_STREAM, f"There is no stream {shown(hello.stream)}; there is one, {shown(MAIN)}."
            )
        try:
            filter = filters.parse(hello.filter, of_filters()) if self._dialect.answers else filter
        except filters.InvalidFilter as error:
            raise bad_request(f"{error}.") from error
        hub = await self._process.hub()
        visit = self._visit
        assert visit
        await hub.hear_of_note(hello.reactions_after or 0)
        opening = await open_at(hub, hello.start, filter, visit.sight, epoch=hello.epoch, tip=hello.tip)
        # From here to the subscription there is no wait: the log would be another one than the opening's, and many at
        # once would all find room.
        self._process.check_room()
        visit.audit.began(way=self._dialect.name, start=opening.position, filter=filter.key)
        with hub.subscribe(filter, opening.position, visit.sight) as subscription:
            outbox = outbox_of(self.scope)
            if self._dialect.answers:
                subscription.follow_notes(hub.notebook, hello, oldest=opening.oldest, gap=opening.gap)
            delivery = self._hearing.delivery = Delivery(self, self._dialect, hello, subscription, outbox)
            if outbox:
                outbox["on_text"](self._hearing.hear_at_once)
            noted = subscription.notes.after if subscription.notes else hub.notebook.noted
            await self.say(self._dialect.welcome(hello, opening, hub.heartbeat, noted))
            if opening.gap:
                await self.say(self._dialect.gap(opening.gap, now()))
            await delivery.follow(hub)

    def _change_sight(self) -> None:
        """What the client may see is not what it was."""
        visit = self._visit
        if visit is None:
            return
        if self._hearing.delivery:
            # At once, however long the goodbye takes: what is under way already is the last of it.
            self._hearing.delivery.change_sight(visit.sight)
        if visit.refused and not self._sent_away:
            self._sent_away = asyncio.create_task(self._refuse(visit.refused), context=contextvars.Context())

    async def _refuse(self, refused: Refused) -> None:
        if refused.limit:
            meter.limited(refused.limit)
        await self.say(self._dialect.error(refused.code, refused.message, now()))
        if refused.code.comes_back:
            await self._leave(refused.code)
        await self._close(refused.code)

    async def _leave(self, code: CloseCode = CloseCode.RESTART, retry_ms: int = RETRY_MS) -> None:
        """Send the client away, to come back at a moment of its own."""
        if self.is_closed or not hasattr(self, "_dialect"):
            return
        await self.say(self._dialect.bye(code, goodbye.spread(retry_ms, self._process.users), now()))
        await self._close(code)

    async def _start_over(self) -> None:
        """The log is another one. A client that resumes with its epoch is told when it comes back, others now."""
        delivery = self._hearing.delivery
        if not self._dialect.answers and delivery:
            oldest = (await (await self._process.hub()).bounds()).oldest
            gap = Gap(start=delivery.position, stop=oldest, reason="epoch")
            await self.say(self._dialect.gap(gap, now()))
        await self._leave()

    async def _close(self, code: CloseCode) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._closed_with = code
            with suppress(*GONE):
                await self.send({"type": "websocket.close", "code": int(code)})

    async def say(self, frames: Iterable[str]) -> None:
        for frame in frames:
            if self.is_closed:
                return
            try:
                await self.send({"type": "websocket.send", "text": frame})
            except GONE:
                self.is_closed = True

    async def _stop(self) -> None:
        tasks = [task for task in (self._streaming, self._sent_away) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _cloudevents() -> CloudEvents:
    return CloudEvents(f"{current().SOURCE}/{MAIN}")


_PLAIN = "cloudevents.json"
_DIALECTS: dict[str, Callable[[], Dialect]] = {V1: SignalcastV1, _PLAIN: _cloudevents}
