"""A subscription: a filter and a cursor. What it reads from is a list here."""

import asyncio

import pytest

from consumers.filter import EVERYTHING, any_of, parse
from consumers.protocol import FRAME_BYTES, Gap
from consumers.subscription import DATA_BYTES, SCAN, LogReplaced, Pruned, Subscription, select

from .memory import entry

PAID = parse(any_of("type", ["academy.order_paid"]))
DONE = parse(any_of("type", ["academy.course_completed"]))


class List:
    """A stream that is a list. `oldest` is where it begins."""

    def __init__(self, types, size=0):
        self.entries_held = [entry(position, type=type, size=size) for position, type in enumerate(types, start=1)]
        self.life = 1
        self.oldest = 1
        self.is_at_hand = True
        self.reads = []

    @property
    def head(self):
        return len(self.entries_held)

    async def entries(self, start, stop):
        self.reads.append((start, stop))
        if start < self.oldest:
            raise Pruned(self.oldest)
        return self.entries_held[start - 1 : min(stop, start + 1000) - 1]

    def held(self, start, stop):
        return self.entries_held[start - 1 : stop - 1] if self.is_at_hand else ()

    def share(self, key, make):
        return make()


def types(paid, done):
    """So many orders, then so many completed courses."""
    return ["academy.order_paid"] * paid + ["academy.course_completed"] * done


async def test_a_subscription_yields_what_comes_after_its_cursor_and_then_nothing():
    subscription = Subscription(List(types(5, 0)), EVERYTHING, 3)

    batch = await subscription.take(1000)

    assert (batch.start, batch.stop, batch.head) == (3, 6, 5)
    assert [each.position for each in batch.entries] == [3, 4, 5]
    assert batch.tip == batch.entries[-1].id
    assert subscription.position == 6
    assert await subscription.take(1000) is None


async def test_a_batch_holds_no_more_than_the_limit():
    subscription = Subscription(List(types(25, 0)), EVERYTHING, 1)

    batches = [await subscription.take(10) for _ in range(3)]

    assert [(batch.start, batch.stop) for batch in batches] == [(1, 11), (11, 21), (21, 26)]


async def test_the_ranges_of_a_filtered_stream_join_without_a_hole():
    source = List(["academy.order_paid", "academy.course_completed", "academy.course_completed"] * 1000)
    subscription = Subscription(source, PAID, 1)

    found, position = [], 1
    while batch := await subscription.take(100):
        assert batch.start == position
        position = batch.stop
        found += [each.position for each in batch.entries]

    assert found == list(range(1, 3001, 3))
    assert position == 2999
    assert subscription.skip().stop == 3001


async def test_a_filter_that_matches_nothing_reads_each_position_once_and_moves_on_at_a_beat():
    source = List(types(12_000, 0))
    subscription = Subscription(source, DONE, 1)

    assert await subscription.take(1000) is None
    assert await subscription.take(1000) is None

    assert [start for start, _ in source.reads] == list(range(1, 12_001, 1000))
    assert all(stop - start <= SCAN for start, stop in source.reads)
    skipped = subscription.skip()
    assert (skipped.start, skipped.stop, len(skipped.entries)) == (1, 12_001, 0)
    assert skipped.tip == source.entries_held[-1].id
    assert subscription.skip() is None


async def test_a_search_through_a_long_log_is_broken_off_when_something_has_changed_and_goes_on_where_it_was():
    source = List(types(3000, 0))
    subscription = Subscription(source, DONE, 1)
    subscription.wake()

    assert await subscription.take(1000) is None
    assert not subscription.is_at_head
    skipped = subscription.skip()
    await subscription.wait()
    assert await subscription.take(1000) is None

    assert (skipped.start, skipped.stop) == (1, 1001)
    assert [start for start, _ in source.reads] == [1, 1001, 2001]
    assert subscription.is_at_head


async def test_a_new_filter_holds_from_where_the_client_is():
    source = List(types(10, 10))
    subscription = Subscription(source, PAID, 1)
    await subscription.take(5)

    subscription.filter = DONE
    batch = await subscription.take(1000)

    assert (batch.start, batch.stop) == (6, 21)
    assert [each.position for each in batch.entries] == list(range(11, 21))


async def test_what_was_pruned_is_told_as_a_gap_and_the_rest_follows():
    source = List(types(20, 0))
    source.oldest = 15
    subscription = Subscription(source, EVERYTHING, 4)

    assert await subscription.take(1000) == Gap(start=4, stop=15, reason="retention")
    assert [each.position for each in (await subscription.take(1000)).entries] == list(range(15, 21))


async def test_a_gap_of_a_filtered_stream_begins_where_the_client_was_told_last():
    source = List(types(1, 12_000))
    subscription = Subscription(source, PAID, 1)
    await subscription.take(1000)
    assert await subscription.take(1000) is None
    source.entries_held += [entry(position) for position in range(12_002, 12_010)]
    source.oldest = 12_005

    assert await subscription.take(1000) == Gap(start=1001, stop=12_005, reason="retention")
    assert (await subscription.take(1000)).start == 12_005


