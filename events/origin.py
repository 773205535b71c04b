"""Where a signal comes from: a request, a task, a command, a shell or a test; whose; on which host; from which line.

Only what is known already: nothing is loaded for it, and no query is made. Of a request its query and body are not
shown, and of its path nothing that looks like a secret.
"""

import os
import re
import socket
import sys
import weakref
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from pathlib import PurePath
from types import FrameType
from typing import Any, NamedTuple

from asgiref.sync import SyncToAsync
from django.core.signals import request_finished, request_started
from django.db.models import Model
from django.utils.functional import LazyObject

from .event import new_id, now
from .instance import pk
from .mask import is_secret
from .roster import place
from .summary import one_line

MAX_FRAMES = 40

_UID = "signalcast.origin"

# Whom a sender does not mean when it asks from where a signal was sent: Django, as it sends one, and what is between.
_PASSED = ("django.dispatch.", "django.db.", "asgiref.", "asyncio.", "concurrent.futures.", "threading", "sentry_sdk.")
_OURS = frozenset(f"{__package__}.{name}" for name in ("observation", "origin", "receivers", "sending"))
# Behind it is what the thread was at when it was given this work: a middleware that waits for its view, perhaps.
_FOR_SOMEBODY_ELSE = f"{SyncToAsync.__qualname__}."

# As the column takes it; what a client sends as its own is of its own making.
_ID = re.compile(r"[A-Za-z0-9._:/+=@~-]{1,64}")
# https://www.w3.org/TR/trace-context/#traceparent-header-field-values
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_HEADERS = {
    b"x-correlation-id": "HTTP_X_CORRELATION_ID",
    b"x-request-id": "HTTP_X_REQUEST_ID",
    b"traceparent": "HTTP_TRACEPARENT",
}
# Letters and digits in one piece, so long that it is no word and no number.
_RANDOM = re.compile(r"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{16,}")


class Origin(NamedTuple):
    """All of it may be empty."""

    text: str = ""
    """`web POST /orders/12/pay`, `task shop.tasks.charge`, `command import_orders`, `shell` or `test`."""
    user: str = ""
    """`auth.user/7`."""
    correlation_id: str = ""
    traceparent: str = ""


class Request:
    """An HTTP request that is being answered. What it tells is made when the first signal is sent in it."""

    __slots__ = ("_before", "_correlation_id", "_django", "_method", "_path", "_text", "_traceparent")

    def __init__(self, method: str, path: str, headers: Mapping[str, Any], django: Any = None) -> None:
        self._method = method
        self._path = path
        self._correlation_id = _header(headers, _ID, "HTTP_X_CORRELATION_ID", "HTTP_X_REQUEST_ID")
        self._traceparent = _header(headers, _TRACEPARENT, "HTTP_TRACEPARENT")
        # Whatever is begun in a request, and lasts, has this in its context, and must not keep the request.
        self._django = None if django is None else weakref.ref(django)
        self._text = ""
        self._before: Request | None = None

    @classmethod
    def of(cls, request: Any) -> "Request":
        """Of Django's."""
        made = cls(request.method or "", request.path, request.META, request)
        made._before = _request.get() or _request_of_threads()
        return made

    @classmethod
    def at(cls, scope: Mapping[str, Any]) -> "Request":
        """Of ASGI's."""
        headers = {
            _HEADERS[name]: value.decode("latin-1") for name, value in scope.get("headers", ()) if name in _HEADERS
        }
        return cls(scope["method"], scope["path"], headers)

    @property
    def origin(self) -> Origin:
        request = self._django() if self._django else None
        text = self._text or one_line(f"web {self._method[:20]} {_shown(self._path, request)}")
        if request is None or getattr(request, "resolver_match", None):
            # Before, nobody knows what in its path is a secret by its name.
            self._text = text
        return Origin(text, _user(request), self._correlated(), self._traceparent)

    def _correlated(self) -> str:
        """One id for all of a request, also where it was known before our middleware."""
        if not self._correlation_id:
            before = self._before
            if before and (before._method, before._path) == (self._method, self._path):
                self._correlation_id = before._correlated()
            else:
                self._correlation_id = new_id(now())
        return self._correlation_id


def _header(headers: Mapping[str, Any], form: "re.Pattern[str]", *names: str) -> str:
    for name in names:
        value = headers.get(name)
        if value and isinstance(value, str) and form.fullmatch(value):
            return value
    return ""


def _shown(path: str, request: Any) -> str:
    path = path[:1000]
    match = getattr(request, "resolver_match", None)
    for name, value in (getattr(match, "kwargs", None) or {}).items():
        if is_secret(name) and value:
            path = path.replace(str(value), "***")
    return _RANDOM.sub("***", path)


_request: ContextVar[Request | None] = ContextVar("signalcast_request", default=None)

# Under ASGI Django tells of a request's beginning in another context than the one in which it answers. What both have,
# and no other request, is the object that stands for the threads in which its synchronous code runs.
_threads: ContextVar[Any] = getattr(SyncToAsync, "thread_sensitive_context", ContextVar("signalcast_threads"))
_requests: "weakref.WeakKeyDictionary[object, Request | None]" = weakref.WeakKeyDictionary()

