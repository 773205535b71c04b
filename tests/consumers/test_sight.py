"""What a viewer may see, on every way that a subscription gives it out."""

import pytest

from consumers.filter import EVERYTHING, parse
from consumers.opening import open_at
from consumers.protocol import Last
from consumers.sight import FULL, MAX_TYPES, Sight, Undecided, stand_in

from .conftest import positions
from .memory import MemoryLog, entry

ORDERS = Sight("orders", allows=lambda type: type == "academy.order_paid")


class Policy:
    """Answers after a wait, and notes what it was asked."""

    def __init__(self, *allowed):
        self.allowed = allowed
        self.asked = []

    async def __call__(self, types):
        self.asked.append(list(types))
        return {type: type in self.allowed for type in types}


def mixed_log():
    log = MemoryLog()
    for index in range(20):
        log.append(type="academy.order_paid" if index % 4 == 0 else "academy.secret")
    return log


ORDERS_IN_IT = [1, 5, 9, 13, 17]


@pytest.mark.parametrize("ring", [100, 2], ids=["live", "replayed"])
async def test_only_what_may_be_seen_is_given_out(start_hub, ring):
    log = mixed_log()
    hub = await start_hub(log, ring=ring)

    with hub.subscribe(EVERYTHING, 1, ORDERS) as restricted, hub.subscribe(EVERYTHING, 1) as full:
        seen = await positions_of_all(restricted)
        everything = await positions_of_all(full)

    assert seen == ORDERS_IN_IT
    assert everything == list(range(1, 21))


async def positions_of_all(subscription):
    found = []
    while batch := await subscription.take(7):
        found += [entry.position for entry in batch.entries]
    return found


async def test_a_filter_cannot_ask_for_what_may_not_be_seen(start_hub):
    hub = await start_hub(mixed_log())

    with hub.subscribe(parse({"exact": {"type": "academy.secret"}}), 1, ORDERS) as subscription:
        assert await subscription.take(100) is None
        # Positions tell volume, and that is all.
        assert subscription.skip().stop == 21


async def test_the_id_of_what_may_not_be_seen_does_not_leak_through_a_tip(start_hub):
    log = mixed_log()
    hub = await start_hub(log)
    unseen = log.held[19].id

    with hub.subscribe(EVERYTHING, 14, ORDERS) as subscription:
        batch = await subscription.take(100)
        assert batch.stop == 21 and batch.tip == stand_in(unseen)
        # The rest was looked at and is told as an empty range.
    opening = await open_at(hub, 21, EVERYTHING, ORDERS, tip=batch.tip)

    assert opening.gap is None
    assert opening.tip == stand_in(unseen) != unseen
    # Whoever may see more by now resumes with the text that stood for the id.
    assert (await open_at(hub, 21, EVERYTHING, tip=batch.tip)).gap is None
    assert (await open_at(hub, 21, EVERYTHING, ORDERS, tip="another")).gap.reason == "epoch"


async def test_nor_through_that_of_an_empty_range(start_hub):
    log = mixed_log()
    hub = await start_hub(log)

    with hub.subscribe(EVERYTHING, 18, ORDERS) as subscription:
        assert await subscription.take(100) is None
        skipped = subscription.skip()

    assert (skipped.stop, skipped.tip) == (21, stand_in(log.held[19].id))


async def test_the_last_so_many_are_counted_among_what_may_be_seen(start_hub):
    hub = await start_hub(mixed_log())

    assert (await open_at(hub, Last(2), EVERYTHING, ORDERS)).start == 13
    assert (await open_at(hub, Last(2), EVERYTHING)).start == 19


async def test_a_policy_is_asked_once_for_each_type_and_before_anything_is_given_out(start_hub):
    log = mixed_log()
    hub = await start_hub(log)
    policy = Policy("academy.order_paid")
    sight = Sight("viewer 1", ask=policy)

    with hub.subscribe(EVERYTHING, 1, sight) as subscription:
        # What is at hand is not given out at once as long as nobody has answered.
        assert subscription.take_at_once(100) is None
        assert await positions_of_all(subscription) == ORDERS_IN_IT
        log.append(type="academy.order_paid")
        assert await positions(subscription, 21) == [21]

    assert policy.asked == [["academy.order_paid", "academy.secret"]]


