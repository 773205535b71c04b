"""The notebook: what is noted of events, from the ring and from the log, each read once."""

import asyncio

import pytest

from consumers.notebook import BEFORE, LEAF, MAX_LEAVES, Notebook
from events.event import Head

from .memory import MemoryLog


def head(log):
    return Head(epoch=log.epoch, position=log.head_position, noted=log.noted)


def texts(notes):
    return [note.cursor for note in notes]


async def begin(log, **bounds):
    notebook = Notebook(log, lambda position: None, **bounds)
    notebook.begin_anew(head(log))
    await notebook.read_up_to(head(log))
    return notebook


@pytest.fixture
async def log():
    return MemoryLog(events=2000)


async def test_what_is_noted_is_read_once_for_everybody(log):
    notebook = await begin(log)
    log.note(1999, 2000)
    log.calls.clear()

    assert await notebook.read_up_to(head(log))
    pages = [notebook.page_at_hand(0) for _ in range(3)]

    assert log.calls == [("notes", 0)]
    assert texts(pages[0].notes) == [1, 2]
    assert pages[0] is pages[1] is pages[2]
    assert not await notebook.read_up_to(head(log))


async def test_who_begins_has_the_newest_of_what_was_noted_before(log):
    log.note(*range(1, BEFORE + 501))

    notebook = await begin(log)

    assert notebook.page_at_hand(499) is None
    assert texts(notebook.page_at_hand(500).notes)[:2] == [501, 502]


async def test_older_notes_are_read_from_the_log_once_for_all_who_want_them(log):
    log.note(*range(1, 501))
    notebook = await begin(log, notes=100)
    log.calls.clear()

    pages = await asyncio.gather(*(notebook.page(0) for _ in range(50)))

    assert log.calls == [("notes", 0)]
    assert texts(pages[0].notes) == list(range(1, 501))
    assert pages[0].last == 500


async def test_no_more_notes_are_read_at_once_than_make_a_megabyte_with_their_events():
    log = MemoryLog()
    log.append(200, size=20_000)
    log.note(*range(1, 201))
    notebook = await begin(log, notes=10)

    first = await notebook.page(0)
    second = await notebook.page(0)

    assert len(first.notes) == 200
    assert 40 < len(second.notes) < 60


async def test_what_was_pruned_is_simply_gone(log):
    log.note(*range(1, 501))
    notebook = await begin(log, notes=100)
    log.prune_notes(301)

    page = await notebook.page(0)
    log.prune_notes(490)
    later = await notebook.page(0)

    assert (texts(page.notes), page.last) == (list(range(301, 501)), 500)
    assert (texts(later.notes)[0], later.last) == (490, 500)


async def test_where_a_whole_page_was_pruned_the_cursor_moves_on_to_what_is_kept(log):
    log.note(*range(1, 1501))
    log.note(*range(1, 1501))
    notebook = await begin(log, notes=10)
    log.prune_notes(2900)

    assert (await notebook.page(0)).last == 2899


async def test_a_table_that_lost_its_end_holds_nobody_up(log):
    log.note(*range(1, 501))
    notebook = await begin(log, notes=10)
    log.notes, log.noted = [], 0

    page = await notebook.page(100)

    assert (page.notes, page.last) == ([], 490)
    assert not await notebook.read_up_to(head(log))
    assert notebook.noted == 0


async def test_what_was_noted_of_a_range_comes_from_the_log_and_from_the_ring(log):
    log.note(5, 600, 5, 1700)
    notebook = await begin(log, notes=2)
    log.note(600, 6)
    await notebook.read_up_to(head(log))
    log.calls.clear()

    assert notebook.of_at_hand(1, 2001, 6) is None
    found = await notebook.of(1, 2001, 6)

    assert texts(found) == [1, 3, 6, 2, 5, 4]
    assert notebook.of_at_hand(1, 2001, 6) == found
    # Nothing is asked of positions of which nothing was noted yet.
    assert log.calls == [("notes of", first, first + LEAF) for first in (1, 501, 1001, 1501)]


async def test_a_leaf_that_was_read_is_completed_by_the_ring(log):
    log.note(*range(1, 20))
    notebook = await begin(log, notes=5)
    await notebook.of(1, 20, 19)
    log.note(3)
    await notebook.read_up_to(head(log))
    log.calls.clear()

    assert texts(await notebook.of(3, 4, 20)) == [3, 20]
    assert texts(await notebook.of(3, 4, 19)) == [3]
    assert not log.calls

    log.note(4, 4, 4, 4, 4, 4)
    await notebook.read_up_to(head(log))

    assert texts(await notebook.of(3, 4, 26)) == [3, 20]
    assert log.calls[-1] == ("notes of", 1, 1 + LEAF)


async def test_nothing_is_asked_where_nothing_was_ever_noted(log):
    notebook = await begin(log)
    log.calls.clear()

    assert await notebook.of(1, 2001, 0) == []
    assert (notebook.top, log.calls) == (0, [])


async def test_leaves_are_bounded():
    log = MemoryLog(events=LEAF * (MAX_LEAVES + 4))
    log.note(*range(1, log.head_position + 1))
    notebook = await begin(log, notes=1)

    found = await notebook.of(1, log.head_position + 1, log.noted)

    assert texts(found) == list(range(1, log.noted + 1))
    assert [buffer.levels[0].held for buffer in notebook.buffers] == [1, MAX_LEAVES, 0]


async def test_another_log_has_other_notes(log):
    log.note(*range(1, 30))
    notebook = await begin(log)
    await notebook.of(1, 30, 29)
    log.replace("two", 10)
    log.note(2)

    notebook.begin_anew(head(log))
    await notebook.read_up_to(head(log))

    assert (notebook.noted, texts(await notebook.of(1, 30, 1))) == (1, [1])
    assert notebook.page_at_hand(0).notes[0].entry.id == log.held[1].id


async def test_an_answer_of_the_log_before_is_not_taken(log):
    notebook = await begin(log)
    log.note(1, 2, 3)
    log.may_answer.clear()
    reading = asyncio.create_task(notebook.read_up_to(head(log)))
    await asyncio.sleep(0)
    notebook.begin_anew(Head(epoch="two", position=0, noted=0))
    log.may_answer.set()

    await reading

    assert notebook.noted == 0


async def test_a_ghost_is_its_own_event(log):
    log.ghost(1)

    [ghost] = (await begin(log)).page_at_hand(0).notes

    assert ghost.entry.line == ghost.text
    assert ghost.entry.type == "academy.order_paid"
