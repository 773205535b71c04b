"""Bounded: how much may be under way to a client, with a clock that tests turn."""

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.batch import Batch
from consumers.filter import EVERYTHING
from consumers.noteframe import NoteFrame
from consumers.protocol import FRAME_BYTES, FRAME_EVENTS, WINDOW_BYTES, WINDOW_EVENTS
from consumers.subscription import select
from consumers.window import Drain, Pace, Window

from .memory import entry

SMALL = [entry(position) for position in range(1, 5001)]
LARGE = [entry(position, size=60_000) for position in range(1, 60)]
HUGE = [entry(position, size=2_000_000) for position in range(1, 4)]


def fill(window, entries, now=0.0):
    """Send all that the window takes at once. Returns the batches that are under way."""
    under_way = []
    position = 1
    while window.is_open and position <= len(entries):
        batch = select(EVERYTHING, position, entries[position - 1 :], window.limit, len(entries))
        assert window.send(batch, now) == 0.0
        under_way.append(batch)
        position = batch.stop
    return under_way


def events(batches):
    return sum(len(batch.entries) for batch in batches)


def size(batches):
    return sum(len(batch.frame) for batch in batches)


@settings(max_examples=30)
@given(wanted=st.integers(1, WINDOW_EVENTS))
def test_never_more_events_are_under_way_than_the_client_wants(wanted):
    under_way = fill(Window(wanted, 0.0), SMALL)

    assert 1 <= events(under_way) <= wanted


def test_never_more_than_a_mebibyte_is_under_way():
    for filling in (0, 100, 240, 241, 245, 250, 1000, 10_000, 29_800, 60_000):
        entries = [entry(position, size=filling) for position in range(1, 5001 if filling < 300 else 1200)]

        under_way = fill(Window(WINDOW_EVENTS, 0.0), entries)

        assert size(under_way) <= WINDOW_BYTES
        assert size(under_way) > WINDOW_BYTES // 2 or events(under_way) > WINDOW_EVENTS // 2


def test_a_frame_holds_a_thousand_events_or_256_kb():
    thousand = select(EVERYTHING, 1, SMALL, FRAME_EVENTS, 5000)
    heavy = select(EVERYTHING, 1, LARGE, FRAME_EVENTS, 59)

    assert len(thousand.entries) == FRAME_EVENTS
    assert FRAME_BYTES // 2 < len(heavy.frame) <= FRAME_BYTES


def test_a_single_event_larger_than_a_window_still_goes_and_alone():
    window = Window(WINDOW_EVENTS, 0.0)

    first = fill(window, HUGE)

    assert [len(batch.entries) for batch in first] == [1]
    window.acknowledge(first[0].stop, 1.0)
    assert window.is_open


def test_a_small_window_lets_the_next_event_go_before_the_first_is_acknowledged():
    window = Window(256, 0.0)

    window.send(Batch(1, 2, SMALL[:1], tip="", head=1), 0.0)

    assert window.is_open


@settings(max_examples=20)
@given(wanted=st.integers(1, WINDOW_EVENTS), trickles=st.booleans())
def test_a_client_that_acknowledges_at_half_a_window_is_never_left_waiting(wanted, trickles):
    window = Window(wanted, 0.0)
    position = told = 1

    for _ in range(3):
        while window.is_open:
            batch = select(EVERYTHING, 1, SMALL[: 1 if trickles else None], window.limit, 5000)
            batch = Batch(position, position + len(batch.entries), batch.entries, tip="", head=0)
            window.send(batch, 0.0)
            position = batch.stop
        assert position - told >= wanted / 2 or wanted == 1
        told = position
        window.acknowledge(told, 0.0)


def test_an_acknowledgement_frees_what_it_covers_and_only_that():
    window = Window(WINDOW_EVENTS, 0.0)
    under_way = fill(window, SMALL)
    assert not window.is_open

    window.acknowledge(under_way[0].stop - 1, 1.0)
    assert not window.is_open
    window.acknowledge(under_way[0].stop, 1.0)
    assert window.is_open


def test_a_client_that_lets_a_full_window_lie_for_a_minute_is_stalled():
    window = Window(WINDOW_EVENTS, 0.0)
    fill(window, SMALL, now=10.0)

    assert not window.is_stalled(70.0)
    assert window.is_stalled(70.1)


