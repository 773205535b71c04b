"""events.metrics: what a process counts as it records and publishes."""

import time

import pytest
from django.db import transaction

from events import log, metrics
from events.process import publisher
from events.streams import MAIN


def test_every_streamed_signal_is_counted_by_its_type_from_sending_to_publishing(counted, stream, read_log):
    paid, shipped = stream(type="shop.paid"), stream(type="shop.shipped")

    for signal in (paid, paid, shipped):
        signal.send(sender=None)
    assert len(read_log()) == 3

    assert counted("signalcast_events_emitted_total", type="shop.paid") == 2
    assert counted("signalcast_events_emitted_total", type="shop.shipped") == 1
    assert counted("signalcast_events_appended_total") == 3
    assert counted("signalcast_events_published_total") == 3


def test_what_is_rolled_back_was_emitted_and_appended_and_is_never_published(counted, order_paid, read_log):
    with transaction.atomic():
        order_paid.send(sender=None)
        transaction.set_rollback(True)
    order_paid.send(sender=None)
    assert len(read_log()) == 1

    assert counted("signalcast_events_emitted_total", type="shop.order_paid") == 2
    assert counted("signalcast_events_published_total") == 1


def test_a_signal_that_cannot_be_recorded_is_emitted_too(counted, stream, failed, monkeypatch, db):
    signal = stream()
    monkeypatch.setattr("events.receivers.fill", None)

    signal.send(sender=None)

    assert failed() == {"record": 1}
    assert counted("signalcast_events_emitted_total", type="shop.order_paid") == 1
    assert counted("signalcast_events_appended_total") == 0


def test_types_without_end_become_one(counted, monkeypatch):
    monkeypatch.setattr(metrics, "MAX_TYPES", len(metrics._emitted) + 1)

    for number in range(5):
        metrics.emitted(f"tenant{number}.paid")
        metrics.emitted(f"tenant{number}.paid")

    assert counted("signalcast_events_emitted_total", type="tenant0.paid") == 2
    assert counted("signalcast_events_emitted_total", type="other") == 8
    assert counted("signalcast_events_emitted_total", type="tenant1.paid") == 0
    assert "tenant1.paid" not in metrics._emitted


def test_a_reason_that_nobody_documented_cannot_be_counted():
    with pytest.raises(KeyError):
        metrics.failed("somehow")


def test_the_log_tells_since_when_an_event_has_been_waiting_for_its_position(settings, order_paid, read_log, until):
    settings.SIGNALCAST = {"PUBLISHER": "off"}
    assert log.waiting_since(MAIN) is None

    order_paid.send(sender=None)
    first = log.waiting_since(MAIN)
    until(lambda: time.time() > first + 0.002)
    order_paid.send(sender=None)

    assert log.waiting_since(MAIN) == first
    assert first == pytest.approx(time.time(), abs=60)
    publisher().wake(0)
    assert len(read_log()) == 2
    assert log.waiting_since(MAIN) is None