async def test_a_new_sight_holds_from_the_next_batch_on(start_hub):
    hub = await start_hub(mixed_log())

    with hub.subscribe(EVERYTHING, 1) as subscription:
        first = await subscription.take(4)
        subscription.sight = ORDERS
        rest = await positions_of_all(subscription)

    assert [entry.position for entry in first.entries] == [1, 2, 3, 4]
    assert rest == [5, 9, 13, 17]


async def test_those_who_see_the_same_share_a_batch_and_others_do_not(start_hub):
    hub = await start_hub(mixed_log())
    same = Sight("orders", allows=lambda type: type == "academy.order_paid")

    with (
        hub.subscribe(EVERYTHING, 1, ORDERS) as one,
        hub.subscribe(EVERYTHING, 1, same) as other,
        hub.subscribe(EVERYTHING, 1) as full,
    ):
        batches = [await subscription.take(100) for subscription in (one, other, full)]

    assert batches[0] is batches[1]
    assert batches[2] is not batches[0]


async def test_what_a_sight_has_learnt_is_bounded():
    sight = Sight("viewer 1", ask=Policy())
    for number in range(MAX_TYPES + 1):
        await sight.learn([entry(1, type=f"type {number}")])

    assert sight.knows([entry(1, type=f"type {MAX_TYPES}")])
    assert not sight.knows([entry(1, type="type 0")])
    with pytest.raises(Undecided):
        sight.see(entry(1, type="type 0"))


async def learnt(*types, allowed=("a",), personal=True):
    sight = Sight(object(), personal=personal, ask=Policy(*allowed))
    await sight.learn_types(set(types))
    return sight


async def test_sights_that_have_answered_alike_are_one_that_knows_what_both_know():
    one = (await learnt("a", "b")).joined(await learnt("b", "c"))

    assert [one.sees(type) for type in "abc"] == [True, False, False]
    with pytest.raises(Undecided):
        one.sees("d")
    assert one.key == (await learnt("c", "b")).joined(await learnt("a")).key
    assert one.joined(await learnt("a", "d", allowed=("a", "d"))).sees("d")


async def test_who_sees_personal_data_has_another_key_than_who_does_not_however_alike_they_are():
    one, other = [
        (await learnt("a", personal=personal)).joined(await learnt("b", personal=personal))
        for personal in (True, False)
    ]

    assert one.key != other.key


async def test_sights_that_differ_are_two_and_so_are_those_that_have_forgotten():
    many = [f"type {number}" for number in range(MAX_TYPES)]
    full, forgetful = await learnt(*many), await learnt(*many)
    await forgetful.learn_types({"a"})

    one = await learnt("a")
    for other in (await learnt("a", allowed=()), await learnt("a", personal=False), forgetful, full, FULL, ORDERS):
        assert one.joined(other) is None
        assert other.joined(one) is None


def test_who_sees_everything_gets_the_very_same_entry():
    one = entry(1)

    assert FULL.see(one) is one
    assert FULL.knows([one])


async def test_a_filter_is_asked_about_what_is_seen_and_so_finds_out_nothing_more(start_hub):
    log = MemoryLog()
    log.append(3, personal="#/number")
    hub = await start_hub(log)
    wanted = parse({"gte": {"data.number": 2}})
    masked = Sight("masked", personal=False)

    with hub.subscribe(wanted, 1, masked) as restricted, hub.subscribe(wanted, 1) as full:
        assert await restricted.take(10) is None
        assert [each.position for each in (await full.take(10)).entries] == [2, 3]

    assert (await open_at(hub, Last(2), wanted, masked)).start == 1
    assert (await open_at(hub, Last(2), wanted)).start == 2
