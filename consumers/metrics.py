"""What this process counts as it serves clients, for Prometheus: on its client library's default registry.

Plain numbers, since a counter of the library's own would cost as much as a delivery. They are read when somebody asks.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from itertools import accumulate

import django
from prometheus_client import REGISTRY, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily

from .buffers import Buffer, Level
from .hub import Hub
from .protocol import FRAME_BYTES, V1, CloseCode
from .window import HELD_BYTES

BOUNDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
SSE = "sse"
DIALECTS = (V1, "cloudevents.json", SSE)
OTHER = "other"
NOTES = ("reactions", "ghost")
LIMITS = (
    "clients",
    "clients_per_user",
    "clients_per_address",
    "handshakes",
    "hello_seconds",
    "message_bytes",
    "messages",
    "json_depth",
    "filter",
)


class Meter:
    """The numbers. The event loop writes them, and whoever scrapes reads them, from another thread."""

    def __init__(self) -> None:
        self.deliveries = 0
        self.notes = dict.fromkeys(NOTES, 0)
        self._sockets: dict[object, tuple[str, Callable[[], int] | None]] = {}
        self._closes = Counter({str(int(code)): 0 for code in CloseCode} | {OTHER: 0})
        self._limits = Counter(dict.fromkeys(LIMITS, 0))
        self._hubs: set[Hub] = set()
        self._repairs = 0
        self._observed = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def opened(self, socket: object, dialect: str, buffered: Callable[[], int] | None) -> None:
        """A websocket was accepted, or an event stream began. `buffered` tells how many bytes the server holds for it,
        where the server can."""
        self._sockets[socket] = (dialect, buffered)

    def closed(self, socket: object, code: CloseCode | None) -> None:
        """With our code, or None if it was not we who closed it. Nothing happens if it was never opened."""
        if self._sockets.pop(socket, None):
            self.refused(code)

    def refused(self, code: CloseCode | None) -> None:
        self._closes[str(int(code)) if code else OTHER] += 1

    def limited(self, limit: str) -> None:
        """Somebody was refused, or sent away, since this limit was reached."""
        self._limits[limit] += 1

    def started(self, hub: Hub) -> None:
        self._hubs.add(hub)

    def stopped(self, hub: Hub) -> None:
        self._hubs.discard(hub)
        self._repairs += hub.repairs

    def took(self, seconds: float) -> None:
        """So long after its signal was sent an event was handed to a socket."""
        self._observed[bisect_left(BOUNDS, seconds)] += 1
        # Clocks differ: another machine's may be ahead of ours.
        if seconds > 0:
            self._seconds += seconds

    def head(self) -> int | None:
        """The newest position that this process knows of; None if nobody follows the log here."""
        return min((hub.head for hub in list(self._hubs)), default=None)

    def buffers(self) -> Iterator[Buffer]:
        """For each dialect the fullest of the outboxes, where the server lets us see them."""
        for dialect in DIALECTS:
            seen = [buffered() for spoken, buffered in list(self._sockets.values()) if buffered and spoken == dialect]
            if seen:
                yield Buffer(f"fullest outbox of {dialect}", Level(max(seen), HELD_BYTES + FRAME_BYTES, "bytes"))

    def collect(self) -> Iterator[Metric]:
        """As the registry wants it."""
        sockets = list(self._sockets.values())
        connections = GaugeMetricFamily(
            "signalcast_connections", "Websockets and event streams that are open.", labels=["dialect"]
        )
        for dialect in DIALECTS:
            connections.add_metric([dialect], sum(spoken == dialect for spoken, _ in sockets))
        yield connections
        yield CounterMetricFamily(
            "signalcast_deliveries", "Events handed to sockets; one to two clients counts twice.", self.deliveries
        )
        notes = CounterMetricFamily(
            "signalcast_note_deliveries",
            "Lines about events handed to sockets: what receivers did, and what rolled back.",
            labels=["kind"],
        )
        for kind, count in list(self.notes.items()):
            notes.add_metric([kind], count)
        yield notes
        closes = CounterMetricFamily(
            "signalcast_closes", "Websockets and event streams that were closed, or refused.", labels=["code"]
        )
        for code, count in list(self._closes.items()):
            closes.add_metric([code], count)
        yield closes
        limits = CounterMetricFamily(
            "signalcast_limits", "What was refused since a limit was reached; each is a setting.", labels=["limit"]
        )
        for limit, count in list(self._limits.items()):
            limits.add_metric([limit], count)
        yield limits
        yield CounterMetricFamily(
            "signalcast_gap_repairs",
            "Group messages that did not continue what was known, or were not believed: the log was read instead.",
            self._repairs + sum(hub.repairs for hub in list(self._hubs)),
        )
        yield GaugeMetricFamily(
            "signalcast_buffered_bytes",
            "What the server holds of what was sent to sockets, as far as the server tells.",
            sum(buffered() for _, buffered in sockets if buffered),
        )
        yield HistogramMetricFamily(
            "signalcast_send_to_socket_seconds",
            "From sending a signal to handing its event to a socket: the oldest of each live batch.",
            buckets=[*zip([*map(str, BOUNDS), "+Inf"], map(float, accumulate(self._observed)), strict=True)],
            sum_value=self._seconds,
        )
        yield GaugeMetricFamily("signalcast_hub_head", "The newest position that this process knows of.", self.head())
        yield InfoMetricFamily(
            "signalcast_build", "What runs here.", {"version": _version(), "django": django.__version__}
        )


def _version() -> str:
    try:
        return version("signalcast")
    except PackageNotFoundError:
        return "checkout"


meter = Meter()
REGISTRY.register(meter)
