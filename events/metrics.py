"""What this process counts as it records and publishes, for Prometheus: on its client library's default registry.

Counters of the library's own, so that its multiprocess mode carries them out of processes without an HTTP server.
"""

from prometheus_client import Counter

MAX_TYPES = 1000
OTHER = "other"

_EMITTED = Counter("signalcast_events_emitted_total", "Streamed signals that were sent, by event type.", ["type"])
_FAILURES = Counter("signalcast_failures_total", "What went wrong on the way into the log and the group.", ["reason"])
appended = Counter("signalcast_events_appended_total", "Events inserted into the log; a rollback takes some back.")
published = Counter("signalcast_events_published_total", "Committed events that got their positions here.")

REASONS = {
    "append": "the first try to append failed",
    "retry": "the second one too, and the event is lost",
    "full": "the writer's queue was full, and the event is lost",
    "record": "the event could not be made, and is lost",
    "publish": "a pass failed, and will be repeated",
    "group": "a group message was not sent",
    "note": "what receivers did was not noted",
}
# From the beginning, each at 0: an increase from nothing would be no increase to Prometheus.
_failures = {reason: _FAILURES.labels(reason) for reason in REASONS}
_emitted: dict[str, Counter] = {}


def emitted(type: str) -> None:
    """A streamed signal was sent. Code may attach any number of types; those after the first 1,000 count as "other"."""
    counter = _emitted.get(type)
    if counter is None:
        type = type if len(_emitted) < MAX_TYPES else OTHER
        counter = _emitted[type] = _EMITTED.labels(type)
    counter.inc()


def failed(reason: str) -> None:
    _failures[reason].inc()
