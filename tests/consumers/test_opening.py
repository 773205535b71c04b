"""Where a client begins: what it asked for, held against what the log has."""

import asyncio
from datetime import timedelta

import pytest

from consumers import excerpt
from consumers.filter import EVERYTHING, any_of, parse
from consumers.opening import open_at
from consumers.protocol import Gap, Last, Since
from consumers.sight import Sight
from consumers.subscription import SCAN, LogReplaced

from .conftest import until
from .memory import MemoryLog, entry, time_of


@pytest.mark.parametrize(
    "start, position",
    [
        ("live", 101),
        ("earliest", 11),
        (Last(0), 101),
        (Last(1), 100),
        (Last(50), 51),
        (Last(90), 11),
        (Last(2**63 - 1), 11),
        (11, 11),
        (60, 60),
        (101, 101),
    ],
)
async def test_a_client_without_a_past_begins_where_it_wants_to(hub, start, position):
    opening = await open_at(hub, start, EVERYTHING)

    assert opening.gap is None
    assert opening.start == opening.position == position
    assert (opening.epoch, opening.head, opening.oldest) == ("one", 100, 11)
    assert opening.tip == (entry(position - 1).id if position > 11 else None)


async def test_a_client_of_an_empty_log_begins_at_one(start_hub):
    hub = await start_hub(MemoryLog())

    for start in ("live", "earliest", Last(5), 1):
        opening = await open_at(hub, start, EVERYTHING)

        assert (opening.start, opening.head, opening.oldest, opening.tip, opening.gap) == (1, 0, 1, None, None)


async def test_the_last_events_that_match_are_counted(start_hub):
    log = MemoryLog()
    for _ in range(10):
        log.append(1)
        log.append(9, type="academy.course_completed")
    hub = await start_hub(log)
    paid = parse(any_of("type", ["academy.order_paid"]))

    assert (await open_at(hub, Last(3), paid)).start == 71
    assert (await open_at(hub, Last(0), paid)).start == 101
    assert (await open_at(hub, Last(99), paid)).start == 1
    assert (await open_at(hub, Last(3), parse(any_of("type", ["nothing"])))).start == 1


async def test_the_last_events_that_match_are_counted_from_the_log_s_head_not_the_hub_s(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)
    log.interval = 60
    log.append(10)
    await hub.catch_up()
    log.append(10)

    assert (await open_at(hub, Last(3), parse(any_of("type", ["academy.order_paid"])))).start == 18


async def test_the_last_events_that_match_are_looked_for_among_so_many_bytes(start_hub, monkeypatch):
    log = MemoryLog(events=2000)
    hub = await start_hub(log)
    size = len(log.held[-1].line)
    monkeypatch.setattr(excerpt, "MAX_LOOKED_BYTES", 150 * size)

    assert (await open_at(hub, Last(3), parse(any_of("type", ["nothing"])))).start == 2001 - 151
    assert (await open_at(hub, Last(3), parse(any_of("type", ["academy.order_paid"])))).start == 1998


async def test_no_more_is_read_than_it_takes_to_find_the_last_events_that_match(start_hub):
    log = MemoryLog(events=SCAN)
    hub = await start_hub(log)
    log.calls.clear()

    assert (await open_at(hub, Last(3), parse(any_of("type", ["academy.order_paid"])))).start == SCAN - 2

    # Its bounds are looked up by a read at 1.
    reads = [call[0] for call in log.calls if isinstance(call[0], int) and call != (1, 1)]
    assert min(reads) > SCAN - 1000


async def test_the_last_events_that_match_are_looked_for_in_a_bounded_range(start_hub):
    log = MemoryLog(events=5)
    log.append(SCAN + 1000, type="academy.course_completed")
    hub = await start_hub(log)
    log.interval = 60

    opening = await open_at(hub, Last(3), parse(any_of("type", ["academy.order_paid"])))

    assert opening.start == 1006
    starts = [call[0] for call in log.calls if call not in ("head", (1, 1))]
    assert starts and min(starts) == 1006 - 1


