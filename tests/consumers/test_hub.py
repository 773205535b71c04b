"""The hub: one reader for everybody, on a log in memory. Nothing here knows a server or a database."""

import asyncio
import logging

import pytest

from consumers.filter import EVERYTHING, of_types
from consumers.protocol import Gap
from consumers.subscription import LogReplaced

from .conftest import make_hub, positions, until
from .memory import MemoryLog


async def test_what_is_appended_comes_live_once_and_in_order(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 1) as subscription:
        for count in (1, 5, 120, 3):
            log.append(count)
            await until(lambda: hub.head == log.head_position)

        assert await positions(subscription, 129) == list(range(1, 130))


async def test_replay_and_live_are_the_same_bytes(start_hub):
    log = MemoryLog(events=5)
    hub = await start_hub(log)
    live = hub.subscribe(EVERYTHING, 6)
    replay = hub.subscribe(EVERYTHING, 6)

    with live as early, replay as late:
        log.append(3)
        await until(lambda: hub.head == 8)
        from_the_ring = await early.take(10)
        # As in a process that has just started: the ring is empty, and the log is read.
        hub._ring.clear(9)
        hub._shared.clear()
        from_the_log = await late.take(10)

    assert from_the_ring is not from_the_log
    assert from_the_ring.frame == from_the_log.frame


async def test_subscriptions_at_one_place_get_the_very_same_batch(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)
    kinds = [EVERYTHING, of_types(["academy.*"])]

    for kind in kinds:
        with hub.subscribe(kind, log.head_position + 1) as one, hub.subscribe(kind, log.head_position + 1) as other:
            log.append(3)
            await until(lambda: hub.head == log.head_position)

            assert await one.take(1000) is await other.take(1000)


async def test_filters_that_differ_do_not_share(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)

    with hub.subscribe(of_types(["academy.*"]), 1) as academy, hub.subscribe(of_types(["shop.*"]), 1) as shop:
        log.append(3)
        await until(lambda: hub.head == 3)

        assert len((await academy.take(1000)).entries) == 3
        assert await shop.take(1000) is None


async def test_a_thousand_that_come_back_to_one_position_cost_one_read_of_each_page(start_hub):
    log = MemoryLog(events=2500)
    hub = await start_hub(log)
    subscriptions = [hub.subscribe(EVERYTHING, 1) for _ in range(1000)]
    entered = [each.__enter__() for each in subscriptions]
    log.interval = 60

    before = len(log.calls)
    everything = await asyncio.gather(*(positions(each, 2500) for each in entered))
    reads = [start for start, _ in log.calls[before:]]

    assert all(found == list(range(1, 2501)) for found in everything)
    assert reads[0] == 1 and len(reads) <= 5
    assert len(set(reads)) == len(reads)
    for each in subscriptions:
        each.__exit__(None, None, None)
    assert hub.clients == 0


async def test_bounded_pages_of_large_events_are_short(start_hub):
    log = MemoryLog()
    log.append(400, size=50_000)
    hub = await start_hub(log)
    log.interval = 60

    with hub.subscribe(EVERYTHING, 1) as subscription:
        assert await positions(subscription, 400) == list(range(1, 401))

    reads = [call for call in log.calls if call != "head"]
    assert reads[0] == (1, 100)
    assert {limit for _, limit in reads[1:]} == {20}
    assert sum(len(entry.line) for page in hub._pages.values() for entry in page.entries) < 25_000_000


async def test_a_reader_that_leaves_does_not_take_the_read_from_the_others(start_hub):
    log = MemoryLog(events=10)
    hub = await start_hub(log)
    log.interval = 60
    await asyncio.sleep(0.01)
    log.may_answer.clear()

    with hub.subscribe(EVERYTHING, 1) as leaving, hub.subscribe(EVERYTHING, 1) as staying:
        gone = asyncio.create_task(leaving.take(10))
        stays = asyncio.create_task(staying.take(10))
        await until(lambda: log.calls[-1] != "head")
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        log.may_answer.set()

        async with asyncio.timeout(1):
            assert len((await stays).entries) == 10


async def test_a_lagging_subscription_keeps_a_number_and_catches_up(start_hub):
    log = MemoryLog()
    hub = await start_hub(log, ring=10)

    with hub.subscribe(EVERYTHING, 1) as subscription:
        for _ in range(50):
            log.append(50)
            await until(lambda: hub.head == log.head_position)

        assert await positions(subscription, 2500) == list(range(1, 2501))


async def test_a_pruned_prefix_is_a_gap_with_the_right_numbers(start_hub):
    log = MemoryLog(events=100)
    hub = await start_hub(log)
    log.prune(41)

    with hub.subscribe(EVERYTHING, 12) as subscription:
        assert await subscription.take(1000) == Gap(start=12, stop=41, reason="retention")
        assert await positions(subscription, 100) == list(range(41, 101))


