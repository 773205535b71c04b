"""The hub on a log that was pruned, damaged, replaced or is away."""

import asyncio
import logging

import pytest

from consumers.filter import EVERYTHING
from consumers.protocol import Gap
from consumers.subscription import LogReplaced
from events.event import Head

from .conftest import make_hub, positions, until
from .memory import MemoryLayer, MemoryLog
from .messages import message


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
    log = MemoryLog(events=4000)
    hub = await start_hub(log)
    log.held = [each for each in log.held if not 10 <= each.position < 3900]
    gaps, found = [], []

    with hub.subscribe(EVERYTHING, 1) as subscription:
        while (batch := await subscription.take(1000)) is not None:
            assert len(gaps) < 20
            if isinstance(batch, Gap):
                gaps.append(batch)
            else:
                found += [entry.position for entry in batch.entries]

    assert found == [*range(1, 10), *range(3900, 4001)]
    assert (gaps[0].start, gaps[-1].stop) == (10, 3900)
    assert all(gap.stop == following.start for gap, following in zip(gaps, gaps[1:], strict=False))


@pytest.mark.parametrize("events", [3, 10, 20], ids=["shorter", "as long", "longer"])
async def test_another_epoch_ends_the_subscriptions(start_hub, events, caplog):
    log = MemoryLog(events=10)
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 11) as subscription:
        log.replace("two", events)

        with pytest.raises(LogReplaced):
            await positions(subscription, 20)
    assert (hub.epoch, hub.head) == ("two", events)
    assert caplog.messages == [
        f"This is another log than before, up to position {events} instead of 10: clients begin anew"
    ]


async def test_a_log_that_lost_its_end_ends_the_subscriptions(start_hub, caplog):
    log = MemoryLog(events=10)
    hub = await start_hub(log)

    assert caplog.messages == []
    with hub.subscribe(EVERYTHING, 11) as subscription:
        log.restore(head=7)

        with pytest.raises(LogReplaced):
            await positions(subscription, 12)
    assert hub.head == 7
    assert [record.action for record in caplog.records] == ["log_replaced"]


async def test_a_log_that_was_restored_and_outgrew_us_between_two_looks_is_another_one(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 1) as subscription:
        log.append(10)
        assert await positions(subscription, 10) == list(range(1, 11))
        log.restore(head=7, grown=20)

        with pytest.raises(LogReplaced):
            await positions(subscription, 27)


async def test_a_hub_that_has_only_just_come_notices_that_as_well(start_hub):
    log = MemoryLog(events=10)
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 11) as subscription:
        log.restore(head=7, grown=20)

        with pytest.raises(LogReplaced):
            await positions(subscription, 27)


@pytest.mark.parametrize("parts", [(20,), (2, 3, 15)], ids=["at once", "bit by bit"])
async def test_messages_of_a_restored_log_do_not_continue_what_it_was_before(start_hub, parts):
    log, layer = MemoryLog(events=10), MemoryLayer()
    log.interval = 60
    hub = await start_hub(log, layer=layer)
    await until(lambda: layer.groups.get("signalcast.main"))
    life = hub.life

    with hub.subscribe(EVERYTHING, 1) as subscription:
        layer.send(message(log.append(10)))
        assert await positions(subscription, 20) == list(range(1, 21))
        log.restore(head=17, grown=20)
        log.may_answer.clear()
        sent = 17
        for part in parts:
            layer.send(message(log.held[sent : sent + part]))
            sent += part
        await until(lambda: hub.repairs == len(parts))
        log.may_answer.set()

        with pytest.raises(LogReplaced):
            await positions(subscription, 37)
    assert hub.life == life + 1


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


async def test_a_look_that_failed_is_repeated_though_nothing_else_changes(start_hub, caplog):
    class Log(MemoryLog):
        seen = 0

        def changed(self):
            before, self.seen = self.seen, self.head_position
            return before != self.seen

    log = Log(events=3)
    hub = await start_hub(log)
    log.error = OSError("gone for a moment")
    log.append()
    await until(lambda: "The log cannot be read" in caplog.text)
    log.error = None

    await until(lambda: hub.head == 4)


async def test_a_hub_that_cannot_read_its_log_does_not_start_and_leaves_nothing_running():
    log = MemoryLog()
    log.error = OSError("not there yet")
    hub = make_hub(log)
    others = asyncio.all_tasks()

    with pytest.raises(OSError, match="not there yet"):
        await hub.start()

    assert asyncio.all_tasks() == others


@pytest.mark.parametrize("old", [Head(epoch="the one before", position=10), Head(epoch="one", position=9)])
async def test_a_connection_that_is_older_than_the_log_sends_nobody_away(start_hub, old):
    log = MemoryLog(events=10)
    hub = await start_hub(log)
    life = hub.life

    log.stay_behind(old)
    await until(lambda: "reconnect" in log.calls)
    log.append(1)
    await until(lambda: hub.head == 11)

    assert hub.life == life