enter = _request.set
leave = _request.reset


def origin() -> Origin:
    """Of the code that runs now. Never raises."""
    try:
        request = _request.get() or _request_of_threads()
        if request is not None:
            return request.origin
        task = _task()
        return Origin(f"task {task}") if task else _of_program(program())
    except Exception:  # An event is worth more than to know where it comes from, and requests may be anything.
        return Origin()


def _request_of_threads() -> Request | None:
    threads = _threads.get(None)
    return None if threads is None else _requests.get(threads)


def follow_requests() -> None:
    """Know of requests without the middleware, from Django's own signals: method, path and ids, not the user."""
    request_started.connect(_begin, dispatch_uid=_UID, weak=False)
    request_finished.connect(_end, dispatch_uid=_UID, weak=False)


def _begin(environ: Mapping[str, Any] | None = None, scope: Mapping[str, Any] | None = None, **arguments: Any) -> None:
    if environ is not None:
        path = f"{environ.get('SCRIPT_NAME') or ''}{environ.get('PATH_INFO') or '/'}"
        # PEP 3333: bytes, each of which is a character.
        path = path.encode("latin-1", "replace").decode("utf-8", "replace")
        _request.set(Request(str(environ.get("REQUEST_METHOD", "")), path, environ))
    elif scope is not None and (threads := _threads.get(None)) is not None:
        # Where somebody has several requests share their threads, nobody knows in which of them a signal is sent.
        _requests[threads] = None if threads in _requests else Request.at(scope)


def _end(**arguments: Any) -> None:
    _request.set(None)


@lru_cache(maxsize=8)
def _of_program(text: str) -> Origin:
    return Origin(text)


def host() -> str:
    """This host and process: `web-1/4711`."""
    return _host(os.getpid())


def line(frame: FrameType | None) -> str:
    """Where a signal is sent that somebody sends in this frame: `academy/services.py:41`.

    Empty for a task that does nothing else, and in a thread that works for asynchronous code: their frames do not tell
    who began it.
    """
    is_ours = True
    for _ in range(MAX_FRAMES):
        if frame is None:
            break
        module = frame.f_globals.get("__name__")
        file = _file(frame.f_code.co_filename, module)
        if file:
            return f"{file}:{frame.f_lineno}"
        if is_ours and file is None:
            break
        if module == SyncToAsync.__module__ and frame.f_code.co_qualname.startswith(_FOR_SOMEBODY_ELSE):
            break
        is_ours = module in _OURS
        frame = frame.f_back
    return ""


@lru_cache(maxsize=4096)
def _file(path: str, module: object) -> str | None:
    """Where code of this module lies; empty if senders do not mean it, None if it is a loop's."""
    name = str(module or "")
    if name.startswith("asyncio."):
        return None
    return "" if name in _OURS or name.startswith(_PASSED) else place(path, name)


def program() -> str:
    """What kind of process this is, as far as it is known by how it was started: looked for once."""
    global _known
    if _known is None:
        is_interactive = bool(sys.flags.interactive or hasattr(sys, "ps1"))
        _known = _program(sys.argv[:2], "pytest" in sys.modules, is_interactive)
    return _known


_known: str | None = None


def _program(arguments: Sequence[str], is_tested: bool, is_interactive: bool) -> str:
    started = PurePath(arguments[0]) if arguments else PurePath()
    is_manage = started.stem in ("manage", "django-admin") or started.parts[-2:] == ("django", "__main__.py")
    command = arguments[1] if is_manage and len(arguments) > 1 and arguments[1].isidentifier() else ""
    if command == "test" or is_tested:
        return "test"
    if command in ("shell", "shell_plus") or (not command and (is_interactive or "ipykernel" in sys.modules)):
        return "shell"
    # What a server does by itself is of no command's doing.
    return one_line(f"command {command}") if command and command not in _SERVERS else ""


_SERVERS = ("runserver", "runserver_plus", "serve", "testserver")


def _task() -> str:
    """The name of the Celery task that runs here, where Celery is used."""
    celery = sys.modules.get("celery._state")
    try:
        task = celery.get_current_task() if celery else None
        return one_line(str(task.name)) if task is not None else ""
    except Exception:  # It is not ours, and nobody depends on it.
        return ""


def _user(request: Any) -> str:
    """Who sent the request, if somebody has asked for that already."""
    try:
        held = vars(request) if request is not None else {}
        for name in ("user", "_cached_user", "_acached_user"):
            user: Any = held.get(name)
            if issubclass(type(user), LazyObject):
                user = object.__getattribute__(user, "_wrapped")
            if issubclass(type(user), Model) and (key := pk(user)) is not None:
                return one_line(f"{user._meta.label_lower}/{key}")
    except Exception:  # A project may have any user, and any request.
        return ""
    return ""


@lru_cache(maxsize=1)
def _host(process: int) -> str:
    return one_line(f"{socket.gethostname()}/{process}")
