"""Follows the stream of a server elsewhere, as server-sent events over HTTP. Knows no Django."""

import json
import random
import ssl
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import NoReturn
from urllib.parse import SplitResult, urlencode, urlsplit

from consumers.place import Place

from .blocks import Block, Blocks, NoStream
from .line import printable
from .terminal import Terminal

CONNECT_SECONDS = 10.0
# As the protocol has it; until a server says what its heartbeat is, it is taken for this.
HEARTBEATS = 2.5
DEFAULT_HEARTBEAT = 10.0
HEARTBEAT_HEADER = "Signalcast-Heartbeat"

MIN_BACKOFF = 0.25
MAX_BACKOFF = 15.0
MAX_RETRY = 300.0
STABLE_SECONDS = 5.0

_SCHEMES = {"ws": "http", "wss": "https", "http": "http", "https": "https"}


class BadAddress(ValueError):
    """The text is not the address of a server; the message says what to write."""


class Ended(Exception):
    """The server has ended it for good; the message says why."""

    def __init__(self, message: str, *, wants_token: bool = False) -> None:
        super().__init__(message)
        self.wants_token = wants_token


class _Lost(Exception):
    """The stream has ended, and will go on after `wait` seconds, or whenever the client likes."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Address:
    """Where the event stream of a server is."""

    scheme: str
    host: str
    port: int | None
    path: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """From the address of the dashboard, of its `ws/` or of its `sse/`. Raises BadAddress."""
        parts = _split(text)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise BadAddress(f"{text!r} is no address. Write e.g. https://example.com/ or ws://127.0.0.1:8000/ws/.")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise BadAddress("The address may have no name, token, query or fragment: write options instead.")
        path = parts.path.removesuffix("ws/") if parts.path.endswith("/ws/") else parts.path
        if not path.endswith("/sse/"):
            path = f"{path.removesuffix('/')}/sse/"
        return cls(_SCHEMES[parts.scheme], parts.hostname, parts.port, path)

    @property
    def is_readable_by_others(self) -> bool:
        """Whether what is sent there crosses a network as it is."""
        return self.scheme == "http" and self.host not in ("localhost", "127.0.0.1", "::1")

    def connect(self) -> HTTPConnection:
        kind = HTTPSConnection if self.scheme == "https" else HTTPConnection
        return kind(self.host, self.port, timeout=CONNECT_SECONDS)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{f':{self.port}' if self.port else ''}{self.path}"


class Remote:
    """A server, of which one response after another is read."""

    def __init__(
        self, terminal: Terminal, address: Address, query: list[tuple[str, str]], place: Place | None, token: str
    ) -> None:
        self._terminal = terminal
        self._address = address
        self._query = query
        self._place = place
        self._token = token
        self._retry_seconds: float | None = None
        self._opened_at: float | None = None

    def follow(self) -> NoReturn:
        """For ever. Raises Ended, Unread."""
        tries = 0
        while True:
            wait = None
            try:
                self._read_response()
            except _Lost as lost:
                self._terminal.lost(str(lost))
                wait = lost.wait
            except ssl.SSLCertVerificationError as error:
                raise Ended(f"The certificate of {self._address.host} is not good: {error.verify_message}.") from error
            except TimeoutError:
                self._terminal.lost("nothing was heard for too long")
            except (OSError, HTTPException) as error:
                self._terminal.lost(f"the connection is lost ({_reason(error)})")
            if self._opened_at is not None and time.monotonic() - self._opened_at > STABLE_SECONDS:
                tries = 0
            self._opened_at = None
            time.sleep(random.uniform(0, min(MAX_BACKOFF, MIN_BACKOFF * 2**tries)) if wait is None else wait)
            tries = min(tries + 1, 10)

    def _read_response(self) -> NoReturn:
        with closing(self._address.connect()) as connection:
            connection.connect()
            # Before `getresponse`, which forgets it where the response ends with the connection.
            with closing(connection.sock) as socket:
                query = f"?{urlencode(self._query)}" if self._query else ""
                connection.request("GET", self._address.path + query, headers=self._headers())
                with connection.getresponse() as response:
                    self._check(response)
                    self._opened_at = time.monotonic()
                    heartbeat = _number(response.headers.get(HEARTBEAT_HEADER), DEFAULT_HEARTBEAT)
                    socket.settimeout(HEARTBEATS * heartbeat)
                    self._read(response)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if place := self._terminal.place or self._place:
            headers["Last-Event-ID"] = str(place)
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def _check(self, response: HTTPResponse) -> None:
        """Whether this is the stream. Raises Ended, _Lost."""
        kind = response.headers.get_content_type()
        if response.status == 200 and kind == "text/event-stream":
            return
        if response.status == 200:
            raise Ended(f"There is no stream at {self._address}, but something of the type {printable(kind)}.")
        said = _said(response)
        again = response.headers.get("Retry-After")
        if response.status >= 500 or again:
            raise _Lost(f"the server answers {response.status}{said}", min(_number(again, 5.0), MAX_RETRY))
        to = f" It points to {printable(response.headers['Location'])}." if "Location" in response.headers else ""
        raise Ended(f"The server answers {response.status}{said}{to}", wants_token=response.status == 401)

    def _read(self, response: HTTPResponse) -> NoReturn:
        blocks = Blocks()
        self._retry_seconds = None
        while data := response.read1(65_536):
            try:
                self._take(blocks.feed(data))
            except (NoStream, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
                raise Ended(f"What {self._address} sends is not understood ({_reason(error)}).") from error
            self._terminal.check()
        raise _Lost("the server has ended the response", self._retry_seconds)

    def _take(self, blocks: Iterable[Block]) -> None:
        """Events that come together are written together."""
        lines: list[str] = []
        place = None
        for block in blocks:
            if block.retry is not None:
                self._retry_seconds = min(block.retry / 1000, MAX_RETRY)
            if block.data is not None and not block.name:
                lines.append(block.data)
                place = Place.parse(block.id or "")
                continue
            self._write(lines, place)
            lines, place = [], None
            self._tell(block)
        self._write(lines, place)

    def _write(self, lines: Sequence[str], place: Place | None) -> None:
        if place:
            self._terminal.found()
            self._terminal.write(lines, place)

    def _tell(self, block: Block) -> None:
        """What is said about the stream. Raises Ended, _Lost."""
        data = json.loads(block.data or "{}").get("data", {})
        match block.name:
            case "" if block.id:
                self._terminal.began(Place.parse(block.id))
            case "gap":
                self._terminal.found()
                self._terminal.gap(int(data["from"]), int(data["to"]), str(data["reason"]), Place.parse(block.id or ""))
            case "bye":
                raise _Lost("the server has said goodbye", self._retry_seconds)
            case "error":
                raise Ended(f"The server has ended the stream: {printable(data['message'])}")


def _said(response: HTTPResponse) -> str:
    """What the server says in its refusal, if it is one of ours."""
    try:
        return f": {printable(json.loads(response.read(65_536))['error'])}"
    except (ValueError, LookupError, TypeError):
        return "."


def _number(text: str | None, default: float) -> float:
    """A number of seconds in a header."""
    return float(text) if text and text.isascii() and text.replace(".", "", 1).isdigit() else default


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).strip() or type(error).__name__


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise BadAddress(f"{text!r} is no address: {error}.") from error
    return parts