async def test_a_log_pruned_to_the_end_is_a_gap_up_to_the_head(start_hub):
    log = MemoryLog(events=100)
    hub = await start_hub(log)
    log.prune(101)

    with hub.subscribe(EVERYTHING, 12) as subscription:
        assert await subscription.take(1000) == Gap(start=12, stop=101, reason="retention")
        log.append(1)
        assert await positions(subscription, 101) == [101]


async def test_what_was_deleted_in_the_middle_is_told_as_a_gap(start_hub, caplog):
    log = MemoryLog(events=30)
    hub = await start_hub(log)
    log.held = [each for each in log.held if not 10 <= each.position < 20]

    with hub.subscribe(EVERYTHING, 1) as subscription:
        assert await positions(subscription, 9) == list(range(1, 10))
        assert await subscription.take(1000) == Gap(start=10, stop=20, reason="retention")
        assert await positions(subscription, 30) == list(range(20, 31))
    assert "hole before position 20" in caplog.text


async def test_a_hole_larger_than_a_page_is_told_in_several_gaps_that_join(start_hub):
    log = MemoryLog(events=1000)
    hub = await start_hub(log)
    log.held = [each for each in log.held if not 10 <= each.position < 900]
    gaps, found = [], []

    with hub.subscribe(EVERYTHING, 1) as subscription:
        while (batch := await subscription.take(1000)) is not None:
            assert len(gaps) < 20
            if isinstance(batch, Gap):
                gaps.append(batch)
            else:
                found += [entry.position for entry in batch.entries]

    assert found == [*range(1, 10), *range(900, 1001)]
    assert (gaps[0].start, gaps[-1].stop) == (10, 900)
    assert all(gap.stop == following.start for gap, following in zip(gaps, gaps[1:], strict=False))


async def test_another_epoch_ends_the_subscriptions(start_hub):
    log = MemoryLog(events=10)
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 11) as subscription:
        log.replace("two", events=20)

        with pytest.raises(LogReplaced):
            await positions(subscription, 20)
    assert (hub.epoch, hub.head) == ("two", 20)


async def test_a_log_that_lost_its_end_ends_the_subscriptions(start_hub):
    log = MemoryLog(events=10)
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 11) as subscription:
        log.restore(head=7)

        with pytest.raises(LogReplaced):
            await positions(subscription, 12)
    assert hub.head == 7


async def test_a_page_of_another_log_is_not_delivered_as_if_it_were_ours(start_hub):
    log = MemoryLog(events=50)
    log.interval = 60
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 5) as subscription:
        log.replace("two", events=60)

        with pytest.raises(LogReplaced):
            await subscription.take(1000)


async def test_a_log_that_lost_its_end_is_noticed_by_whoever_reads_there(start_hub):
    log = MemoryLog(events=50)
    log.interval = 60
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 30) as subscription:
        log.restore(head=20)

        with pytest.raises(LogReplaced):
            await subscription.take(1000)


async def test_a_beat_wakes_everybody(start_hub):
    hub = await start_hub(MemoryLog(), heartbeat=0.01)

    with hub.subscribe(EVERYTHING, 1) as one, hub.subscribe(EVERYTHING, 1) as other:
        async with asyncio.timeout(2):
            await one.wait()
            await other.wait()

    assert hub.beats >= 1


async def test_the_sweep_is_done_again_and_again_though_it_fails(start_hub, monkeypatch, caplog):
    monkeypatch.setattr("consumers.hub.SWEEP_SECONDS", 0.001)
    swept = []

    def sweep():
        swept.append(1)
        raise OSError("the broom broke")

    await start_hub(MemoryLog(), sweep=sweep)

    await until(lambda: len(swept) >= 3)
    assert "A periodic task failed" in caplog.text


async def test_an_unreadable_log_costs_nothing_but_time(start_hub, caplog):
    log = MemoryLog(events=3)
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 4) as subscription:
        log.error = OSError("gone for a while")
        await until(lambda: "The log cannot be read" in caplog.text)
        log.append(5)
        log.error = None

        assert await positions(subscription, 8) == [4, 5, 6, 7, 8]
    assert caplog.records[0].levelno == logging.ERROR


async def test_a_hub_that_cannot_read_its_log_does_not_start_and_leaves_nothing_running():
    log = MemoryLog()
    log.error = OSError("not there yet")
    hub = make_hub(log)
    others = asyncio.all_tasks()

    with pytest.raises(OSError, match="not there yet"):
        await hub.start()

    assert asyncio.all_tasks() == others


async def test_a_stopped_hub_has_no_task_left(start_hub):
    others = asyncio.all_tasks()
    log = MemoryLog(events=10)
    hub = await start_hub(log, sweep=lambda: None)
    log.may_answer.clear()
    with hub.subscribe(EVERYTHING, 1) as subscription:
        reading = asyncio.create_task(subscription.take(10))
        await until(lambda: log.calls[-1] != "head")

        await hub.stop()
        await asyncio.gather(reading, return_exceptions=True)

    assert asyncio.all_tasks() == others
