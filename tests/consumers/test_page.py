"""Pages of the log: whatever is asked for, and however it is cut, they are together what a plain read of it gives."""

import asyncio
import json
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers import excerpt
from consumers.filter import EVERYTHING, any_of, parse
from consumers.page import Asked, page_of
from consumers.protocol import Last
from consumers.sight import FULL, Sight
from consumers.subscription import LogReplaced

from .conftest import make_hub
from .memory import MemoryLog, entry

PAID, COMPLETED, VERIFIED = "academy.order_paid", "academy.course_completed", "academy.profile_verified"


def shown(page):
    """The page as a client has it, and its links as queries."""
    return json.loads(page.text(urlencode))


def asked(filter=EVERYTHING, limit=100, **place):
    """What a link asks for."""
    epoch = None
    for name in ("after", "before"):
        if isinstance(place.get(name), str):
            epoch, _, number = place[name].rpartition(":")
            place[name] = int(number)
    start = place["after"] + 1 if "after" in place else place.get("start")
    return Asked(filter=filter, start=start, before=place.get("before"), epoch=epoch or place.get("epoch"), limit=limit)


async def walk(hub, first, name, sight=FULL):
    """The pages from one on, by its links."""
    pages = [shown(await page_of(hub, first, sight))]
    while link := pages[-1][name]:
        place = dict(parse_qsl(link))
        pages.append(shown(await page_of(hub, asked(first.filter, first.limit, **place), sight)))
        assert len(pages) < 500
    return pages


def sequences(pages):
    return [int(event["sequence"]) for page in pages for event in page["events"]]


async def test_without_a_place_it_is_the_newest_page(hub):
    page = shown(await page_of(hub, asked(limit=3), FULL))

    assert [event["data"]["number"] for event in page.pop("events")] == [98, 99, 100]
    assert page == {
        "epoch": "one",
        "from": 98,
        "to": 101,
        "head": 100,
        "oldest": 11,
        "previous": "before=one%3A98",
        "next": None,
    }


async def test_the_events_are_the_same_bytes_as_in_the_log(hub):
    text = (await page_of(hub, asked(after=19, limit=2), FULL)).text(urlencode)

    assert f'"events":[\n{entry(20).line},\n{entry(21).line}\n]}}\n' in text


@pytest.mark.parametrize(
    "place, range",
    [
        ({"after": 19}, (20, 30)),
        ({"before": 20}, (11, 20)),
        ({"before": 40}, (30, 40)),
        ({"after": 19, "before": 25}, (20, 25)),
        ({"after": 19, "before": 15}, (20, 20)),
        ({"start": "earliest"}, (11, 21)),
        ({"start": Last(5)}, (96, 101)),
        ({"start": Last(50)}, (51, 61)),
        ({"after": 100}, (101, 101)),
        ({"before": 11}, (11, 11)),
        ({"before": 101}, (91, 101)),
        ({"after": "one:19"}, (20, 30)),
        ({"before": "one:40"}, (30, 40)),
    ],
)
async def test_a_page_is_where_it_is_wanted(hub, place, range):
    page = shown(await page_of(hub, asked(limit=10, **place), FULL))

    assert (page["from"], page["to"]) == range
    assert sequences([page]) == list(_range(*range))
    assert "gap" not in page


_range = range


@pytest.mark.parametrize(
    "place, gap, range",
    [
        ({"after": 3}, {"from": 4, "to": 11, "reason": "retention"}, (11, 21)),
        ({"before": 5}, {"from": 1, "to": 5, "reason": "retention"}, (1, 1)),
        ({"after": "zero:19"}, {"from": 20, "to": 11, "reason": "epoch"}, (11, 21)),
        ({"after": 101}, {"from": 102, "to": 11, "reason": "epoch"}, (11, 21)),
        ({"before": "zero:40"}, {"from": 40, "to": 101, "reason": "epoch"}, (91, 101)),
        ({"before": 102}, {"from": 102, "to": 101, "reason": "epoch"}, (91, 101)),
    ],
)
async def test_where_the_place_is_not_there_any_more_the_page_says_so(hub, place, gap, range):
    page = shown(await page_of(hub, asked(limit=10, **place), FULL))

    assert page["gap"] == gap
    assert (page["from"], page["to"]) == range