async def test_a_client_that_resumes_goes_on_where_it_was(hub):
    opening = await open_at(hub, 61, EVERYTHING, epoch="one", tip=entry(60).id)

    assert (opening.start, opening.gap) == (61, None)


async def test_a_client_that_resumes_at_the_head_goes_on_there(hub):
    opening = await open_at(hub, 101, EVERYTHING, epoch="one", tip=entry(100).id)

    assert (opening.start, opening.gap) == (101, None)


@pytest.mark.parametrize("epoch", ["zero", ""])
async def test_a_client_of_another_epoch_starts_over(hub, epoch):
    opening = await open_at(hub, 61, EVERYTHING, epoch=epoch, tip=entry(60).id)

    assert opening.gap == Gap(start=61, stop=11, reason="epoch")
    assert opening.position == 11


async def test_a_client_whose_newest_event_is_another_here_starts_over(hub):
    opening = await open_at(hub, 61, EVERYTHING, epoch="one", tip=entry(60, epoch="zero").id)

    assert opening.gap == Gap(start=61, stop=11, reason="epoch")


@pytest.mark.parametrize("position", [102, 5000, 2**63 - 1])
async def test_a_position_beyond_the_log_is_of_another_log(hub, position):
    opening = await open_at(hub, position, EVERYTHING)

    assert opening.gap == Gap(start=position, stop=11, reason="epoch")


@pytest.mark.parametrize("position", [1, 2, 10])
async def test_a_pruned_position_is_a_gap_up_to_the_oldest(hub, position):
    opening = await open_at(hub, position, EVERYTHING, epoch="one", tip=entry(position - 1).id)

    assert opening.gap == Gap(start=position, stop=11, reason="retention")
    assert (opening.start, opening.position) == (position, 11)


async def test_a_client_that_another_process_told_more_is_not_sent_back(start_hub, log):
    log.interval = 60
    hub = await start_hub(log)
    log.append(7)

    opening = await open_at(hub, 106, EVERYTHING, epoch="one", tip=entry(105).id)

    assert (opening.start, opening.gap, opening.head) == (106, None, 107)
    assert hub.head == 107


async def test_a_look_at_the_log_that_began_before_the_client_came_does_not_send_it_back(start_hub, log):
    log.interval = 60
    hub = await start_hub(log)
    log.may_answer.clear()
    early = asyncio.create_task(open_at(hub, "live", EVERYTHING))
    await until(lambda: log.calls[-1] == (1, 1))
    log.append(7)

    late = asyncio.create_task(open_at(hub, 108, EVERYTHING, epoch="one", tip=entry(107).id))
    await asyncio.sleep(0)
    log.may_answer.set()

    assert (await late).gap is None
    await early


async def test_nor_does_one_that_is_under_way_where_another_has_just_ended(start_hub):
    log = MemoryLog(100)
    log.interval = 60
    hub = await start_hub(log)
    await open_at(hub, "live", EVERYTHING)
    log.calls.clear()
    log.may_answer.clear()
    slow = asyncio.create_task(hub.bounds())
    await until(lambda: log.calls == [(1, 1)])
    log.append()

    late = asyncio.create_task(open_at(hub, 102, EVERYTHING, epoch="one", tip=entry(101).id))
    await until(lambda: log.calls[-1] == "head")
    log.may_answer.set()

    assert (await late).gap is None
    await slow


async def test_a_hub_that_has_not_noticed_another_log_yet_does_when_a_client_comes(start_hub, log):
    log.interval = 60
    hub = await start_hub(log)
    log.replace("two", events=20)

    opening = await open_at(hub, 61, EVERYTHING, epoch="one", tip=entry(60).id)

    assert (opening.epoch, opening.head, hub.epoch) == ("two", 20, "two")
    assert opening.gap == Gap(start=61, stop=1, reason="epoch")


