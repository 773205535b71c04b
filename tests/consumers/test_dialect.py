"""The two ways in which the same things are said."""

import json
from datetime import UTC, datetime

from consumers.batch import Batch
from consumers.dialect import CloudEvents, SignalcastV1
from consumers.opening import Opening
from consumers.protocol import WINDOW_EVENTS, Gap, Hello
from consumers.window import Drain, Pace, Window

from .memory import entry

NOW = datetime(2026, 11, 22, 16, 8, 43, tzinfo=UTC)
BATCH = Batch(1, 4, [entry(1), entry(3)], tip=entry(3).id, head=9)
OPENING = Opening(epoch="one", start=4, tip=None, head=9, oldest=1, gap=None)


def test_v1_says_a_batch_in_one_frame_and_plain_cloudevents_in_one_for_each_event():
    assert SignalcastV1().batch(BATCH) == [BATCH.frame]
    assert CloudEvents("/s").batch(BATCH) == [entry(1).line, entry(3).line]


def test_plain_cloudevents_say_nothing_of_what_is_no_news():
    plain = CloudEvents("/s")

    assert plain.welcome(Hello(), OPENING, 10.0, 0) == []
    assert plain.filtered(4) == []
    assert plain.heartbeat(9, NOW) == []
    assert plain.batch(Batch(1, 4, [], tip=None, head=9)) == []


def test_plain_cloudevents_say_gap_error_and_bye_with_the_data_of_v1():
    v1, plain = SignalcastV1(), CloudEvents("/signalcast/main")
    gap = Gap(start=3, stop=9, reason="retention")
    pairs = [
        (v1.gap(gap, NOW), plain.gap(gap, NOW)),
        (v1.error(4400, "No.", NOW), plain.error(4400, "No.", NOW)),
        (v1.bye(4012, 1000, NOW), plain.bye(4012, 1000, NOW)),
    ]

    for (said,), (event,) in pairs:
        message, event = json.loads(said), json.loads(event)
        assert event["type"] == f"signalcast.{message.pop('op')}"
        assert event["source"] == "/signalcast/main"
        assert event["data"] == message


def test_who_acknowledges_has_a_window_and_who_does_not_is_drained_or_has_a_pace():
    assert SignalcastV1().answers and isinstance(SignalcastV1().flow(Hello(), 0.0, None), Window)
    assert not CloudEvents("/s").answers and isinstance(CloudEvents("/s").flow(Hello(), 0.0, None), Pace)
    assert isinstance(CloudEvents("/s").flow(Hello(), 0.0, {"buffered": lambda: 0}), Drain)


def test_the_welcome_repeats_the_window_that_is_kept():
    (frame,) = SignalcastV1().welcome(Hello(window=WINDOW_EVENTS), OPENING, 2.5, 70)

    welcome = json.loads(frame)
    assert (welcome["window"], welcome["heartbeat_ms"], welcome["from"]) == (WINDOW_EVENTS, 2500, 4)
    assert welcome["reactions_after"] == 70
