"""The three ways in which the same things are said to a client. No I/O, no Django.

`signalcast.v1` is for clients that want control: batches, acknowledgements, heartbeats. `cloudevents.json`, and no
sub-protocol at all, is for everybody else: one CloudEvent a frame, and nothing to answer. Server-sent events are the
same in an HTTP response.
"""

import random
from datetime import datetime
from typing import Any, Protocol

from . import protocol
from .batch import Batch
from .opening import Opening
from .outbox import Outbox
from .protocol import Gap, Hello
from .window import Drain, Pace, Window


class Dialect(Protocol):
    """Each method returns the text frames that say it, none if this dialect does not say such a thing."""

    name: str
    answers: bool
    """Whether the client speaks too: it says hello, and acknowledges."""

    def flow(self, hello: Hello, now: float, outbox: Outbox | None) -> Window | Drain | Pace:
        """What bounds the bytes that are under way to the client."""

    def welcome(self, hello: Hello, opening: Opening, heartbeat: float, noted: int) -> list[str]: ...

    def batch(self, batch: Batch) -> list[str]: ...

    def prepared(self, batch: Batch) -> bytes:
        """The same frames, as they cross the wire; made once for everybody who gets them."""

    def filtered(self, start: int) -> list[str]: ...

    def gap(self, gap: Gap, time: datetime) -> list[str]: ...

    def heartbeat(self, head: int, time: datetime) -> list[str]: ...

    def error(self, code: int, message: str, time: datetime) -> list[str]: ...

    def bye(self, code: int, retry_ms: int, time: datetime) -> list[str]: ...


class SignalcastV1:
    name = protocol.V1
    answers = True

    def flow(self, hello: Hello, now: float, outbox: Outbox | None) -> Window:
        return Window(hello.window, now, outbox)

    def welcome(self, hello: Hello, opening: Opening, heartbeat: float, noted: int) -> list[str]:
        return [
            protocol.welcome(
                hello,
                epoch=opening.epoch,
                start=opening.start,
                tip=opening.tip,
                head=opening.head,
                oldest=opening.oldest,
                heartbeat=heartbeat,
                noted=noted,
            )
        ]

    def batch(self, batch: Batch) -> list[str]:
        return [batch.frame]

    def prepared(self, batch: Batch) -> bytes:
        return batch.prepared

    def filtered(self, start: int) -> list[str]:
        return [protocol.filtered(start)]

    def gap(self, gap: Gap, time: datetime) -> list[str]:
        return [protocol.gap(gap)]

    def heartbeat(self, head: int, time: datetime) -> list[str]:
        return [protocol.heartbeat(head, time)]

    def error(self, code: int, message: str, time: datetime) -> list[str]:
        return [protocol.error(code, message)]

    def bye(self, code: int, retry_ms: int, time: datetime) -> list[str]:
        return [protocol.bye(code, retry_ms)]


class CloudEvents:
    """Control is a CloudEvent without a `sequence`; liveness is the websocket's own ping."""

    name = "cloudevents.json"
    answers = False

    def __init__(self, source: str) -> None:
        self._source = source

    def flow(self, hello: Hello, now: float, outbox: Outbox | None) -> Drain | Pace:
        return Pace(now) if outbox is None else Drain(outbox, now)

    def welcome(self, hello: Hello, opening: Opening, heartbeat: float, noted: int) -> list[str]:
        return []

    def batch(self, batch: Batch) -> list[str]:
        return [entry.line for entry in batch.entries]

    def prepared(self, batch: Batch) -> bytes:
        return batch.prepared_events

    def filtered(self, start: int) -> list[str]:
        return []

    def gap(self, gap: Gap, time: datetime) -> list[str]:
        return self._control("gap", {"from": gap.start, "to": gap.stop, "reason": gap.reason}, time)

    def heartbeat(self, head: int, time: datetime) -> list[str]:
        return []

    def error(self, code: int, message: str, time: datetime) -> list[str]:
        return self._control("error", {"code": int(code), "message": message}, time)

    def bye(self, code: int, retry_ms: int, time: datetime) -> list[str]:
        return self._control("bye", {"code": int(code), "retry_ms": retry_ms}, time)

    def _control(self, name: str, data: dict[str, Any], time: datetime) -> list[str]:
        return [protocol.control(name, data, source=self._source, time=time)]


class ServerSentEvents(CloudEvents):
    """Every event, and every gap, says where a client resumes that has it: `epoch:position`."""

    name = "sse"

    def __init__(self, source: str, epoch: str, retry_ms: int) -> None:
        super().__init__(source)
        self._epoch = epoch
        self._retry_ms = retry_ms

    def welcome(self, hello: Hello, opening: Opening, heartbeat: float, noted: int) -> list[str]:
        # A client that asked for what is live and hears nothing resumes all the same. A gap has a place of its own.
        start = "" if opening.gap else protocol.place(opening.epoch, opening.start - 1)
        return [f"{_retry(self._retry_ms)}{start}\n"]

    def batch(self, batch: Batch) -> list[str]:
        return [self.prepared(batch).decode("ascii")]

    def prepared(self, batch: Batch) -> bytes:
        return batch.server_sent(self._epoch)

    def gap(self, gap: Gap, time: datetime) -> list[str]:
        return self._named("gap", super().gap(gap, time), protocol.place(self._epoch, gap.stop - 1))

    def heartbeat(self, head: int, time: datetime) -> list[str]:
        return [":\n\n"]

    def error(self, code: int, message: str, time: datetime) -> list[str]:
        return self._named("error", super().error(code, message, time))

    def bye(self, code: int, retry_ms: int, time: datetime) -> list[str]:
        return self._named("bye", super().bye(code, retry_ms, time), _retry(retry_ms))

    def _named(self, name: str, lines: list[str], *fields: str) -> list[str]:
        return [protocol.server_sent(name, line, *fields) for line in lines]


def _retry(most_ms: int) -> str:
    """The client waits just as long as it is told: so the moment of each is drawn here."""
    return f"retry: {random.randint(most_ms // 4, most_ms)}\n"
