"""The hub: one reader for everybody, on a log in memory. Nothing here knows a server or a database."""

import asyncio
from contextvars import ContextVar

from consumers.filter import EVERYTHING, any_of, parse

from .conftest import positions, until
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
        hub._batches.clear()
        from_the_log = await late.take(10)

    assert from_the_ring is not from_the_log
    assert from_the_ring.frame == from_the_log.frame


async def test_who_lags_reads_a_page_in_several_goes(start_hub):
    log = MemoryLog(events=300)
    hub = await start_hub(log)
    hub._ring.clear(301)

    with hub.subscribe(EVERYTHING, 1) as subscription:
        batches = [await subscription.take(30) for _ in range(3)]

    assert [entry.position for batch in batches for entry in batch.entries] == list(range(1, 91))
    assert [call for call in log.calls if call != "head"] == [(300, 1), (1, 100)]


async def test_subscriptions_at_one_place_get_the_very_same_batch(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)
    kinds = [EVERYTHING, parse(any_of("type", ["academy.*"]))]

    for kind in kinds:
        with hub.subscribe(kind, log.head_position + 1) as one, hub.subscribe(kind, log.head_position + 1) as other:
            log.append(3)
            await until(lambda: hub.head == log.head_position)

            assert await one.take(1000) is await other.take(1000)

            log.append(3)
            await until(lambda: hub.head == log.head_position)

            assert one.take_at_once(1000) is other.take_at_once(1000) is not None


async def test_filters_that_differ_do_not_share(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)

    with (
        hub.subscribe(parse(any_of("type", ["academy.*"])), 1) as academy,
        hub.subscribe(parse(any_of("type", ["shop.*"])), 1) as shop,
    ):
        log.append(3)
        await until(lambda: hub.head == 3)

        assert len((await academy.take(1000)).entries) == 3
        assert await shop.take(1000) is None

        log.append(3)
        await until(lambda: hub.head == 6)

        assert len(academy.take_at_once(1000).entries) == 3
        assert shop.take_at_once(1000) is None
        assert (shop.is_at_head, shop.skip().stop) == (True, 7)


async def test_that_nothing_matches_is_found_out_once_for_all_who_ask_the_same(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)
    asked = []

    class Shop:
        key, reads_data, cost = "shop", False, 1

        def matches(self, entry):
            asked.append(entry.position)
            return False

    with hub.subscribe(Shop(), 1) as one, hub.subscribe(Shop(), 1) as other:
        log.append(3)
        await until(lambda: hub.head == 3)

        assert one.take_at_once(1000) is other.take_at_once(1000) is None

        log.append(1)
        await until(lambda: hub.head == 4)

        assert await one.take(1000) is await other.take(1000) is None
    assert asked == [1, 2, 3, 4]


async def test_what_is_not_at_hand_is_not_taken_at_once(start_hub):
    log = MemoryLog(events=3)
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 1) as subscription:
        assert subscription.take_at_once(1000) is None
        assert not subscription.is_at_head
        assert [each.position for each in (await subscription.take(1000)).entries] == [1, 2, 3]


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
    assert reads[:2] == [(400, 1), (1, 100)]
    assert {limit for _, limit in reads[2:]} == {20}
    assert sum(len(entry.line) for page in hub._pages._kept.values() for entry in page.entries) < 25_000_000


async def test_a_reader_that_leaves_does_not_take_the_read_from_the_others(start_hub):
    log = MemoryLog(events=10)
    hub = await start_hub(log)
    log.interval = 60
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


async def test_the_request_that_happened_to_start_the_hub_is_not_kept_by_it(start_hub, monkeypatch):
    monkeypatch.setattr("consumers.hub.SWEEP_SECONDS", 0.001)
    request = ContextVar("request", default="none")
    request.set("the first client's")
    seen = []

    await start_hub(MemoryLog(), sweep=lambda: seen.append(request.get()))

    await until(lambda: seen)
    assert set(seen) == {"none"}


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
