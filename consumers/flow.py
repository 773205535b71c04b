"""A flow: how fast a streamed HTTP response may go, so that its client's slowness costs no memory. No Django."""

import asyncio
from collections.abc import Mapping
from typing import Any

from . import window
from .outbox import response_outbox_of
from .window import HELD_BYTES, Pace


class Flow:
    """For whoever streams a response: `await flow.wait(len(piece))` after each piece that was sent.

    `scope` is the request's (Django's `request.scope`; there is none under WSGI, and {} will do). Made within the loop.
    Our server tells what it holds. Others do not: some wait in `send`, stock Daphne never does, and is given no more
    than 1 MB a second.
    """

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self._outbox = response_outbox_of(scope)
        self._pace = Pace(_clock())
        self._has_changed = asyncio.Event()
        if self._outbox:
            self._outbox["on_drained"](self._has_changed.set)

    async def wait(self, size: int) -> None:
        """Until the server holds little of the response, or the client has gone.

        One that takes nothing for a minute is cut off: its application hears of that as of any disconnect.
        """
        # At least once around the loop: others want their turn.
        await asyncio.sleep(0 if self._outbox else self._pace.pay(size, _clock()))
        while self._outbox and (held := self._outbox["buffered"]()) > HELD_BYTES:
            self._has_changed.clear()
            try:
                async with asyncio.timeout(window.STALLED_SECONDS):
                    await self._has_changed.wait()
            except TimeoutError:
                if self._outbox["buffered"]() >= held:
                    self._outbox["abort"]()


def _clock() -> float:
    return asyncio.get_running_loop().time()