async def test_a_page_that_is_before_the_oldest_leads_forward_only(hub):
    page = shown(await page_of(hub, asked(before=5), FULL))

    assert (page["previous"], page["next"]) == (None, "after=one%3A0")


async def test_an_empty_log_has_one_page(start_hub):
    hub = await start_hub(MemoryLog())

    for place in ({}, {"start": "earliest"}, {"before": 1}, {"after": 0}):
        page = shown(await page_of(hub, asked(**place), FULL))

        assert page == {
            "epoch": "one",
            "from": 1,
            "to": 1,
            "head": 0,
            "oldest": 1,
            "previous": None,
            "next": None,
            "events": [],
        }


async def test_the_pages_of_a_range_end_where_it_ends(hub):
    pages = await walk(hub, asked(after=19, before=45, limit=10), "next")

    assert [(page["from"], page["to"]) for page in pages] == [(20, 30), (30, 40), (40, 45)]


async def test_nor_does_a_range_without_the_newest_event_go_on_to_it(hub):
    pages = await walk(hub, asked(after=79, before=100, limit=10), "next")

    assert [(page["from"], page["to"]) for page in pages] == [(80, 90), (90, 100)]


async def test_a_filter_that_matches_nothing_moves_on(start_hub, monkeypatch):
    monkeypatch.setattr(excerpt, "SCAN", 40)
    hub = await start_hub(MemoryLog(events=100))
    nothing = parse(any_of("type", [COMPLETED]))

    forward = await walk(hub, asked(nothing, after=0), "next")
    backward = await walk(hub, asked(nothing), "previous")

    assert [(page["from"], page["to"]) for page in forward] == [(1, 41), (41, 81), (81, 101)]
    assert [(page["from"], page["to"]) for page in backward] == [(61, 101), (21, 61), (1, 21)]


async def test_a_page_has_about_a_megabyte_at_most_and_an_event_that_is_larger_alone(start_hub, monkeypatch):
    monkeypatch.setattr(excerpt, "MAX_BYTES", 2000)
    log = MemoryLog(events=3)
    log.append(1, size=5000)
    log.append(10, size=500)
    hub = await start_hub(log, ring=2)

    for first, name in ((asked(after=0), "next"), (asked(), "previous")):
        pages = await walk(hub, first, name)

        assert sorted(sequences(pages)) == list(range(1, 15))
        sizes = [sum(len(json.dumps(event)) for event in page["events"]) for page in pages]
        assert [size > 2000 for size in sizes].count(True) == 1
        assert max(len(page["events"]) for page in pages) <= 3


async def test_a_page_looks_at_so_much_that_does_not_match_and_at_any_size_that_is_not_seen(start_hub, monkeypatch):
    monkeypatch.setattr(excerpt, "MAX_LOOKED_BYTES", 5000)
    log = MemoryLog()
    log.append(30, size=1000)
    hub = await start_hub(log)
    nobody = Sight("nobody", allows=lambda type: False)

    for first, name in (
        (asked(parse(any_of("type", [COMPLETED])), after=0), "next"),
        (asked(parse(any_of("type", [COMPLETED]))), "previous"),
    ):
        looked = await walk(hub, first, name)
        blind = await walk(hub, first, name, nobody)

        assert {page["to"] - page["from"] for page in looked} == {5}
        assert [page["to"] - page["from"] for page in blind] == [30]


