"""The nudge: tells a stream's group what has just been published. Losing one costs time, never an event."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings

from . import metrics
from .log import head
from .numbering import Numbered
from .streams import MAIN, Message, group, key, seal

logger = logging.getLogger("signalcast.events")

DEADLINE = 1.0
# After a server that did not answer in time: positions shall not wait for it again and again.
REST = 5.0
MAX_EVENTS = 200
MAX_BYTES = 200_000


class Nudge:
    """The sending end of the channel layer, for one thread."""

    def __init__(self) -> None:
        # Never closed: a layer ties its connections to the loop in which they were made.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tired: Any = None
        self._rests_until = 0.0
        self._complained = -REST

    def send(self, numbered: Numbered) -> None:
        """Send what was numbered to the group, within a second. Never raises.

        The in-memory layer reaches nobody: not another process, and the hubs of this one watch the log.
        """
        self._send(lambda: messages(numbered))

    def tell(self, noted: int) -> None:
        """Tell the group that something was noted, up to this cursor: a message without events. Never raises."""
        self._send(lambda: [Message(stream=MAIN, epoch=head(MAIN).epoch, start=noted, lines=[])], counts=False)

    def _send(self, make: Callable[[], Iterable[Message]], *, counts: bool = True) -> None:
        try:
            layer = get_channel_layer()
            if layer is None or isinstance(layer, InMemoryChannelLayer):
                return
            if layer is self._tired and time.monotonic() < self._rests_until:
                if counts:
                    metrics.failed("group")
                return
            if self._loop is None:
                self._loop = _Loop()
            self._loop.run_until_complete(_group_send(layer, list(make())))
        except (Exception, asyncio.CancelledError) as error:  # Whatever it is, the hubs look at the log by themselves.
            if counts:
                metrics.failed("group")
            if isinstance(error, TimeoutError):
                self._tired, self._rests_until = layer, time.monotonic() + REST
            if not _wants_a_thread_at_exit(error) and self._may_complain():
                logger.warning(
                    "The channel layer cannot be reached: %s: %s",
                    type(error).__name__,
                    error,
                    extra={"action": "group_failed"},
                )

    def _may_complain(self) -> bool:
        """Once in five seconds: a server that refuses does so for every pass."""
        now = time.monotonic()
        if now - self._complained < REST:
            return False
        self._complained = now
        return True


class _Loop(asyncio.SelectorEventLoop):
    async def getaddrinfo(self, *arguments: Any, **options: Any) -> Any:
        """Host names are looked up in a thread; but here, where the interpreter ends and starts none any more."""
        with suppress(RuntimeError):
            return await super().getaddrinfo(*arguments, **options)
        return socket.getaddrinfo(*arguments, **options)


def _wants_a_thread_at_exit(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and "shutdown" in str(error)


async def _group_send(layer: Any, messages: Iterable[Message]) -> None:
    secret = key(settings.SECRET_KEY)
    async with asyncio.timeout(DEADLINE):
        for message in messages:
            await layer.group_send(group(MAIN), seal(message, secret))


def messages(numbered: Numbered) -> Iterator[Message]:
    """What was numbered, in messages of at most 200 events or 200 kB."""
    lines: list[str] = []
    start = size = 0
    for entry in numbered.entries:
        if lines and (len(lines) >= MAX_EVENTS or size + len(entry.line) > MAX_BYTES):
            yield Message(stream=MAIN, epoch=numbered.epoch, start=start, lines=lines)
            lines, size = [], 0
        start = start if lines else entry.position
        lines.append(entry.line)
        size += len(entry.line)
    if lines:
        yield Message(stream=MAIN, epoch=numbered.epoch, start=start, lines=lines)
