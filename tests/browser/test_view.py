"""A view of the store on its own: which entries it shows, and in which order it comes to know them."""

import pytest

MAKE = """async (capacity) => {
    const {Store} = await import('/static/frontend/core/store.js');
    const {View} = await import('/static/frontend/core/view.js');
    window.store = new Store({capacity});
    window.view = new View(store);
    window.push = (from, to) => {
        for (let n = from; n <= to; n += 1) store.push(JSON.stringify({type: 'a.b', sequence: String(n)}));
    };
    window.tens = ({position}) => position % 10 === 0;
    window.shown = () => {
        const positions = [];
        for (let rank = view.next - 1; rank >= view.first; rank -= 1) positions.push(store.at(view.at(rank)).position);
        return positions;
    };
    window.finish = () => { while (!view.catchUp()); return shown(); };
}"""


@pytest.fixture
def store(modules):
    modules.evaluate(MAKE, 100)
    modules.evaluate("push(1, 50)")
    return modules


def test_without_a_predicate_everything_is_shown_newest_first(store):
    assert store.evaluate("finish()") == list(range(50, 0, -1))
    assert store.evaluate("[view.events, view.done, view.filtered]") == [50, True, False]


def test_only_matches_are_shown_and_what_comes_joins_them(store):
    store.evaluate("view.filter(tens)")
    assert store.evaluate("finish()") == [50, 40, 30, 20, 10]

    store.evaluate("push(51, 75)")
    assert store.evaluate("finish()") == [70, 60, 50, 40, 30, 20, 10]
    assert store.evaluate("view.events") == 7


def test_what_the_ring_lets_go_leaves_and_no_rank_changes(store):
    store.evaluate("view.filter(tens)")
    store.evaluate("finish()")
    rank = store.evaluate("view.rankOf(45)")  # the entry of position 50 has ordinal 49

    store.evaluate("push(51, 145)")

    assert store.evaluate("finish()") == [140, 130, 120, 110, 100, 90, 80, 70, 60, 50]
    assert store.evaluate("view.rankOf(45)") == store.evaluate("view.first") == rank


def test_a_ring_that_turned_over_since_the_last_look_is_searched_anew(store):
    store.evaluate("view.filter(tens)")
    store.evaluate("finish()")

    store.evaluate("push(51, 1051)")

    assert store.evaluate("finish()") == [1050, 1040, 1030, 1020, 1010, 1000, 990, 980, 970, 960]


def test_gaps_are_shown_whatever_is_looked_for_and_not_counted(store):
    store.evaluate("store.pushGap({from: 51, to: 60, reason: 'retention'}); push(60, 61)")
    store.evaluate("view.filter(() => false)")

    assert store.evaluate("finish()") == [51]
    assert store.evaluate("view.events") == 0

    store.evaluate("push(62, 200)")
    assert store.evaluate("finish()") == []
    assert store.evaluate("view.events") == 0


def test_a_search_takes_a_slice_at_a_time_and_shows_the_newest_first(modules):
    modules.evaluate(MAKE, 1000)
    modules.evaluate("push(1, 1000)")

    # A slice of no time ends at the first look at the clock.
    first = modules.evaluate("view.filter(tens); const done = view.catchUp(-1); [done, shown()]")
    assert first == [False, [1000, 990, 980, 970, 960, 950, 940]]

    modules.evaluate("push(1001, 1020)")
    assert modules.evaluate("view.catchUp(-1)") is False
    assert modules.evaluate("shown()")[:3] == [1020, 1010, 1000]
    assert modules.evaluate("finish()") == list(range(1020, 20, -10))


def test_a_store_that_grows_at_its_old_end_is_searched_there_too(store):
    """History comes in pages, older and older."""
    store.evaluate("""() => {
        window.store = {capacity: 100, first: 50, next: 60, at: (ordinal) => ({ordinal, kind: 0, position: ordinal})};
        window.view = new view.constructor(store, tens);
    }""")
    assert store.evaluate("finish()") == [50]

    store.evaluate("store.first = 15")
    assert store.evaluate("finish()") == [50, 40, 30, 20]

    store.evaluate("store.first = 45; finish(); store.first = 35")
    assert store.evaluate("finish()") == [50, 40]
