"""The inbox: what a client has said and the application has not heard yet. When it is full the socket is not read."""

import asyncio
from typing import Any, Protocol

MOST = 64


class Transport(Protocol):
    """The part of Twisted's that reads."""

    def pauseProducing(self) -> None: ...

    def resumeProducing(self) -> None: ...


class Inbox:
    """In the place of Daphne's queue, which has no end and takes six times the memory.

    What one read of the socket brought is taken, however many messages it was; the rest waits in the kernel, and then
    in the client.
    """

    __slots__ = ("_is_paused", "_messages", "_transport", "_waiting")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._messages: list[Any] = []
        self._waiting: asyncio.Future[None] | None = None
        self._is_paused = False

    def put_nowait(self, message: Any) -> None:
        self._messages.append(message)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
        if len(self._messages) >= MOST and not self._is_paused:
            self._is_paused = True
            self._transport.pauseProducing()

    async def get(self) -> Any:
        """The oldest message, as soon as there is one. For one application."""
        while not self._messages:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        if self._is_paused and len(self._messages) <= MOST:
            self._is_paused = False
            self._transport.resumeProducing()
        return self._messages.pop(0)
