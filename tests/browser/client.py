"""The client library on its own in a browser, with a socket that does as it is told, and a clock that waits."""

import json
from typing import Any

from playwright.sync_api import Page

from tests.browser.scripted import EPOCH, batch, dump, event, identity

OTHER = "c2e4d80013fa"

OPEN = """async (options) => {
    const {EventStream} = await import('/static/frontend/lib/eventstream.js');
    const {followPage} = await import('/static/frontend/lib/lifecycle.js');
    class Socket {
        readyState = 0;
        sent = [];
        constructor(url, protocol) { Object.assign(this, {url, protocol}); sockets.push(this); }
        send(text) { this.sent.push(text); }
        close() { this.readyState = 3; }
    }
    Object.assign(window, {sockets: [], batches: [], notes: [], resumes: [], gaps: [], states: []});
    const {kept, url, ...rest} = options;
    const storage = {
        getItem: () => window.written ?? kept ?? null,
        setItem: (key, value) => { window.written = value; },
        removeItem: () => { window.written = 'null'; },
    };
    window.stream = new EventStream(url ?? '/ws/', {
        WebSocket: Socket, random: () => 0.5, storage, ...rest,
        onBatch: (batch) => batches.push(batch),
        onReactions: (lines, after) => notes.push(['reactions', lines, after]),
        onGhosts: (lines, after) => notes.push(['ghosts', lines, after]),
        onResumed: (newest) => resumes.push(newest),
        onGap: (gap) => gaps.push(gap),
        onState: ({name}) => { if (states.at(-1) !== name) states.push(name); },
    });
    stream.open();
    followPage(stream);
}"""


class Client:
    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, **options: Any) -> None:
        self.page.evaluate(OPEN, options)

    def accept(self) -> None:
        """The socket that was opened last is connected."""
        self.page.evaluate("(s) => { s = sockets.at(-1); s.readyState = 1; s.onopen(); }")

    def receive(self, frame: str | dict[str, Any]) -> None:
        text = frame if isinstance(frame, str) else dump(frame)
        self.page.evaluate("(data) => sockets.at(-1).onmessage({data})", text)

    def drop(self, code: int = 1006) -> None:
        self.page.evaluate("(code) => sockets.at(-1).onclose({code})", code)

    def run(self, milliseconds: int) -> None:
        """Lets that much time pass."""
        self.page.clock.run_for(milliseconds)

    def get(self, expression: str) -> Any:
        return self.page.evaluate(expression)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """What went into the newest socket."""
        return [json.loads(text) for text in self.get("sockets.at(-1).sent")]

    @property
    def retry_in(self) -> float:
        return self.get("stream.retryAt - performance.now()")


def welcome(start=1, *, epoch=EPOCH, head=None, window=4096, **more):
    tip = identity(start - 1, epoch) if start > 1 else None
    limits = {"oldest": 1, "heartbeat_ms": 10_000, "window": window}
    head = start - 1 if head is None else head
    facts = {"stream": "main", "epoch": epoch, "from": start, "tip": tip, "head": head}
    return {"op": "welcome", **facts, **limits, **more}


def events(start, count, head=None):
    return batch(start, [event(start + i) for i in range(count)], head=head)