async def test_a_log_that_is_replaced_while_a_client_comes_does_not_leave_it_between_two(start_hub, log):
    log.interval = 60
    hub = await start_hub(log)
    log.may_answer.clear()
    opening = asyncio.create_task(open_at(hub, 61, EVERYTHING, epoch="one", tip=entry(60).id))
    await until(lambda: log.calls[-1] == (1, 1))
    log.may_answer.set()
    await until(lambda: log.calls[-1] == (60, 100))
    log.replace("two", events=20)
    await hub.catch_up()

    with pytest.raises(LogReplaced):
        await opening


@pytest.mark.parametrize(
    "time, position",
    [
        (time_of(60), 60),
        (time_of(60) + timedelta(microseconds=1), 61),
        (time_of(5), 11),
        (time_of(100), 100),
        (time_of(101), 101),
        (time_of(10_000), 101),
    ],
)
async def test_a_client_begins_with_the_first_event_held_that_is_not_from_before_its_time(hub, time, position):
    opening = await open_at(hub, Since(time), EVERYTHING)

    assert (opening.start, opening.gap) == (position, None)
    assert opening.tip == (entry(position - 1).id if position > 11 else None)


async def test_the_time_of_an_event_that_another_process_published_counts(start_hub, log):
    log.interval = 60
    hub = await start_hub(log)
    log.append(7)

    assert (await open_at(hub, Since(time_of(105)), EVERYTHING)).start == 105


async def test_where_a_time_is_tells_nothing_of_events_that_are_not_seen(start_hub):
    log = MemoryLog(events=2)
    log.append(10, type="auth.user_logged_in")
    log.append(1)
    hub = await start_hub(log)
    orders = Sight("orders", allows=lambda type: type == "academy.order_paid")

    starts = {(await open_at(hub, Since(time_of(position)), EVERYTHING, orders)).start for position in range(3, 14)}

    assert starts == {3}
    assert (await open_at(hub, Since(time_of(2)), EVERYTHING, orders)).start == 2
    assert (await open_at(hub, Since(time_of(14)), EVERYTHING, orders)).start == 14


async def test_how_far_what_is_not_seen_is_passed_over_is_bounded(start_hub):
    log = MemoryLog(events=5)
    log.append(2 * SCAN, type="auth.user_logged_in")
    hub = await start_hub(log)
    orders = Sight("orders", allows=lambda type: type == "academy.order_paid")

    starts = {
        (await open_at(hub, Since(time_of(at)), EVERYTHING, orders)).start for at in (SCAN + 1, SCAN + 99, 2 * SCAN)
    }

    assert starts == {SCAN}


async def test_a_log_that_is_replaced_while_the_policy_is_asked_does_not_leave_a_client_between_two(start_hub, log):
    hub = await start_hub(log)

    async def ask(types):
        log.replace("two", events=100)
        await hub.catch_up()
        return dict.fromkeys(types, True)

    with pytest.raises(LogReplaced):
        await open_at(hub, 60, EVERYTHING, Sight("viewer 1", ask=ask))


async def test_who_comes_right_after_another_needs_no_look_of_its_own(start_hub):
    log = MemoryLog(100)
    hub = await start_hub(log)
    await open_at(hub, "live", EVERYTHING)
    log.calls.clear()

    opening = await open_at(hub, "live", EVERYTHING)

    assert opening.start == 101
    assert (1, 1) not in log.calls


async def test_who_comes_after_a_new_event_is_known_begins_behind_it(start_hub):
    log = MemoryLog(100)
    hub = await start_hub(log)
    await open_at(hub, "live", EVERYTHING)
    log.append()
    await hub.catch_up()

    opening = await open_at(hub, "live", EVERYTHING)

    assert (opening.start, opening.head) == (102, 101)


async def test_who_knows_more_than_the_last_look_has_the_log_looked_at_again(start_hub):
    log = MemoryLog(100)
    log.interval = 3600
    hub = await start_hub(log)
    await open_at(hub, "live", EVERYTHING)
    log.append()

    opening = await open_at(hub, 102, EVERYTHING)

    assert (opening.gap, opening.start, opening.head) == (None, 102, 101)
