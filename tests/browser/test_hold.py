"""Holding: what is on the screen stays there, and the count of what is new goes up."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.screen import boxes, row, summaries


@pytest.fixture
def full(dashboard, scripted):
    """A hundred events, of which the newest fill the screen."""
    scripted.events(1, 100)
    expect(row(dashboard, 0)).to_contain_text("order 100")
    # The first frame may come before the page knows its own size.
    expect(row(dashboard, 20)).to_be_visible()
    return dashboard


def test_space_holds_and_l_shows_the_newest(full, scripted):
    full.keyboard.press("Space")
    before = summaries(full)
    scripted.events(101, 1000)

    expect(full.locator("#strip")).to_contain_text("1,000 new")
    expect(full.locator("#strip")).to_contain_text(re.compile(r"Holding at .*16:08:43\.350"))
    expect(full.get_by_role("button", name="Resume")).to_be_visible()
    assert full.title().startswith("⏸")
    assert summaries(full) == before

    full.keyboard.press("l")
    expect(row(full, 0)).to_contain_text("order 1100")
    expect(full.locator("#strip")).to_contain_text("Following the newest.")
    assert not full.title().startswith("⏸")


def test_a_pause_stays_when_one_scrolls_down_and_up_again(full, scripted):
    full.get_by_role("button", name="Pause").click()
    full.locator("#list").evaluate("(list) => { list.scrollTop = 500; }")
    expect(row(full, 20)).to_be_visible()
    full.locator("#list").evaluate("(list) => { list.scrollTop = 0; }")
    expect(row(full, 0)).to_be_visible()
    scripted.events(101, 10)

    expect(full.locator("#strip")).to_contain_text("10 new")
    expect(row(full, 0)).to_contain_text("order 100")

    full.get_by_role("button", name="Resume").click()
    expect(row(full, 0)).to_contain_text("order 110")


def test_what_comes_while_rows_get_another_height_is_followed(full, scripted):
    for number, width in enumerate([390, 1280] * 5, start=101):
        full.set_viewport_size({"width": width, "height": 800})
        scripted.events(number, 1)

        expect(row(full, 0)).to_contain_text(f"order {number}")
        expect(full.locator("#strip")).to_contain_text("Following the newest.")


def test_scrolling_down_holds_and_a_thousand_arrivals_move_nothing(full, scripted):
    full.locator("#list").hover()
    full.mouse.wheel(0, 300)
    expect(full.locator("#strip")).to_contain_text("Holding")
    expect(full.locator("#strip")).to_contain_text("0 new")
    before = summaries(full), tops(full)
    scripted.events(101, 1000)
    expect(full.locator("#strip")).to_contain_text("1,000 new")

    assert (summaries(full), tops(full)) == before


def test_scrolling_back_to_the_top_follows_again(full, scripted):
    full.locator("#list").hover()
    full.mouse.wheel(0, 300)
    expect(full.locator("#strip")).to_contain_text("Holding")

    full.mouse.wheel(0, -300)

    expect(full.locator("#strip")).to_contain_text("Following")
    scripted.events(101, 1)
    expect(row(full, 0)).to_contain_text("order 101")


def test_a_focused_row_holds_and_lets_go_with_the_focus(full, scripted):
    full.keyboard.press("j")
    scripted.events(101, 5)
    expect(full.locator("#strip")).to_contain_text("5 new")
    expect(row(full, 0)).to_be_focused()
    expect(row(full, 0)).to_contain_text("order 100")

    full.locator("#theme").focus()
    expect(row(full, 0)).to_contain_text("order 105")


def test_an_open_detail_holds(full, scripted):
    row(full, 2).click()
    scripted.events(101, 5)

    expect(full.locator("#strip")).to_contain_text("5 new")
    expect(row(full, 2)).to_contain_text("order 98")


def test_selected_text_holds(full, scripted):
    full.evaluate("getSelection().selectAllChildren(document.querySelector('.rows .row:not([hidden]) .c-summary'))")
    expect(full.locator("#strip")).to_contain_text("Holding")

    full.evaluate("getSelection().removeAllRanges()")
    expect(full.locator("#strip")).to_contain_text("Following")


def test_with_nothing_on_the_screen_there_is_nothing_to_hold(dashboard, scripted):
    dashboard.keyboard.press("Space")
    scripted.events(1, 1)

    expect(row(dashboard, 0)).to_contain_text("order 1")
    expect(dashboard.locator("#strip")).to_contain_text("Following")


def test_show_newest_follows_with_the_detail_still_open(full, scripted):
    row(full, 2).click()
    scripted.events(101, 5)
    full.get_by_role("button", name="Show newest").click()

    expect(row(full, 0)).to_contain_text("order 105")
    expect(full.locator("#detail-title")).to_have_text("order 98")


def test_while_holding_the_ring_may_turn_without_moving_a_row(modules):
    """The ring lets old events go; what is held on the screen keeps its place until its own turn comes."""
    result = modules.evaluate("""async () => {
        const {Store, summaryOf} = await import('/static/frontend/core/store.js');
        const {Hold} = await import('/static/frontend/core/hold.js');
        const store = new Store({capacity: 100});
        const hold = new Hold(store, () => {});
        const push = (n) => store.push(JSON.stringify({type: 'a.b', sequence: String(n), time: '', summary: `s${n}`}));
        const shown = () => [0, 1, 2].map((i) => summaryOf(store.at(hold.end - 1 - i).line));
        for (let n = 1; n <= 100; n += 1) push(n);
        hold.shown();
        hold.hold('paused');
        const before = shown();
        for (let n = 101; n <= 190; n += 1) push(n);
        return {before, after: shown(), fresh: hold.fresh, dropped: store.dropped, size: store.size};
    }""")

    assert result == {
        "before": ["s100", "s99", "s98"],
        "after": ["s100", "s99", "s98"],
        "fresh": 90,
        "dropped": 90,
        "size": 100,
    }


def tops(page) -> list[float]:
    return sorted(box["y"] for box in boxes(page))
