"""consumers.pages: each page of the log is read once for everybody who wants it."""

import asyncio

import pytest

from consumers.pages import FIRST_EVENTS, MAX_BYTES, MAX_EVENTS, MAX_KEPT, MAX_KEPT_BYTES, Pages

from .conftest import until
from .memory import MemoryLog


def pages_of(log):
    pages = Pages(log.read)
    pages.begin_anew(log.epoch)
    return pages


def positions(page):
    return [entry.position for entry in page.entries]


async def test_many_who_want_a_page_at_once_cost_one_read():
    log = MemoryLog(events=50)
    pages = pages_of(log)

    found = await asyncio.gather(*(pages.at(1) for _ in range(100)))

    assert [positions(page) for page in found] == [list(range(1, 51))] * 100
    assert len(log.calls) == 1


async def test_a_page_before_the_head_is_kept_and_one_that_reaches_it_is_not():
    log = MemoryLog(events=FIRST_EVENTS + 1)
    pages = pages_of(log)
    await pages.at(1)
    await pages.at(FIRST_EVENTS + 1)

    await pages.at(1)
    await pages.at(FIRST_EVENTS + 1)

    assert [start for start, _ in log.calls] == [1, FIRST_EVENTS + 1, FIRST_EVENTS + 1]


async def test_who_reads_a_page_in_several_goes_and_who_is_nearby_cost_one_read():
    log = MemoryLog(events=3 * FIRST_EVENTS)
    pages = pages_of(log)
    page = await pages.at(11)

    nearby = [await pages.at(position) for position in (12, FIRST_EVENTS, FIRST_EVENTS + 10)]
    outside = [await pages.at(position) for position in (10, FIRST_EVENTS + 11)]

    assert nearby == [page] * 3
    assert [start for start, _ in log.calls] == [11, 10, FIRST_EVENTS + 11]
    assert [positions(each)[0] for each in outside] == [10, FIRST_EVENTS + 11]


async def test_only_so_many_pages_are_kept():
    log = MemoryLog(events=(MAX_KEPT + 2) * MAX_EVENTS)
    pages = pages_of(log)
    starts = [1 + number * MAX_EVENTS for number in range(MAX_KEPT + 1)]
    for start in starts:
        await pages.at(start)
    log.calls.clear()

    await pages.at(starts[1])
    await pages.at(starts[0])

    assert [start for start, _ in log.calls] == [starts[0]]


async def test_pages_are_kept_only_up_to_so_many_bytes():
    log = MemoryLog(events=MAX_EVENTS + FIRST_EVENTS)
    pages = pages_of(log)
    await pages.at(1)
    log.append(MAX_EVENTS + 1, size=MAX_KEPT_BYTES // MAX_EVENTS)

    # Nothing told of how large these would be.
    await pages.at(MAX_EVENTS + FIRST_EVENTS + 1)

    assert [level.held for level in pages.buffer.levels] == [0, 0]


async def test_pages_of_small_events_are_long_and_those_of_large_events_short():
    log = MemoryLog(events=2000)
    pages = pages_of(log)
    first, second = await pages.at(1), await pages.at(FIRST_EVENTS + 1)
    log.append(2000, size=50_000)

    await pages.at(2001)
    large = await pages.at(2001 + MAX_EVENTS)

    assert (len(first.entries), len(second.entries)) == (FIRST_EVENTS, MAX_EVENTS)
    assert sum(len(entry.line) for entry in large.entries) <= MAX_BYTES


async def test_a_page_ends_before_a_hole(caplog):
    log = MemoryLog(events=10)
    del log.held[4]

    page = await pages_of(log).at(1)

    assert positions(page) == [1, 2, 3, 4]
    assert "a hole before position 6" in caplog.text


async def test_what_was_kept_of_another_log_is_forgotten():
    log = MemoryLog(events=FIRST_EVENTS * 2)
    pages = pages_of(log)
    before = await pages.at(1)
    log.replace("two", events=FIRST_EVENTS * 2)
    pages.begin_anew("two")

    after = await pages.at(1)

    assert before.entries[0].id != after.entries[0].id
    assert after.head.epoch == "two"


@pytest.mark.parametrize("is_asked_again_at_once", [True, False])
async def test_what_is_read_while_the_log_becomes_another_is_for_those_who_asked_before(is_asked_again_at_once):
    log = MemoryLog(events=3 * FIRST_EVENTS)
    pages = pages_of(log)
    log.may_answer.clear()
    before = asyncio.create_task(pages.at(1))
    await until(lambda: log.calls)
    log.restore(head=0, grown=3 * FIRST_EVENTS)
    pages.begin_anew(log.epoch)

    after = asyncio.create_task(pages.at(1)) if is_asked_again_at_once else None
    await asyncio.sleep(0)
    log.may_answer.set()
    await before
    found = await (after or pages.at(1))

    assert found.entries[0].id == log.held[0].id


async def test_a_read_that_fails_fails_for_those_who_wait_and_is_tried_again_for_the_next():
    log = MemoryLog(events=10)
    pages = pages_of(log)
    log.error = OSError("the disk is gone")
    with pytest.raises(OSError, match="the disk is gone"):
        await pages.at(1)
    log.error = None

    assert positions(await pages.at(1)) == list(range(1, 11))


async def test_stopping_ends_the_reads_that_are_under_way():
    log = MemoryLog(events=10)
    pages = pages_of(log)
    log.may_answer.clear()
    waiting = asyncio.create_task(pages.at(1))
    await asyncio.sleep(0)

    await pages.stop()

    with pytest.raises(asyncio.CancelledError):
        await waiting
