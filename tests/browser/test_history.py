"""The history on its own: pages before the ring or around a position, in a store that grows at both ends."""

import pytest
from playwright.sync_api import Page

PARTS = """async () => {
    const {Store, summaryOf} = await import('/static/frontend/core/store.js');
    const {View} = await import('/static/frontend/core/view.js');
    const typed = (n) => n % 10 ? 'a.b' : 'a.ten';
    const line = (n) => JSON.stringify({type: typed(n), sequence: String(n), time: '', summary: `s${n}`});
    const shown = (view) => {
        const ranks = Array.from({length: view.next - view.first}, (_, i) => view.first + i);
        return ranks.map((rank) => view.store.at(view.at(rank)).position);
    };
    Object.assign(window, {Store, View, summaryOf, line, shown});
}"""


def test_a_store_grows_at_its_old_end_and_lets_the_newest_go(modules):
    modules.evaluate(PARTS)
    result = modules.evaluate("""() => {
        const store = new Store({capacity: 30, start: 1001});
        for (let n = 1001; n <= 1010; n += 1) store.push(line(n));
        for (let n = 1000; n > 970; n -= 1) store.unshift(line(n));
        const old = [store.first, store.next, summaryOf(store.at(971).line), store.find(1000), store.find(1001)];
        for (let n = 1001; n <= 1005; n += 1) store.push(line(n));
        return [old, [store.first, store.next, store.find(976), store.find(975)], store.events - store.dropped];
    }""")

    assert result == [[971, 1001, "s971", 1000, None], [976, 1006, 976, None], 30]


def test_what_a_view_shows_follows_the_store_at_both_ends(modules):
    modules.evaluate(PARTS)
    result = modules.evaluate("""() => {
        const store = new Store({capacity: 50, start: 1001});
        const view = new View(store, ({type}) => type === 'a.ten');
        const seen = [];
        const look = () => { view.catchUp(1000); seen.push(shown(view)); };
        for (let n = 1001; n <= 1040; n += 1) store.push(line(n));
        look();
        for (let n = 1000; n > 960; n -= 1) store.unshift(line(n));
        look();
        for (let n = 1011; n <= 1020; n += 1) store.push(line(n));
        look();
        return seen;
    }""")

    assert result == [[1010, 1020, 1030, 1040], [970, 980, 990, 1000, 1010], [980, 990, 1000, 1010, 1020]]


def test_a_store_that_grows_at_its_old_end_is_bounded_in_bytes_too(modules):
    modules.evaluate(PARTS)
    result = modules.evaluate("""() => {
        const store = new Store({budget: 1e6, start: 1000});
        const large = JSON.stringify({type: 'a.b', data: 'x'.repeat(50000)});
        for (let n = 0; n < 100; n += 1) store.unshift(large);
        return [store.bytes <= 1e6, store.size, store.first];
    }""")

    assert result == [True, 19, 900]


HISTORY = """async ({count, held}) => {
    const {History} = await import('/static/frontend/core/history.js');
    const {NoPage} = await import('/static/frontend/lib/pages.js');
    const {Hold} = await import('/static/frontend/core/hold.js');
    const store = new Store();
    for (let n = count - held + 1; n <= count; n += 1) store.push(line(n));
    const ring = {view: new View(store), hold: new Hold(store, () => {})};
    window.log = {oldest: 1, asked: []};
    window.stream = {url: null, stream: 'main', epoch: 'e', position: count + 1, head: count, oldest: 1};
    window.past = new History({
        stream, ring, apply: (change) => change(), changed: () => {},
        read: async (url, {from, to}) => {
            log.asked.push([from, to]);
            await log.wait;
            if (log.fails) throw new NoPage(log.fails, log.replaced);
            const start = Math.max(from, log.oldest);
            return {from: start, lines: Array.from({length: Math.max(0, to - start)}, (_, i) => line(start + i))};
        },
    });
    window.range = () => past.view && [past.view.store.first, past.view.store.next - 1];
}"""


@pytest.fixture
def past(modules) -> Page:
    """The history of a log of 50,000 events, of which the ring holds the last 500."""
    modules.evaluate(PARTS)
    modules.evaluate(HISTORY, {"count": 50_000, "held": 500})
    return modules


def test_older_pages_join_the_ring_and_each_other(past):
    result = past.evaluate("""async () => {
        const left = past.left;
        await past.older();
        const first = range();
        await past.older();
        const {store} = past.view;
        const whole = shown(past.view).every((position, i) => position === store.first + i);
        return [left, first, range(), past.left, whole, log.asked];
    }""")

    assert result == [
        49_500,
        [49_001, 50_000],
        [48_501, 50_000],
        48_500,
        True,
        [[49_001, 49_501], [48_501, 49_001]],
    ]


def test_what_is_held_of_the_past_is_bounded_and_moves_both_ways(past):
    result = past.evaluate("""async () => {
        for (let n = 0; n < 60; n += 1) await past.older();
        const back = range();
        for (let n = 0; n < 5; n += 1) await past.newer();
        return [back, range(), past.view.store.at(30000).position];
    }""")

    assert result == [[19_501, 39_500], [22_001, 42_000], 30_000]


