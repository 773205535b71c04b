"""What the hub makes once for many: nobody gets what was made for somebody who wants, or has, something else."""

from consumers.filter import EVERYTHING, any_of, parse
from consumers.sight import Sight

from .conftest import positions, until
from .memory import MemoryLog

ACADEMY = parse(any_of("type", ["academy.*"]))
SHOP = parse(any_of("type", ["shop.*"]))


async def grow(hub, log, events=1, **form):
    log.append(events, **form)
    await until(lambda: hub.head == log.head_position)


async def test_who_takes_few_at_once_gets_no_larger_batch(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)
    await grow(hub, log, 20)

    with hub.subscribe(ACADEMY, 1) as large, hub.subscribe(ACADEMY, 1) as small:
        assert len((await large.take(1000)).entries) == 20
        assert len((await small.take(5)).entries) == 5


async def test_who_comes_later_finds_what_was_not_there_yet(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)
    await grow(hub, log, 3)

    with hub.subscribe(SHOP, 1) as early, hub.subscribe(SHOP, 1) as late:
        assert await early.take(1000) is None
        await grow(hub, log, type="shop.order_paid")

        assert await positions(late, 4) == [4]


async def test_a_batch_begins_where_its_reader_was(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)
    await grow(hub, log, 3)

    with hub.subscribe(SHOP, 1) as one, hub.subscribe(SHOP, 4) as other:
        assert await one.take(1000) is None
        await grow(hub, log, type="shop.order_paid")
        batches = [await each.take(1000) for each in (one, other)]

    assert [(batch.start, batch.stop) for batch in batches] == [(1, 5), (4, 5)]


async def test_who_may_see_more_since_a_moment_ago_hides_nothing_from_others(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)
    everything = Sight("everything", allows=lambda type: True)
    await grow(hub, log, 3)

    with hub.subscribe(ACADEMY, 1, Sight("nothing", allows=lambda type: False)) as one:
        assert await one.take(1000) is None
        one.change_sight(everything)
        await grow(hub, log)
        assert [entry.position for entry in (await one.take(1000)).entries] == [4]

        with hub.subscribe(ACADEMY, 1, everything) as other:
            assert await positions(other, 4) == [1, 2, 3, 4]


async def test_nobody_gets_a_batch_of_the_log_before(start_hub):
    log = MemoryLog()
    hub = await start_hub(log)
    await grow(hub, log, 3)
    with hub.subscribe(EVERYTHING, 1) as one:
        await one.take(1000)
    log.replace("two", 3)
    await until(lambda: hub.epoch == "two")

    with hub.subscribe(EVERYTHING, 1) as other:
        batch = await other.take(1000)

    assert [entry.id for entry in batch.entries] == [entry.id for entry in log.held]