async def test_others_have_their_turn_while_a_page_is_looked_for(start_hub):
    log = MemoryLog()
    hub = await start_hub(log, ring=5000, bytes=10_000_000)
    log.append(5000)
    await hub.catch_up()
    looking = asyncio.create_task(page_of(hub, asked(parse(any_of("type", [COMPLETED])), after=0), FULL))
    turns, reads = 0, len(log.calls)

    while not looking.done():
        turns += 1
        await asyncio.sleep(0)

    # All of it is at hand, so that nothing else lets them.
    assert [call for call in log.calls[reads:] if call not in ("head", (1, 1))] == []
    assert turns >= 5000 // excerpt.STEP + 3


async def test_large_events_are_not_read_in_heaps(start_hub, monkeypatch):
    monkeypatch.setattr(excerpt, "MAX_BYTES", 20_000)
    log = MemoryLog()
    log.append(300, size=1000)
    hub = await start_hub(log, ring=1)
    held = []
    monkeypatch.setattr(excerpt, "_too_many", lambda run: held.append(len(run)) or _too_many(run))

    pages = await walk(hub, asked(parse(any_of("type", [COMPLETED]))), "previous")

    assert [(page["from"], page["to"]) for page in pages] == [(1, 301)]
    # After the first look it knows how large they are.
    assert max(held[2:]) <= 40


_too_many = excerpt._too_many


async def test_a_hole_is_told_in_both_directions_and_only_there(start_hub):
    log = MemoryLog(events=100)
    log.held = [each for each in log.held if not 40 <= each.position < 45]
    hub = await start_hub(log, ring=1)

    forward = await walk(hub, asked(after=0, limit=30), "next")
    backward = await walk(hub, asked(limit=30), "previous")

    gap = {"from": 40, "to": 45, "reason": "retention"}
    assert [(page["from"], page["to"], page.get("gap")) for page in forward] == [
        (1, 31, None),
        (31, 40, None),
        (45, 75, gap),
        (75, 101, None),
    ]
    assert [(page["from"], page["to"], page.get("gap")) for page in backward] == [
        (71, 101, None),
        (45, 71, None),
        (10, 40, gap),
        (1, 10, None),
    ]


class Replaced(MemoryLog):
    """Is replaced, by `exchange`, while what was read of it is on its way, and the hub notices first."""

    hub = exchange = None

    async def read(self, start, limit):
        page = await super().read(start, limit)
        if self.hub and (start, limit) != (1, 1):
            hub, self.hub = self.hub, None
            self.exchange()
            await hub.catch_up()
        return page


@pytest.mark.parametrize("place", [{"before": 90}, {"after": 50}])
@pytest.mark.parametrize("is_restored", [False, True])
async def test_a_log_that_is_replaced_meanwhile_is_not_mixed_with_the_new_one(start_hub, place, is_restored):
    log = Replaced(events=100)
    log.interval = 60
    log.exchange = (lambda: log.restore(70, grown=10)) if is_restored else (lambda: log.replace("two", events=100))
    log.hub = await start_hub(log)

    with pytest.raises(LogReplaced):
        await page_of(log.hub, asked(limit=10, **place), FULL)


async def test_the_policy_is_asked_on_the_way_and_what_it_hides_is_not_there(start_hub):
    log = MemoryLog()
    for _ in range(20):
        log.append(1)
        log.append(1, type=COMPLETED)
    hub = await start_hub(log)

    async def ask(types):
        return {type: type == PAID for type in types}

    for first, name in ((asked(after=0, limit=7), "next"), (asked(limit=7), "previous")):
        pages = await walk(hub, first, name, Sight("paid", ask=ask))

        assert sorted(sequences(pages)) == list(range(1, 41, 2))
        assert {len(page["events"]) for page in pages} <= {7, 6}


@st.composite
def logs(draw):
    """Some log: pruned, with holes, its events of three types and all sizes."""
    log = MemoryLog()
    for size, type in draw(
        st.lists(st.tuples(st.integers(0, 300), st.sampled_from([PAID, COMPLETED, VERIFIED])), max_size=80)
    ):
        log.append(1, size=size, type=type)
    log.prune(draw(st.integers(1, max(1, log.head_position + 1))))
    holes = draw(st.lists(st.integers(1, 80), max_size=3))
    newest = log.head_position
    log.held = [each for each in log.held if each.position not in holes or each.position == newest]
    return log


