"""events.outcomes: what became of signals gets into the notes, or is counted as lost; nobody waits for it."""

import gc
import threading
import tracemalloc

import pytest
from django.db import connection, transaction

from events import log, metrics, outcomes
from events.models import EventRow, NoteRow
from events.notes import REACTIONS
from events.numbering import number
from events.outcomes import Outcomes
from events.process import publisher
from events.sending import Sending
from events.streams import MAIN, key, unseal

from .test_log import an_event, append

HERE = f"{__name__}."


class Layer:
    """Takes down what is sent to the group."""

    sent = []

    async def group_send(self, group, message):
        self.sent.append(message)


@pytest.fixture
def notes_table(transactional_db):
    class Table:
        def take_away(self):
            execute("ALTER TABLE signalcast_note RENAME TO away")

        def put_back(self):
            if "away" in connection.introspection.table_names():
                execute("ALTER TABLE away RENAME TO signalcast_note")

    yield Table()

    Table().put_back()


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def a_sending(event=None):
    """One that is done, of an event."""
    sending = Sending(None, "send")
    sending.event_id, sending.type = (event.id, event.type) if event else ("nobody", "shop.order_paid")
    sending.finish()
    return sending


def noted():
    return list(NoteRow.objects.order_by("cursor").values_list("position", flat=True))


def test_every_event_is_noted_once_and_many_in_one_go(order_paid, own, positions, monkeypatch):
    monkeypatch.setattr(outcomes, "GATHER", 0.3)
    written = []
    write = outcomes.notes.write
    monkeypatch.setattr(
        outcomes.notes, "write", lambda stream, notes: written.append(len(notes)) or write(stream, notes)
    )
    for _ in range(30):
        order_paid.send(sender=None)

    assert positions() == list(range(1, 31))
    assert own.flush(5)
    assert sorted(noted()) == list(range(1, 31))
    assert len(written) <= 3


def test_a_sender_is_noted_only_once_it_has_its_answer_and_its_transaction_has_committed(order_paid, own, until):
    during = []

    def look(**arguments):
        assert publisher().flush(5)
        during.append((EventRow.objects.get().position, log.head(MAIN).noted))

    order_paid.connect(look)
    order_paid.send(sender=None)
    assert own.flush(5)
    order_paid.disconnect(look)
    with transaction.atomic():
        order_paid.send(sender=None)
        assert own.flush(5)
        before = log.head(MAIN).noted

    assert own.flush(5)
    assert (during, before, log.head(MAIN).noted) == ([(1, 0)], 1, 2)


def test_where_the_notes_have_no_place_events_go_on_and_nothing_is_forgotten(
    order_paid, positions, own, notes_table, failed, caplog
):
    notes_table.take_away()
    order_paid.send(sender=None)
    order_paid.send(sender=None)
    before = positions()
    notes_table.put_back()
    own._note()

    assert before == [1, 2]
    assert noted() == [1, 2]
    assert set(failed()) == {"note"}
    assert "migrated (manage.py migrate)" in caplog.text


def test_once_the_notes_have_their_place_again_whoever_flushes_waits_for_them(
    order_paid, own, notes_table, failed, until
):
    notes_table.take_away()
    order_paid.send(sender=None)
    until(lambda: "note" in failed())
    notes_table.put_back()
    own._note()
    order_paid.send(sender=None)

    assert own.flush(5)
    assert noted() == [1, 2]


def test_one_more_than_fit_is_lost_counted_and_said_now_and_then(failed, caplog, monkeypatch):
    monkeypatch.setattr(outcomes, "SIZE", 3)
    waiting = Outcomes()
    for _ in range(5):
        waiting.add(a_sending())

    assert len(waiting) == 3
    assert failed() == {"note": 2}
    assert caplog.text.count("more is lost") == 1


def test_whoever_adds_the_first_is_told_to_ring_and_the_others_are_not():
    waiting = Outcomes()

    assert [waiting.add(a_sending()) for _ in range(3)] == [True, False, False]
    assert 0 < waiting.delay <= outcomes.GATHER


