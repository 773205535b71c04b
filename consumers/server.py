"""Our Daphne: it lets every client hear a goodbye when it stops."""

import asyncio
from typing import Any

from daphne.server import Server as DaphneServer
from twisted.internet.defer import Deferred


class Server(DaphneServer):
    def kill_all_applications(self) -> "Deferred[Any]":
        """Cancel what still runs, and wait until all of it has ended.

        Daphne's own stumbles over any connection without an application, of which there is one for a second after every
        websocket handshake, and does not wait for the others once the first has ended: clients are cut off in silence.
        """
        running = [details.get("application_instance") for details in self.connections.values()]
        pending = [application for application in running if application and not application.done()]
        for application in pending:
            application.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(_all(pending)))


async def _all(applications: list["asyncio.Future[Any]"]) -> None:
    await asyncio.gather(*applications, return_exceptions=True)