@given(
    log=logs(),
    types=st.lists(st.sampled_from([PAID, COMPLETED, VERIFIED]), max_size=2),
    hidden=st.sampled_from([None, PAID, COMPLETED]),
    limit=st.integers(1, 20),
    scan=st.integers(1, 50),
    steps=st.tuples(st.integers(1, 10), st.integers(1, 30)),
    most=st.integers(200, 5000),
    ring=st.integers(1, 100),
)
def test_pages_are_together_what_a_plain_read_gives(log, types, hidden, limit, scan, steps, most, ring):
    filter = parse(any_of("type", types))
    sight = Sight("some", allows=lambda type: type != hidden) if hidden else FULL
    wanted = [each.line for each in log.held if each.type != hidden and (not types or each.type in types)]
    oldest = log.held[0].position if log.held else log.head_position + 1

    async def walks():
        hub = make_hub(log, ring=ring)
        await hub.start()
        try:
            first = asked(filter, limit, after=0)
            return await walk(hub, first, "next", sight), await walk(hub, asked(filter, limit), "previous", sight)
        finally:
            await hub.stop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excerpt, "SCAN", scan)
        patch.setattr(excerpt, "FIRST_STEP", min(steps))
        patch.setattr(excerpt, "STEP", max(steps))
        patch.setattr(excerpt, "MAX_BYTES", most)
        patch.setattr(excerpt, "MAX_LOOKED_BYTES", 2 * most)
        forward, backward = asyncio.run(walks())

    for pages in (forward, backward[::-1]):
        lines = [event for page in pages for event in page["events"]]
        assert lines == [json.loads(line) for line in wanted]
        assert all(page["from"] <= int(event["sequence"]) < page["to"] for page in pages for event in page["events"])
        assert all(len(page["events"]) <= limit and page["to"] - page["from"] <= scan for page in pages)
    _are_contiguous(forward, 1, log.head_position + 1)
    _are_contiguous(backward[::-1], oldest, log.head_position + 1)


@given(
    hidden=st.lists(st.tuples(st.booleans(), st.integers(0, 3000), st.integers(0, 3000)), min_size=1, max_size=40),
    types=st.lists(st.sampled_from([PAID, COMPLETED]), max_size=1),
    limit=st.integers(1, 10),
    ring=st.integers(1, 50),
)
def test_what_is_hidden_shows_in_nothing_but_positions(hidden, types, limit, ring):
    one, other = MemoryLog(), MemoryLog()
    for is_hidden, size, another_size in hidden:
        one.append(1, type=COMPLETED if is_hidden else PAID, size=size)
        other.append(1, type=VERIFIED if is_hidden else PAID, size=another_size if is_hidden else size)
    sight = Sight("paid", allows=lambda type: type == PAID)

    async def told(log):
        hub = make_hub(log, ring=ring)
        await hub.start()
        try:
            first = asked(parse(any_of("type", types)), limit, after=0), asked(parse(any_of("type", types)), limit)
            return await walk(hub, first[0], "next", sight), await walk(hub, first[1], "previous", sight)
        finally:
            await hub.stop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excerpt, "SCAN", 20)
        patch.setattr(excerpt, "MAX_BYTES", 3000)
        patch.setattr(excerpt, "MAX_LOOKED_BYTES", 5000)

        assert asyncio.run(told(one)) == asyncio.run(told(other))


def _are_contiguous(pages, start, stop):
    """Each range begins where the one before ended, with gaps in their places."""
    ranges = []
    for page in pages:
        ranges.append((page["from"], page["to"]))
        if "gap" in page:
            ranges.append((page["gap"]["from"], page["gap"]["to"]))
    ranges.sort()
    position = start
    for begin, end in ranges:
        assert begin == position
        position = end
    assert position == stop