def test_what_has_no_position_yet_waits_for_it_and_is_tried_again(transactional_db, failed):
    event = an_event()
    append(event)
    waiting = Outcomes()
    waiting.add(a_sending(event))
    first = waiting.store()
    was_waiting = waiting.waits_for_positions
    EventRow.objects.update(position=7)
    second = waiting.store()

    assert (first, was_waiting, second, waiting.waits_for_positions) == (0, True, 1, False)
    assert noted() == [7]
    assert failed() == {}


def test_whoever_flushes_waits_for_what_another_process_has_given_its_position(own, failed, monkeypatch):
    monkeypatch.setattr(outcomes, "WAIT", 3600)
    event = an_event()
    (row_id,) = append(event)
    own.note_here(a_sending(event))
    before = len(own._outcomes), own._outcomes.waits_for_positions
    number(MAIN, using="default")
    own.wake(row_id)

    assert own.flush(5)
    assert (before, noted(), failed()) == ((1, True), [1], {})


def test_it_does_not_wait_for_ever(transactional_db, failed, caplog, monkeypatch):
    monkeypatch.setattr(outcomes, "PATIENCE", 0)
    event = an_event()
    append(event)
    waiting = Outcomes()
    waiting.add(a_sending(event))
    waiting.store()

    assert (len(waiting), waiting.waits_for_positions or len(waiting)) in ((0, True), (0, 0))
    assert failed() == {"note": 1}
    assert "no position within a minute" in caplog.text


def test_of_an_event_that_was_pruned_meanwhile_nothing_is_noted(transactional_db, failed):
    waiting = Outcomes()
    waiting.add(a_sending(an_event()))

    assert (waiting.store(), len(waiting), noted(), failed()) == (0, 0, [], {})


def test_the_oldest_notes_are_pruned_as_new_ones_come(order_paid, own, positions, settings, monkeypatch):
    settings.SIGNALCAST = {"MAX_NOTES": 5}
    monkeypatch.setattr(outcomes.notes, "BATCH", 4)
    for _ in range(20):
        order_paid.send(sender=None)
        assert own.flush(5)

    assert sorted(noted())[-5:] == [16, 17, 18, 19, 20]
    assert len(noted()) <= 5 + 4


def test_the_group_is_told_up_to_which_cursor_something_was_noted(order_paid, own, settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": HERE + "Layer"}}
    Layer.sent.clear()
    order_paid.send(sender=None)
    assert own.flush(5)

    messages = [unseal(sent, key(settings.SECRET_KEY)) for sent in Layer.sent]
    assert [(message.start, len(message.lines)) for message in messages] == [(1, 1), (1, 0)]
    assert messages[1].epoch == log.head(MAIN).epoch


def test_what_is_lost_when_the_process_ends_is_said(own, caplog):
    own._outcomes.add(a_sending())
    own.give_up()
    own._outcomes._waiting.clear()

    assert "What the receivers of 1 events did is lost: the process ended" in caplog.text


def test_a_burst_leaves_nothing_in_memory(order_paid, own, positions):
    def burst():
        with transaction.atomic():
            for _ in range(500):
                order_paid.send(sender=None, note="x" * 1000)
        assert own.flush(30)

    burst()
    gc.collect()
    tracemalloc.start()
    try:
        burst()
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert log.head(MAIN).noted == 1000
    assert held < 500_000


def test_inline_the_sender_notes_it_when_it_has_its_answer(order_paid, own, settings):
    settings.SIGNALCAST = {"PUBLISHER": "inline"}
    order_paid.send(sender=None)
    with transaction.atomic():
        order_paid.send(sender=None)
        before = log.head(MAIN).noted

    assert (before, log.head(MAIN).noted, noted()) == (1, 2, [1, 2])
    assert own._thread is None


def test_many_senders_at_once_are_all_noted(order_paid, own, positions):
    def send():
        for _ in range(25):
            order_paid.send(sender=None)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert positions() == list(range(1, 101))
    assert own.flush(10)
    assert sorted(noted()) == list(range(1, 101))
    assert {note.kind for note in log.read_notes(MAIN, 0, 1000).notes} == {REACTIONS}
    assert "note" in metrics.REASONS
