"""Our Daphne: it sweeps from its first moment on, tells an application how much is buffered for a socket, refuses no
burst of connections, and lets every request end and every client hear a goodbye when it stops."""

import asyncio
import contextvars
import gc
import logging
import os
import resource
import threading
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any

# Daphne's first: importing it installs the reactor that runs on asyncio.
from daphne.server import Server as DaphneServer  # isort: split

from daphne.http_protocol import WebRequest
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.handlers.asgi import ASGIHandler
from twisted.internet import reactor
from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred

from .connection import Connection, Response
from .inbox import Inbox
from .outbox import EXTENSION, ResponseOutbox, SocketOutbox
from .process import keep
from .request import channel
from .websocket import lean

logger = logging.getLogger("signalcast.consumers")
access = logging.getLogger("signalcast.access")

# Twisted's own 50 is too few for clients that all come back at once. The kernel may allow less (net.core.somaxconn).
BACKLOG = 4096
# How long requests may go on after the signal to stop, and then threads that nobody can break off: in a view, or in a
# database driver whose server has fallen silent.
GRACE_SECONDS = 10.0
THREAD_SECONDS = 4.0

_reactor: Any = reactor


class Server(DaphneServer):
    def __init__(self, application: Any, endpoints: Iterable[str], **options: Any) -> None:
        # Without an end: Daphne's own, after a day, is a 1000, which tells clients that all is done.
        options.setdefault("websocket_timeout", -1)
        super().__init__(application, endpoints=[_with_backlog(endpoint) for endpoint in endpoints], **options)
        self.failure = ""
        """Why it could not listen."""
        self._ports: list[Any] = []
        self._kept: asyncio.Task[None] | None = None

    def run(self) -> None:
        if _is_django_alone(self.application):
            logger.warning(
                "No websocket is answered: ASGI_APPLICATION is Django's own. Write at the end of its module: "
                "from consumers.routing import application as with_stream; application = with_stream(application)",
                extra={"action": "no_websockets"},
            )
        _allow_open_files()
        # In the loop, as soon as it runs.
        _reactor.callLater(0, self._keep)
        super().run()
        _end_within(THREAD_SECONDS, status=1 if self.failure else 0)

    def listen_success(self, port: Any) -> None:
        # Nobody has connected yet.
        self.ws_factory.protocol = lean(self.ws_factory)
        self.http_factory.buildProtocol = partial(channel, self.http_factory.buildProtocol)
        self._ports.append(port)
        super().listen_success(port)

    def listen_error(self, failure: Any) -> None:
        self.failure = failure.getErrorMessage()
        self.stop()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if not isinstance(protocol.transport, FileDescriptor):
            return super().create_application(protocol, scope)
        details = self.connections[protocol]
        inbox: Inbox | asyncio.Queue[Any]
        outbox: SocketOutbox | ResponseOutbox
        if scope["type"] == "websocket":
            inbox, outbox = Inbox(protocol.transport), Connection(protocol).outbox
            # Daphne undoes percent signs in them, and then could not answer with one of those that were offered.
            scope["subprotocols"] = protocol.websocket_protocols
            run = self.application
        else:
            inbox, outbox = asyncio.Queue(), Response(protocol, partial(details.update, never_ends=True)).outbox
            run = partial(self._answer, protocol)
        scope |= {"asgi": {"version": "3.0"}, "extensions": {EXTENSION: outbox}}
        running = run(scope=scope, receive=inbox.get, send=partial(self.handle_reply, protocol))
        details["application_instance"] = asyncio.ensure_future(running)
        return inbox

    async def _answer(self, request: WebRequest, **connection: Any) -> None:
        """Cut the connection where the application fails in the middle of its response: it must not look whole.

        Daphne's own answer to that raises another error, and never again clears up after what has ended.
        """
        try:
            await self.application(**connection)
        except Exception:
            if not request._response_started:
                raise
            path = connection["scope"]["path"]
            logger.exception("The response of %s was cut short", path, extra={"action": "response_cut_short"})
            request.transport.abortConnection()

    def kill_all_applications(self) -> "Deferred[Any]":
        """Listen no more, cancel what never ends, websockets most of all, let requests end, and wait for all of them.

        Daphne's own stumbles over any connection without an application, of which there is one for a second after every
        websocket handshake, and does not wait for the others once the first has ended: clients are cut off in silence.
        """
        for port in self._ports:
            port.stopListening()
        requests: list[asyncio.Task[Any] | None] = []
        others: list[asyncio.Task[Any] | None] = [self._kept]
        for protocol, details in self.connections.items():
            ends = isinstance(protocol, WebRequest) and not details.get("never_ends")
            (requests if ends else others).append(details.get("application_instance"))
        for task in _running(others):
            task.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(_ended(_running([*others, *requests]))))

    def _keep(self) -> None:
        # Whatever is here now stays: no collection looks at it again, or holds everybody up while it does.
        gc.freeze()
        self._kept = asyncio.get_running_loop().create_task(keep(), context=contextvars.Context())


def log_access(protocol: str, action: str, details: dict[str, Any]) -> None:
    """Daphne's action logger: a record for each request, and when a websocket opens and closes. Queries stay out."""
    details = details | {"path": details["path"].partition("?")[0]}
    if protocol == "http" and action == "complete":
        line = '%(client)s "%(method)s %(path)s" %(status)s %(size)s B %(time_taken).3f s'
        access.info(line, details, extra={"action": "request"})
    elif protocol == "websocket" and action == "connected":
        access.info('%(client)s "%(path)s" websocket connected', details, extra={"action": "websocket_connected"})
    elif protocol == "websocket" and action == "disconnected":
        access.info('%(client)s "%(path)s" websocket disconnected', details, extra={"action": "websocket_disconnected"})


def _allow_open_files() -> None:
    """As many as the system lets this process have: each connection is one, and shells begin with 1,024 or fewer."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # Where that is more than the kernel can do, it stays as it was.
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _is_django_alone(application: Any) -> bool:
    if isinstance(application, ASGIStaticFilesHandler):  # Which `runserver` puts around whatever there is.
        application = application.application
    return isinstance(application, ASGIHandler)


def _with_backlog(endpoint: str) -> str:
    return f"{endpoint}:backlog={BACKLOG}" if endpoint.startswith("tcp:") else endpoint


def _running(tasks: "list[asyncio.Task[Any] | None]") -> "list[asyncio.Task[Any]]":
    return [task for task in tasks if task and not task.done()]


async def _ended(tasks: "list[asyncio.Task[Any]]") -> None:
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
        for task in late:
            task.cancel()


def _end_within(seconds: float, *, status: int) -> None:
    """The interpreter waits for its threads for ever; this one ends it."""
    watch = threading.Timer(seconds, _abandon_threads, [status])
    watch.daemon = True
    watch.start()


def _abandon_threads(status: int) -> None:
    logger.warning("A thread goes on after the end, and is abandoned", extra={"action": "thread_abandoned"})
    logging.shutdown()
    os._exit(status)
