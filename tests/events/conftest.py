"""A signal that is streamed, and what the log has of it."""

import json
import threading
import time

import pytest
from django.db import connection, connections
from django.dispatch import Signal
from prometheus_client import REGISTRY

from events import attach, detach, log, metrics, process
from events.process import publisher
from events.publisher import Publisher
from events.streams import MAIN


@pytest.fixture
def stream():
    """Streams a signal for the length of a test: a new one, unless one is given."""
    streamed = []

    def start(signal=None, *, type="shop.order_paid", **options):
        signal = signal or Signal()
        streamed.append(signal)
        attach(signal, type=type, **options)
        return signal

    yield start

    for signal in streamed:
        detach(signal)


@pytest.fixture
def order_paid(stream):
    return stream()


@pytest.fixture
def read_log(transactional_db):
    """What is in the log once everything has been published: CloudEvents, in order of position."""

    def read():
        assert publisher().flush(5)
        return [json.loads(entry.line) for entry in log.read(MAIN, 1, 10_000).entries]

    return read


@pytest.fixture
def in_memory(transactional_db, monkeypatch):
    """The log is taken for one in memory, and a publisher for itself that has no thread yet."""
    connection.ensure_connection()
    monkeypatch.setitem(connection.settings_dict, "NAME", "file:memory?mode=memory&cache=shared")
    monkeypatch.setattr(process, "_publisher", Publisher())


@pytest.fixture
def notes(read_log):
    """The `note` of every event in the log."""
    return lambda: [event["data"]["note"] for event in read_log()]


@pytest.fixture
def positions(read_log):
    return lambda: [int(event["sequence"]) for event in read_log()]


@pytest.fixture
def counted():
    """By how much a metric has grown since the test began: `counted("signalcast_events_appended_total")`."""
    before = _samples()

    def growth(name, **labels):
        now = _samples()
        key = (name, frozenset(labels.items()))
        return now.get(key, 0) - before.get(key, 0)

    return growth


@pytest.fixture
def failed(counted):
    """How often something failed during this test, by reason."""

    def failures():
        found = {reason: counted("signalcast_failures_total", reason=reason) for reason in metrics.REASONS}
        return {reason: count for reason, count in found.items() if count}

    return failures


def _samples():
    found = [sample for metric in REGISTRY.collect() for sample in metric.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in found}


@pytest.fixture
def until():
    """Waits until something holds that another thread brings about."""

    def wait(condition, seconds=5):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not come about"
            threading.Event().wait(0.005)

    return wait


@pytest.fixture
def own(monkeypatch, transactional_db):
    """A publisher of the test's own, in the place of the process's."""
    monkeypatch.setattr(process, "_publisher", Publisher())
    yield publisher()
    assert publisher().flush()


@pytest.fixture
def other(transactional_db, tmp_path):
    """A second database, for the length of a test."""
    given = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "other.sqlite3"}
    connections.settings["other"] = connections.configure_settings({"default": given})["default"]
    connections["other"].connect()
    yield "other"
    connections["other"].close()
    del connections["other"]
    del connections.settings["other"]