def test_the_first_event_is_the_end(past):
    past.evaluate(PARTS)
    past.evaluate(HISTORY, {"count": 1200, "held": 500})
    result = past.evaluate("""async () => {
        for (let n = 0; n < 5; n += 1) await past.older();
        return [range(), past.left, log.asked];
    }""")

    assert result == [[1, 1200], 0, [[201, 701], [1, 201]]]


def test_a_page_that_was_pruned_meanwhile_is_the_end_with_numbers(past):
    result = past.evaluate("""async () => {
        log.oldest = 49201;
        await past.older();
        await past.older();
        return [range(), past.left, past.oldest, log.asked.length, past.error];
    }""")

    assert result == [[49_201, 50_000], 0, 49_201, 1, ""]


def test_pages_without_a_match_are_passed_over_ten_in_a_row(past):
    result = past.evaluate("""async () => {
        past.ring.view.filter(({position}) => position === 43000 || position === 49999);
        const pages = [];
        for (let n = 0; n < 3; n += 1) {
            log.asked = [];
            await past.older();
            pages.push([log.asked.length, past.view.store.first, shown(past.view)]);
        }
        return pages;
    }""")

    assert result == [[10, 44_501, [49_999]], [4, 42_501, [43_000, 49_999]], [10, 37_501, [43_000, 49_999]]]


def test_a_search_that_finds_nothing_ends_with_the_first_event(past):
    past.evaluate(HISTORY, {"count": 1200, "held": 500})
    result = past.evaluate("""async () => {
        past.ring.view.filter(() => false);
        await past.older();
        return [past.left, log.asked];
    }""")

    assert result == [0, [[201, 701], [1, 201]]]


def test_only_one_page_is_on_its_way_and_one_not_wanted_any_more_is_dropped(past):
    result = past.evaluate("""async () => {
        let come;
        log.wait = new Promise((resolve) => { come = resolve; });
        const first = past.older(), second = past.older();
        past.leave();
        come();
        await Promise.all([first, second]);
        return [log.asked.length, range(), past.busy];
    }""")

    assert result == [1, None, False]


def test_a_page_that_fails_is_said_and_can_be_asked_for_again(past):
    result = past.evaluate("""async () => {
        log.fails = 'the connection was lost';
        await past.older();
        const failed = [past.error, range(), past.busy];
        log.fails = '';
        await past.older();
        return [failed, past.error, range()];
    }""")

    assert result == [["the connection was lost", None, False], "", [49_001, 50_000]]


def test_a_log_that_was_replaced_ends_the_history(past):
    result = past.evaluate("""async () => {
        await past.older();
        const {store} = past.ring.view;
        store.pushGap({from: 50001, to: 1, reason: 'epoch'});
        past.replace();
        const left = [range(), past.left, past.replaced];
        Object.assign(stream, {head: 60000, position: 60001});
        for (let n = 1; n <= 3; n += 1) store.push(line(n));
        return [left, past.joins(2), past.joins(49999)];
    }""")

    assert result == [[None, 0, True], True, False]


def test_a_position_is_gone_to_wherever_it_is_and_else_the_reason_is_said(past):
    result = past.evaluate("""async () => {
        const went = [];
        stream.oldest = 100;
        for (const position of [49900, 1000, 1100, 120, 99, 50001]) went.push([await past.go(position), range()]);
        went.push([...log.asked]);
        log.oldest = 5000;
        went.push([await past.go(4000), range()]);
        log.fails = 'the connection was lost';
        went.push([await past.go(30000), range()]);
        stream.oldest = 50001;
        went.push([await past.go(300), range()]);
        went.push([await past.go(49900), range()]);
        stream.position = null;
        went.push(await past.go(7));
        return went;
    }""")

    assert result == [
        ["", None],
        ["", [750, 1249]],
        ["", [750, 1249]],
        ["", [100, 369]],
        ["Event 99 is not held any more: the oldest is 100.", [100, 369]],
        ["There is no event 50,001: the newest is 50,000.", [100, 369]],
        [[750, 1250], [100, 370]],
        ["Event 4,000 is not held any more: the oldest is 5,000.", [100, 369]],
        ["Event 30,000 did not come: the connection was lost.", [100, 369]],
        ["", [100, 369]],
        ["", None],
        "This page is not connected.",
    ]


def test_a_part_of_the_ring_leads_over_as_far_as_it_is_on_the_screen(past):
    past.evaluate(PARTS)
    past.evaluate(HISTORY, {"count": 50_000, "held": 5000})
    result = past.evaluate("""async () => {
        const {store} = past.ring.view;
        await past.older(store.first);
        const some = range();
        past.leave();
        await past.older(store.first + 3000);
        return [some, range()];
    }""")

    assert result == [[44_501, 46_000], [44_501, 48_001]]
