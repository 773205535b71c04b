"""events.notes: what is learnt of events later, in an order of its own."""

import threading

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from events import log, notes
from events.event import Head, Note
from events.lessons import learn
from events.models import NotebookRow, NoteRow
from events.numbering import number
from events.streams import MAIN

from .test_log import append_and_number


@pytest.fixture(autouse=True)
def database(transactional_db):
    return connections["default"]


def a_note(position=None, *, kind=notes.REACTIONS, event_id="e", text="{}"):
    return Note(kind=kind, position=position, event_id=event_id, type="shop.order_paid", text=text)


def write(*texts):
    return notes.write(MAIN, [a_note(text=text) for text in texts])


def held():
    return list(NoteRow.objects.order_by("cursor").values_list("cursor", flat=True))


def stretch(found):
    return found.start, found.stop, found.oldest, [note.text for note in found.notes]


def test_notes_get_the_next_cursors_in_the_order_in_which_they_are_given():
    assert [write("a", "b"), write("c")] == [2, 3]

    assert stretch(log.read_notes(MAIN, 0, 10)) == (1, 4, 1, ["a", "b", "c"])
    assert stretch(log.read_notes(MAIN, 1, 1)) == (2, 3, 1, ["b"])
    assert stretch(log.read_notes(MAIN, 3, 10)) == (4, 4, 1, [])


def test_where_nothing_was_noted_there_is_nothing_to_read():
    assert (notes.head(MAIN), notes.oldest(MAIN)) == (0, 1)
    assert stretch(log.read_notes(MAIN, 0, 10)) == (1, 1, 1, [])
    assert notes.write(MAIN, []) == 0


def test_the_head_of_the_log_tells_how_far_the_notes_go_in_the_same_statement():
    _, numbered = append_and_number(3)
    before = log.head(MAIN)
    write("a", "b")
    with CaptureQueriesContext(connection) as queries:
        after = log.head(MAIN)

    assert before == Head(epoch=numbered.epoch, position=3, noted=0)
    assert after == Head(epoch=numbered.epoch, position=3, noted=2)
    assert len(queries) == 1


def test_writing_many_costs_two_statements():
    write("the notebook is made")
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        notes.write(MAIN, [a_note(n) for n in range(1, 1001)])

    assert [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]] == ["UPDATE", "INSERT"]
    assert notes.head(MAIN) == 1001


def test_however_many_they_are_psycopg_has_few_values_to_look_for():
    """It looks for each in Python, and senders in the same process wait meanwhile."""
    counts = []

    def count(execute, sql, params, many, context):
        counts.append(len(params or ()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        notes.write(MAIN, [a_note(n) for n in range(100)])
        log.positions({str(number) for number in range(100)})

    assert len(counts) >= 3
    assert max(counts) <= 2


def test_a_note_comes_with_its_event_as_the_log_gives_it():
    events, numbered = append_and_number(2)
    notes.write(MAIN, [a_note(2, event_id=events[1].id), a_note(event_id="gone", kind=notes.GHOST)])

    first, second = log.read_notes(MAIN, 0, 10).notes

    assert (first.position, first.entry.position, first.entry.line) == (2, 2, numbered.entries[1].line)
    assert (second.kind, second.position, second.entry) == (notes.GHOST, None, None)


def test_what_is_known_of_a_range_comes_by_position_and_without_ghosts():
    notes.write(MAIN, [a_note(3, text="c"), a_note(kind=notes.GHOST), a_note(1, text="a"), a_note(3, text="later")])

    assert [note.text for note in log.notes_of(MAIN, 1, 4)] == ["a", "c", "later"]
    assert [note.text for note in log.notes_of(MAIN, 1, 3)] == ["a"]
    assert log.notes_of("other", 1, 4) == []


def test_what_is_known_of_an_event_comes_newest_last():
    notes.write(
        MAIN, [a_note(1, event_id="e1", text="a"), a_note(2, event_id="e2"), a_note(1, event_id="e1", text="b")]
    )

    assert [note.text for note in log.notes_of_event("e1")] == ["a", "b"]


def test_what_is_rolled_back_leaves_no_hole():
    class Undo(Exception):
        pass

    with pytest.raises(Undo), transaction.atomic():
        write("never")
        raise Undo
    write("a")

    assert stretch(log.read_notes(MAIN, 0, 10)) == (1, 2, 1, ["a"])


@pytest.mark.parametrize("keep", [0, 1, 3, 10])
def test_only_the_newest_are_kept(keep, monkeypatch):
    monkeypatch.setattr(notes, "BATCH", 2)
    write("a", "b", "c", "d", "e")
    deleted = notes.prune(MAIN, keep)

    assert (deleted, held()) == (max(0, 5 - keep), list(range(max(1, 6 - keep), 6)))
    assert notes.oldest(MAIN) == max(1, 6 - keep)
    assert write("f") == 6


def test_what_was_noted_of_an_event_is_pruned_with_it():
    append_and_number(3)
    notes.write(MAIN, [a_note(2), a_note(1), a_note(3), a_note(kind=notes.GHOST)])
    log.prune(MAIN, 3)

    assert held() == [3, 4]


def test_streams_have_cursors_of_their_own():
    write("a")
    notes.write("other", [a_note()])

    assert (notes.head(MAIN), notes.head("other")) == (1, 1)


def test_dense_whoever_writes_at_the_same_moment():
    """*dense*, for notes: no hole, and once a cursor is seen nothing smaller appears later."""
    threads = [threading.Thread(target=write_many, args=[f"t{n}"]) for n in range(4)]
    for thread in threads:
        thread.start()
    seen = []
    while any(thread.is_alive() for thread in threads):
        seen += [note.cursor for note in log.read_notes(MAIN, len(seen), 100).notes]
    seen += [note.cursor for note in log.read_notes(MAIN, len(seen), 1000).notes]

    assert seen == held() == list(range(1, 4 * 20 * 3 + 1))


def write_many(name):
    for n in range(20):
        with transaction.atomic():
            write(*[f"{name} {n} {each}" for each in "abc"])
    connection.close()


@pytest.mark.only_on("postgresql")
def test_notes_and_numbers_do_not_wait_for_each_other():
    append_and_number(1)
    write("a")
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT 1 FROM signalcast_stream FOR UPDATE")
        written = write("b")
        cursor.execute("ROLLBACK; BEGIN; SELECT 1 FROM signalcast_notebook FOR UPDATE")
        numbered = number(MAIN, using="default")
        cursor.execute("ROLLBACK")
    other.close()

    assert (written, numbered.entries) == (2, [])


@pytest.mark.only_on("postgresql")
def test_whoever_writes_waits_for_others_whatever_the_project_prefers():
    append_and_number(1)
    seen = {}

    def ask(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith(("UPDATE", "INSERT")):
            with context["connection"].cursor().connection.cursor() as cursor:
                (seen[sql.split()[1 + sql.startswith("INSERT")]],) = cursor.execute(
                    "SHOW transaction_isolation"
                ).fetchone()
        return result

    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    try:
        with connection.execute_wrapper(ask):
            write("a")
            learn(MAIN)
    finally:
        connection.close()

    tables = ("signalcast_notebook", "signalcast_note", "signalcast_lesson")
    assert seen == dict.fromkeys(tables, "read committed")


def test_a_note_that_cannot_be_stored_takes_no_cursor():
    write("a")
    with pytest.raises(DatabaseError):
        notes.write(MAIN, [a_note(text="b"), a_note(text=None)])

    assert (NotebookRow.objects.get().head, held()) == (1, [1])
