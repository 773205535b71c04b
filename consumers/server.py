"""Our Daphne: it sweeps from its first moment on, and lets every client hear a goodbye when it stops."""

import asyncio
import contextvars
from typing import Any

# Daphne's first: importing it installs the reactor that runs on asyncio.
from daphne.server import Server as DaphneServer
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from .process import keep

_reactor: Any = reactor


class Server(DaphneServer):
    _kept: "asyncio.Task[None] | None" = None

    def run(self) -> None:
        # In the loop, as soon as it runs.
        _reactor.callLater(0, self._keep)
        super().run()

    def kill_all_applications(self) -> "Deferred[Any]":
        """Cancel what still runs, and wait until all of it has ended.

        Daphne's own stumbles over any connection without an application, of which there is one for a second after every
        websocket handshake, and does not wait for the others once the first has ended: clients are cut off in silence.
        """
        running = [details.get("application_instance") for details in self.connections.values()]
        pending = [task for task in [*running, self._kept] if task and not task.done()]
        for task in pending:
            task.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(_all(pending)))

    def _keep(self) -> None:
        self._kept = asyncio.get_running_loop().create_task(keep(), context=contextvars.Context())


async def _all(tasks: list["asyncio.Future[Any]"]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