async def test_a_subscription_of_a_log_that_was_replaced_ends():
    source = List(types(5, 0))
    subscription = Subscription(source, EVERYTHING, 1)
    source.life += 1

    with pytest.raises(LogReplaced):
        await subscription.take(1000)


async def test_what_was_read_while_the_log_was_replaced_is_not_given_out():
    class Replaced(List):
        async def entries(self, start, stop):
            self.life += 1
            return await super().entries(start, stop)

    class Notes:
        async def take(self, position, until):
            source.life += 1
            return "what was noted in the other log"

    source = Replaced(types(5, 0))
    with pytest.raises(LogReplaced):
        await Subscription(source, EVERYTHING, 1).take(1000)

    subscription = Subscription(source, EVERYTHING, 1)
    subscription.notes = Notes()
    with pytest.raises(LogReplaced):
        await subscription.take_notes()


def test_no_batch_goes_before_what_was_noted_of_the_one_before():
    class Notes:
        owed = "a batch"

    subscription = Subscription(List(types(5, 0)), EVERYTHING, 1)
    subscription.notes = Notes()

    assert subscription.take_at_once(1000) is None


async def test_a_wake_before_the_wait_is_not_lost():
    subscription = Subscription(List([]), EVERYTHING, 1)
    subscription.wake()

    async with asyncio.timeout(1):
        await subscription.wait()

    waiting = asyncio.create_task(subscription.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    subscription.wake()
    async with asyncio.timeout(1):
        await waiting


def test_where_nothing_matches_a_batch_is_empty_and_says_how_far_that_is_so():
    entries = [entry(1), entry(2)]

    batch = select(DONE, 1, entries, 10, 2)

    assert (batch.entries, batch.stop, batch.tip) == ([], 3, entries[1].id)


def test_a_batch_ends_at_its_last_match_when_it_is_full_and_else_where_it_looked():
    entries = [entry(1), entry(2, type="academy.course_completed"), entry(3), entry(4, type="academy.other")]

    full = select(PAID, 1, entries, 2, 4)
    open_ended = select(PAID, 1, entries, 3, 4)

    assert (full.stop, full.tip) == (4, entries[2].id)
    assert (open_ended.stop, open_ended.tip) == (5, entries[3].id)


def test_a_large_event_goes_alone():
    entries = [entry(1), entry(2, size=300_000), entry(3)]

    batches = [select(EVERYTHING, start, entries[start - 1 :], 10, 3) for start in (1, 2, 3)]

    assert [[each.position for each in batch.entries] for batch in batches] == [[1], [2], [3]]


def test_the_header_of_a_batch_counts_as_well():
    filling = FRAME_BYTES // 2 - len(entry(1).line) - 1
    entries = [entry(1, size=filling), entry(2, size=filling)]
    assert sum(len(each.line) + 1 for each in entries) == FRAME_BYTES

    assert len(select(EVERYTHING, 1, entries, 10, 2).entries) == 1


async def test_the_data_is_looked_into_in_portions_and_others_have_their_turn_between_them():
    source = List(types(20, 0), size=DATA_BYTES // 4)
    subscription = Subscription(source, parse({"gte": {"data.number": 99}}), 1)
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(others())
    assert await subscription.take(1000) is None
    running.cancel()

    assert [start for start, _ in source.reads] == [1, 4, 7, 10, 13, 16, 19]
    assert turns >= 7
    assert subscription.skip().stop == 21


@pytest.mark.parametrize(
    "part, most",
    [
        ({"suffix": {"type": "shop.opened"}}, 150),
        ({"gte": {"data.number": 0, "data.total": 0}}, 50),
        ({"gte": {f"data{'.a' * 32}": 0}}, 1),
    ],
)
async def test_the_more_a_filter_asks_the_fewer_events_are_looked_at_in_one_go(part, most):
    source = List(types(400, 0))
    parts = [part] * (99 // len(next(iter(part.values()))))
    subscription = Subscription(source, parse({"any": parts}), 1)

    assert await subscription.take(1000) is None

    starts = [start for start, _ in source.reads]
    assert max(later - start for start, later in zip(starts, [*starts[1:], 401], strict=True)) <= most
    assert subscription.skip().stop == 401


async def test_an_event_larger_than_a_portion_is_looked_into_all_the_same():
    source = List(types(3, 0), size=2 * DATA_BYTES)
    subscription = Subscription(source, parse({"gte": {"data.number": 2}}), 1)

    assert [each.position for each in (await subscription.take(1000)).entries] == [2]
    assert [each.position for each in subscription.take_at_once(1000).entries] == [3]


@pytest.mark.parametrize("limit", [1, 2, 1000])
async def test_what_matches_in_the_data_is_found_once_and_in_order_wherever_the_portions_end(limit):
    source = List(types(20, 0), size=DATA_BYTES // 3)
    subscription = Subscription(source, parse({"any": [{"lt": {"data.number": 6}}, {"gt": {"data.number": 17}}]}), 1)

    found, position = [], 1
    while batch := await subscription.take(limit):
        assert batch.start == position
        position = batch.stop
        found += [each.position for each in batch.entries]

    assert found == [1, 2, 3, 4, 5, 18, 19, 20]
