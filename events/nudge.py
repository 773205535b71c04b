"""The nudge: tells a stream's group what has just been published. Losing one costs time, never an event."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings

from . import metrics
from .numbering import Numbered
from .streams import MAIN, Message, group, key, seal

logger = logging.getLogger("signalcast.events")

DEADLINE = 1.0
MAX_EVENTS = 200
MAX_BYTES = 200_000


class Nudge:
    """The sending end of the channel layer, for one thread."""

    def __init__(self) -> None:
        # Never closed: a layer ties its connections to the loop in which they were made.
        self._loop: asyncio.AbstractEventLoop | None = None

    def send(self, numbered: Numbered) -> None:
        """Send what was numbered to the group, within a second. Never raises.

        The in-memory layer reaches nobody: not another process, and the hubs of this one watch the log.
        """
        try:
            layer = get_channel_layer()
            if layer is None or isinstance(layer, InMemoryChannelLayer):
                return
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
            self._loop.run_until_complete(_group_send(layer, numbered))
        except Exception as error:  # Whatever the layer raises, the hubs look at the log by themselves.
            metrics.failed("group")
            logger.warning("The channel layer cannot be reached: %r", error, extra={"action": "group_failed"})


async def _group_send(layer: Any, numbered: Numbered) -> None:
    secret = key(settings.SECRET_KEY)
    async with asyncio.timeout(DEADLINE):
        for message in messages(numbered):
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
