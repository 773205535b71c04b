"""The ring of notes: bounded, by cursor and by position."""

import pytest

from consumers.notering import NoteRing
from events.event import Note, Notes


def note(cursor, position=None, size=10):
    return Note(cursor=cursor, kind="reactions", position=position, event_id="", type="", text="x" * size)


def found(*notes, start=None):
    first = start or notes[0].cursor
    return Notes(start=first, stop=notes[-1].cursor + 1, oldest=1, notes=notes)


def cursors(notes):
    return [each.cursor for each in notes]


@pytest.fixture
def ring():
    return NoteRing(notes=3, bytes=1000)


def test_notes_are_found_by_cursor_and_by_position(ring):
    ring.append(found(note(1, 7), note(2, 5), note(3, 7)))

    assert cursors(ring.slice(2, 10)) == [2, 3]
    assert cursors(ring.slice(1, 2)) == [1, 2]
    assert cursors(ring.of(5, 8)) == [2, 1, 3]
    assert cursors(ring.of(6, 7)) == []


def test_what_is_read_twice_is_there_once(ring):
    ring.append(found(note(1, 7), note(2, 8)))

    ring.append(found(note(2, 8), note(3, 9)))

    assert cursors(ring.slice(1, 10)) == [1, 2, 3]


def test_the_oldest_go_and_the_ring_says_of_which_events_it_no_longer_knows_all(ring):
    ring.append(found(*(note(number, 10 + number) for number in range(1, 6))))

    assert (ring.start, ring.next, ring.floor, ring.top) == (3, 6, 12, 15)
    assert cursors(ring.of(1, 20)) == [3, 4, 5]


def test_a_late_note_of_an_old_event_does_not_hide_what_is_known_of_newer_ones(ring):
    ring.append(found(note(1, 20), note(2, 3), note(3, 21), note(4, 22)))

    assert (ring.floor, cursors(ring.of(1, 30))) == (20, [2, 3, 4])


def test_it_is_bounded_in_bytes():
    ring = NoteRing(notes=100, bytes=100)

    ring.append(found(*(note(number, number, size=40) for number in range(1, 10))))

    assert cursors(ring.slice(ring.start, 100)) == [8, 9]


def test_what_was_pruned_before_it_was_read_is_passed_over(ring):
    ring.append(found(note(5, 50), start=1))

    assert (cursors(ring.slice(1, 10)), ring.next) == ([5], 6)


def test_ghosts_have_no_position_and_are_found_by_cursor(ring):
    ring.append(found(note(1), note(2, 5)))

    assert (cursors(ring.slice(1, 10)), ring.top) == ([1, 2], 5)


def test_after_it_was_cleared_it_knows_all_of_newer_events_alone(ring):
    ring.append(found(note(1, 7)))

    ring.clear(4, 9)
    ring.append(found(note(4, 12)))

    assert cursors(ring.slice(4, 10)) == [4]
    assert (ring.floor, ring.top) == (9, 12)