def test_a_slow_client_that_acknowledges_something_is_not_stalled():
    window = Window(WINDOW_EVENTS, 0.0)
    under_way = fill(window, SMALL)

    window.acknowledge(under_way[0].start, 50.0)

    assert not window.is_open
    assert not window.is_stalled(109.0)
    assert window.is_stalled(110.1)


def test_an_open_window_is_never_stalled():
    window = Window(WINDOW_EVENTS, 0.0)
    window.send(Batch(1, 2, SMALL[:1], tip="", head=1), 0.0)

    assert not window.is_stalled(10**6)


def test_a_client_that_does_not_acknowledge_gets_a_megabyte_a_second():
    pace = Pace(0.0)
    clock = sent = 0.0

    for batch in fill(Window(10**6, 0.0), LARGE) * 40:
        clock += pace.send(batch, clock)
        sent += sum(len(entry.line) for entry in batch.entries)

        assert sent <= 1_000_000 * clock + 250_000 + 1
    assert sent >= 1_000_000 * clock


def test_a_client_that_was_idle_for_long_has_saved_nothing_up_but_the_burst():
    pace = Pace(0.0)
    half = Batch(1, 9, LARGE[:8], tip="", head=8)

    assert pace.send(half, 1000.0) > 0.2
    assert pace.is_open and not pace.is_stalled(10**9)


def test_small_events_are_not_slowed():
    pace = Pace(0.0)

    assert pace.send(Batch(1, 2, SMALL[:1], tip="", head=1), 5.0) == 0.0


class Outbox(dict):
    """What a server offers: as much is buffered as the test says."""

    def __init__(self):
        self.held = 0
        super().__init__(buffered=lambda: self.held)


def test_nothing_is_sent_while_the_server_holds_more_than_64_kib():
    outbox = Outbox()
    drain = Drain(outbox, 0.0)

    assert drain.send(Batch(1, 9, LARGE[:8], tip="", head=8), 0.0) == 0.0
    outbox.held = 65_536
    assert drain.is_open
    outbox.held = 65_537
    assert not drain.is_open


def test_a_window_waits_for_the_server_as_well_and_is_not_stalled_by_that():
    outbox = Outbox()
    window = Window(WINDOW_EVENTS, 0.0, outbox)
    window.send(Batch(1, 9, LARGE[:4], tip="", head=8), 0.0)

    outbox.held = 65_537
    assert not window.is_open
    # It acknowledges what it has read, and reads slowly; one that reads nothing answers no ping.
    assert not window.is_stalled(10**6)
    outbox.held = 65_536
    assert window.is_open


def test_a_client_that_takes_nothing_of_that_for_a_minute_is_stalled():
    outbox = Outbox()
    drain = Drain(outbox, 0.0)
    assert not drain.is_stalled(100.0)
    drain.send(Batch(1, 9, LARGE[:8], tip="", head=8), 200.0)
    outbox.held = 10**6

    assert not drain.is_stalled(260.0)
    assert drain.is_stalled(260.1)
    outbox.held = 0
    assert not drain.is_stalled(270.0)


def notes(size):
    return NoteFrame("reactions", 1, ["x" * size], reached=1)


def test_notes_count_with_the_batch_before_them_where_the_server_tells_nothing():
    window = Window(WINDOW_EVENTS, 0.0)
    window.send(Batch(1, 2, SMALL[:1], tip="", head=1), 0.0)

    for _ in range(4):
        assert window.send_notes(notes(FRAME_BYTES), 0.0) == 0.0
    is_full = not window.is_open
    window.acknowledge(2, 1.0)

    assert is_full and window.is_open


def test_notes_of_nothing_that_is_under_way_go_no_faster_than_to_clients_that_do_not_acknowledge():
    window = Window(WINDOW_EVENTS, 0.0)

    pauses = [window.send_notes(notes(250_000), 0.0) for _ in range(3)]

    assert pauses == [0.0, 0.25, 0.5]
    assert window.is_open


def test_notes_wait_for_the_outbox_alone_where_the_server_tells_of_it():
    held = 0
    window = Window(WINDOW_EVENTS, 0.0, {"buffered": lambda: held})
    window.send(Batch(1, 2, SMALL[:1], tip="", head=1), 0.0)

    assert [window.send_notes(notes(FRAME_BYTES), 0.0) for _ in range(9)] == [0.0] * 9
    assert window.is_open
    held = 100_000
    assert not window.is_open
