"""What the receivers did, in the list: it comes later than its event, finds its row, and stays within bounds."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import row, rows, summaries
from tests.browser.scripted import EPOCH, batch, dump, event, notes, reaction, receiver

OK, BAD = receiver("academy.receivers.enroll"), receiver("crm.receivers.push", 48.7, "raised", error="Timeout: none")

MAKE = """async ([capacity, budget]) => {
    const {Store} = await import('/static/frontend/core/store.js');
    window.store = new Store({capacity, budget});
    window.told = () => {
        const found = [];
        for (let at = store.first; at < store.next; at += 1) {
            const {position, told, nrec, nerr, slow} = store.at(at);
            found.push([position, told, nrec, nerr, Math.round(slow * 10) / 10]);
        }
        return found;
    };
}"""


@pytest.fixture
def store(modules):
    modules.evaluate(MAKE, [100, 96_000])
    return modules


def push(page, *positions):
    page.evaluate("(lines) => lines.forEach((line) => store.push(line))", [dump(event(n)) for n in positions])


def update(page, line):
    return page.evaluate("(line) => store.update(line)?.ordinal ?? null", line if isinstance(line, str) else dump(line))


def test_reactions_fill_the_columns_of_their_event_among_gaps_ghosts_and_what_cannot_be_read(store):
    push(store, 1, 2)
    store.evaluate("store.pushGap({from: 3, to: 9, reason: 'retention'}); store.push('no json')")
    store.evaluate("(line) => store.pushGhost(line)", dump(event(0, sequence=None)))
    push(store, 9, 12)
    store.evaluate("store.push('no json')")

    assert [update(store, reaction(n, OK, BAD)) for n in (1, 2, 9, 12)] == [0, 1, 5, 6]
    assert [update(store, reaction(n, OK)) for n in (0, 3, 8, 10, 13)] == [None] * 5
    assert [one for one in store.evaluate("told()") if one[1]] == [[n, 1, 2, 1, 49.7] for n in (1, 2, 9, 12)]


def test_reactions_are_of_the_newest_log(store):
    push(store, 1, 2)
    store.evaluate("store.pushGap({from: 3, to: 1, reason: 'epoch'})")
    push(store, 1, 2)

    assert update(store, reaction(2, OK)) == 4


def test_what_is_told_twice_counts_once_and_the_later_holds(store):
    push(store, 1)
    update(store, reaction(1, OK, receiver("a.late", None, "not_run")))
    update(store, reaction(1, receiver("x")) | {"reactions": [receiver("a.late", 9.0, order=2)]})
    update(store, reaction(1, reactions=None))

    assert store.evaluate("told()") == [[1, 1, 2, 0, 10]]


def test_nobody_listening_and_nobody_knowing_are_not_the_same(store):
    push(store, 1, 2, 3, 4)
    update(store, reaction(1))
    update(store, reaction(2, reactions=None, unknown=True))
    update(store, reaction(3, receiver("a.b", None, "ignored", why="sender")))

    assert store.evaluate("told()") == [[1, 1, 0, 0, 0], [2, 2, 0, 0, 0], [3, 1, 0, 0, 0], [4, 0, 0, 0, 0]]


def test_reactions_count_in_bytes_and_go_with_their_event(store):
    push(store, *range(1, 101))
    before = store.evaluate("store.bytes")
    for n in range(1, 101):
        update(store, reaction(n, receiver("a.b", error="e" * 500)))
    assert store.evaluate("[store.bytes <= 96_000, store.dropped > 0]") == [True, True]

    assert update(store, reaction(1, OK)) is None  # let go
    push(store, *range(101, 201))
    assert store.evaluate("[store.size, store.reactions.filter(Boolean).length]") == [100, 0]
    assert store.evaluate("store.bytes") == pytest.approx(before, abs=400)


NOTHING = ["", "null", "[]", "{}", '{"pos":1}', '{"pos":1,"reactions":7}']
NOWHERE = ['{"pos":"x","reactions":[]}', '{"pos":1e400,"reactions":[]}']


def test_lines_that_tell_nothing_are_dropped(store):
    push(store, 1)

    assert [update(store, line) for line in NOTHING + NOWHERE] == [None] * 8
    assert update(store, '{"pos":1,"reactions":[null,7,{},{"receiver":{"a":1},"ms":"fast","order":-1}]}') == 0


def words(page, index):
    return row(page, index).locator(".c-recv__text")


def test_7_a_late_reaction_patches_its_row_and_no_other(dashboard, scripted):
    """DASHBOARD §7, number 7; the open detail is in test_reacts.py."""
    scripted.events(1, 5)
    expect(rows(dashboard)).to_have_count(5)
    expect(words(dashboard, 1)).to_have_text("")

    scripted.reactions(reaction(4, OK, BAD, OK), reaction(2, OK), reaction(3), reaction(9, OK))

    expect(words(dashboard, 1)).to_have_text("1 of 3 failed")
    expect(row(dashboard, 1).locator(".c-ms")).to_have_text("50.7")
    expect(row(dashboard, 1).locator(".pip")).to_have_count(3)
    assert [words(dashboard, n).inner_text() for n in range(5)] == ["", "1 of 3 failed", "no receivers", "1 ok", ""]

    scripted.reactions(reaction(5, reactions=None, unknown=True), reaction(1, OK, receiver("a.b", None, "cancelled")))
    expect(words(dashboard, 0)).to_have_text("unknown")
    expect(words(dashboard, 4)).to_have_text("1 of 2 ok")


def test_what_a_connection_that_broke_had_still_to_tell_is_looked_up(dashboard, scripted):
    scripted.events(1, 2)
    scripted.events(3, 4)
    scripted.reactions(reaction(3, OK), reaction(5, OK))
    expect(words(dashboard, 1)).to_have_text("1 ok")
    lines = [reaction(4, BAD), reaction(5, OK), reaction(6, OK, OK)]
    scripted.page_of = lambda query: {"events": [], "reactions": lines}

    scripted.close()

    expect(words(dashboard, 2)).to_have_text("1 of 1 failed")
    expect(words(dashboard, 0)).to_have_text("2 ok")
    assert scripted.asked == [{"after": f"{EPOCH}:3", "limit": "3", "reactions": "1"}]

    scripted.close()
    scripted.wait_for(lambda: len(scripted.of("hello")) == 3)
    scripted.events(7, 1)

    expect(rows(dashboard)).to_have_count(7)
    assert len(scripted.asked) == 1


def test_many_receivers_are_counted_in_words_and_the_worst_are_drawn(dashboard, scripted):
    scripted.events(1, 1)
    scripted.reactions(reaction(1, *[receiver(f"a.r{n}", n + 0.1) for n in range(20)], BAD))

    expect(words(dashboard, 0)).to_have_text("1 of 21 failed")
    expect(row(dashboard, 0).locator(".pip")).to_have_count(7)
    expect(row(dashboard, 0).locator(".pips")).to_have_attribute("data-more", "+14")


def test_what_is_learnt_later_brings_an_event_into_the_filter_or_takes_it_out(dashboard, scripted):
    scripted.events(1, 60)
    dashboard.locator("#q").fill("error:yes")
    expect(dashboard.locator("#nomatch")).to_be_visible()

    scripted.reactions(*[reaction(n, BAD) for n in (7, 31, 30, 59)])
    expect(rows(dashboard)).to_have_count(4)
    assert summaries(dashboard) == ["order 59", "order 31", "order 30", "order 7"]
    expect(dashboard.locator("#filter-count")).to_have_text("4 of 60 held")

    dashboard.locator("#q").fill("-error:yes")
    expect(dashboard.locator("#filter-count")).to_have_text("56 of 60 held")
    scripted.reactions(reaction(60, BAD), reaction(58, OK))
    expect(row(dashboard, 0)).to_contain_text("order 58")
    expect(dashboard.locator("#filter-count")).to_have_text("55 of 60 held")


IN_VIEW = """[...document.querySelectorAll('.rows .row:not([hidden])')]
    .map((row) => [row.getBoundingClientRect().top, row.textContent]).filter(([top]) => top > 216 && top < 700)
    .sort(([a], [b]) => a - b)"""


def test_what_is_learnt_later_moves_nothing_that_is_held(dashboard, scripted):
    scripted.events(1, 300)
    scripted.reactions(*[reaction(n, BAD) for n in range(2, 301, 2)])
    dashboard.locator("#q").fill("error:yes")
    expect(row(dashboard, 0)).to_contain_text("order 300")
    dashboard.mouse.move(700, 500)
    dashboard.mouse.wheel(0, 28 * 20)
    expect(dashboard.locator("#strip")).to_contain_text("Holding")
    dashboard.wait_for_timeout(100)
    before = dashboard.evaluate(IN_VIEW)

    scripted.reactions(*[reaction(n, BAD) for n in range(281, 300, 2)])
    expect(dashboard.locator("#filter-count")).to_have_text("160 of 300 held")

    assert dashboard.evaluate(IN_VIEW) == before


def test_a_ghost_that_is_told_twice_is_shown_once(dashboard, scripted):
    scripted.ghosts(ghost(), ghost(), {**ghost("another"), "id": "0e60"})
    scripted.ghosts(ghost())
    scripted.events(1, 1)
    expect(row(dashboard, 0)).to_contain_text("order 1")

    expect(rows(dashboard)).to_have_count(3)


def ghost(summary="undone", **more):
    return event(0, id="0e5f", sequence=None, summary=summary, outcome="rolledback") | more


def test_a_ghost_is_shown_where_it_came_in_words_and_is_no_event(dashboard, scripted):
    scripted.events(1, 3)
    scripted.ghosts(ghost(reactions=[OK, BAD]))
    scripted.events(4, 1)
    expect(rows(dashboard)).to_have_count(5)

    expect(row(dashboard, 1)).to_contain_text("undonerolled back")
    expect(words(dashboard, 1)).to_have_text("1 of 2 failed")
    expect(row(dashboard, 1).get_by_role("button", name="Copy a link", include_hidden=True)).to_be_hidden()
    expect(dashboard.locator("#filter-count")).to_have_text("4 held")
    assert scripted.of("hello")[0]["ghosts"] is True

    dashboard.locator("#q").fill("undone")
    expect(rows(dashboard)).to_have_count(1)
    expect(dashboard.locator("#filter-count")).to_have_text("0 of 4 held")


def at(second: int) -> str:
    return f"2026-11-22T16:08:{second:02d}Z"


def later(scripted, *seconds: int) -> None:
    """Ghosts of these times, of which one hears only now."""
    scripted.ghosts(*[ghost(f"undone {n}", id=f"id{n}", time=at(n)) for n in seconds])


def test_a_ghost_of_which_one_hears_late_is_shown_at_its_time(dashboard, scripted):
    scripted.send(batch(1, [event(n, time=at(10 * n)) for n in (1, 2, 3, 4)]))
    expect(rows(dashboard)).to_have_count(4)

    later(scripted, 35, 5, 22)

    expect(rows(dashboard)).to_have_count(7)
    summary = [text.replace("rolled back", "") for text in summaries(dashboard)]
    assert summary == ["order 4", "undone 35", "order 3", "undone 22", "order 2", "order 1", "undone 5"]

    scripted.reactions(reaction(3, OK, BAD), reaction(1, OK))
    expect(words(dashboard, 2)).to_have_text("1 of 2 failed")
    expect(words(dashboard, 5)).to_have_text("1 ok")


def test_a_ghost_moves_nothing_that_is_held_and_no_filter_forgets_what_it_found(dashboard, scripted):
    scripted.send(batch(1, [event(n, time=at(10 * n)) for n in (1, 2, 3, 4)]))
    dashboard.locator("#q").fill("sender:Order")
    expect(rows(dashboard)).to_have_count(4)
    dashboard.keyboard.press("Escape")
    dashboard.keyboard.press("Space")
    expect(dashboard.locator("#strip")).to_contain_text("Holding")

    later(scripted, 35)
    scripted.send(batch(5, [event(5, time=at(50))]))
    expect(dashboard.locator("#strip")).to_contain_text("1 new")
    assert summaries(dashboard) == ["order 4", "order 3", "order 2", "order 1"]

    dashboard.keyboard.press("l")
    later(scripted, 45, 15)
    expect(rows(dashboard)).to_have_count(8)
    summary = [text.replace("rolled back", "") for text in summaries(dashboard)]
    wanted = ["order 5", "undone 45", "undone 35", "order 4", "order 3", "order 2", "undone 15", "order 1"]
    assert summary == wanted
    expect(dashboard.locator("#filter-count")).to_have_text("5 of 5 held")


def test_the_open_event_stays_the_one_that_is_open_when_a_ghost_comes_before_it(dashboard, scripted):
    scripted.send(batch(1, [event(n, time=at(10 * n)) for n in (1, 2, 3)]))
    row(dashboard, 0).click()
    dashboard.keyboard.press("l")
    later(scripted, 15)
    expect(rows(dashboard)).to_have_count(4)

    expect(row(dashboard, 0)).to_have_attribute("aria-selected", "true")
    scripted.reactions(reaction(3, OK))
    expect(dashboard.locator("#reacts-note")).to_have_text("1 of 1 ok, 1.0 ms")


def test_ghosts_are_never_exported(dashboard, scripted):
    scripted.events(1, 2)
    scripted.ghosts(ghost())
    expect(rows(dashboard)).to_have_count(3)

    with dashboard.expect_download() as download:
        dashboard.get_by_role("button", name="Export").click()

    lines = download.value.path().read_text().splitlines()
    assert lines == [dump(event(1)), dump(event(2))]


def test_a_flood_of_ghosts_stays_within_the_ring(store):
    line = dump(ghost(reactions=[BAD]))
    store.evaluate("(line) => { for (let n = 0; n < 1000; n += 1) store.pushGhost(line); }", line)

    assert store.evaluate("[store.size <= 100, store.bytes <= 96_000, store.events, store.dropped]") == [
        True,
        True,
        0,
        0,
    ]


def test_reactions_of_a_replay_come_after_their_events_and_fill_them(watched, site, scripted):
    scripted.head = 3
    scripted.answer = lambda hello: [
        scripted.welcome_from(1),
        batch(1, [event(n) for n in (1, 2, 3)]),
        notes("reactions", [reaction(n, OK) for n in (1, 2, 3)], after=30),
    ]
    watched.goto(site.url)

    expect(rows(watched)).to_have_count(3)
    expect(watched.locator(".c-recv__text", has_text="1 ok")).to_have_count(3)
