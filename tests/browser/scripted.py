"""A server that says what a test tells it to: the other end of the page's websocket, without a server."""

import json
import re
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Page, Route, WebSocketRoute

EPOCH = "5f1c09ab27de"
TIME = "2026-11-22T16:08:43.350123Z"


def dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def identity(position: int, epoch: str = EPOCH) -> str:
    return f"{epoch[:8]}-0000-7000-8000-{position:012x}"


def event(position: int, epoch: str = EPOCH, **attributes: Any) -> dict[str, Any]:
    """An event as the server would write it; an attribute given as None is left out."""
    base = {
        "specversion": "1.0",
        "id": identity(position, epoch),
        "source": f"/signalcast/main/{epoch}",
        "sequence": f"{position:020d}",
        "type": "academy.order_paid",
        "subject": f"academy.order/{position}",
        "time": TIME,
        "datacontenttype": "application/json",
        "sender": "academy.Order",
        "summary": f"order {position}",
        "data": {"order": {"model": "academy.order", "pk": position}},
    }
    return {name: value for name, value in (base | attributes).items() if value is not None}


def batch(start: int, lines: list[Any], *, to: int | None = None, head: int | None = None) -> str:
    """A frame of events from position `start`; a line that is text already goes as it is."""
    end = start + len(lines) if to is None else to
    header = {"op": "batch", "from": start, "to": end, "tip": identity(end - 1), "head": head or end - 1}
    return "\n".join([dump(header), *(line if isinstance(line, str) else dump(line) for line in lines)])


def receiver(name: str, ms: float | None = 1.0, outcome: str = "ok", **more: Any) -> dict[str, Any]:
    """What one receiver did; `ms` is left out where it did not run."""
    told = {"receiver": name, "source": "academy/receivers.py:36", "async": False, "ms": ms, "outcome": outcome} | more
    return {key: value for key, value in told.items() if value is not None}


def reaction(position: int, *receivers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the receivers of an event did, in their order."""
    ran = [one | {"order": order} for order, one in enumerate(receivers, 1)]
    took = round(sum(one.get("ms", 0) for one in ran), 3)
    base = {"pos": position, "id": identity(position, EPOCH), "method": "send", "ms": took, "reactions": ran}
    return {name: value for name, value in (base | more).items() if value is not None}


def notes(op: str, lines: Sequence[Any], after: int = 1) -> str:
    """A frame of reactions or ghosts."""
    texts = [line if isinstance(line, str) else dump(line) for line in lines]
    return "\n".join([dump({"op": op, "after": after}), *texts])


class ScriptedServer:
    """
    Takes the page's sockets, keeps what they say, and answers a hello with a welcome.

    `position` is where a client that asks for no position begins; `head` is what the welcome claims.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sockets: list[WebSocketRoute] = []
        self.heard: list[dict[str, Any]] = []
        self.epoch = EPOCH
        self.position = 1
        self.head = 0
        self.heartbeat_ms = 10_000
        self.window = 4096
        self.answer: Callable[[dict[str, Any]], list[str]] = self.welcome
        self.asked: list[dict[str, str]] = []
        self.page_of: Callable[[dict[str, str]], dict[str, Any]] = lambda query: {"events": [], "reactions": []}
        page.route_web_socket(lambda url: url.endswith("/ws/"), self.take)
        page.route(re.compile(r"/api/events/\?"), self.tell)

    def take(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(self.listen)

    def tell(self, route: Route) -> None:
        """Answers over HTTP what `page_of` makes of the query."""
        self.asked.append(dict(parse_qsl(urlsplit(route.request.url).query)))
        route.fulfill(json=self.page_of(self.asked[-1]))

    def listen(self, frame: str | bytes) -> None:
        message = json.loads(frame)
        self.heard.append(message)
        if message["op"] == "hello":
            for answer in self.answer(message):
                self.send(answer)

    def welcome(self, hello: dict[str, Any]) -> list[str]:
        wanted = hello.get("from")
        start = wanted if isinstance(wanted, int) else self.position
        return [self.welcome_from(start)]

    def welcome_from(self, start: int) -> str:
        tip = identity(start - 1, self.epoch) if start > 1 else None
        facts = {"stream": "main", "epoch": self.epoch, "from": start, "tip": tip, "head": max(self.head, start - 1)}
        limits = {"oldest": 1, "heartbeat_ms": self.heartbeat_ms, "window": self.window}
        return dump({"op": "welcome", **facts, **limits})

    def send(self, frame: str | dict[str, Any]) -> None:
        self.sockets[-1].send(frame if isinstance(frame, str) else dump(frame))

    def events(self, start: int, count: int, **attributes: Any) -> None:
        """Sends `count` events from `start` on, in one batch."""
        self.send(batch(start, [event(start + i, self.epoch, **attributes) for i in range(count)]))

    def reactions(self, *lines: Any) -> None:
        self.send(notes("reactions", lines))

    def ghosts(self, *lines: Any) -> None:
        self.send(notes("ghosts", lines))

    def close(self, code: int = 4012) -> None:
        self.sockets[-1].close(code=code)

    def of(self, op: str) -> list[dict[str, Any]]:
        """What the page has said with this op."""
        return [message for message in self.heard if message["op"] == op]

    def wait_for(self, condition: Callable[[], Any], seconds: float = 5) -> None:
        """Lets the page go on until the condition holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"It did not happen within {seconds} s. Heard: {self.heard}"
            self.page.wait_for_timeout(10)


class Log:
    """What a scripted server answers from: so many events, by position."""

    def __init__(self, scripted: ScriptedServer, count: int) -> None:
        self.scripted = scripted
        self.oldest = 1
        scripted.head = count
        scripted.answer = self.answer

    def answer(self, hello: dict[str, Any]) -> list[str]:
        head, wanted = self.scripted.head, hello["from"]
        start = wanted if isinstance(wanted, int) else max(self.oldest, head + 1 - wanted["last"])
        frames = [self.scripted.welcome_from(start)]
        if start < self.oldest:
            frames.append(dump({"op": "gap", "from": start, "to": self.oldest, "reason": "retention"}))
        start = max(start, self.oldest)
        for at in range(start, min(head + 1, start + hello["window"]), 250):
            frames.append(batch(at, [event(n) for n in range(at, min(at + 250, head + 1))], head=head))
        return frames

    def emit(self, count: int) -> None:
        """New events, on the page's own socket."""
        start = self.scripted.head + 1
        self.scripted.head += count
        self.scripted.sockets[0].send(batch(start, [event(start + i) for i in range(count)]))

    @property
    def pages(self) -> list[dict[str, Any]]:
        """The pages that were asked for."""
        return [hello for hello in self.scripted.of("hello") if isinstance(hello["from"], int)]
