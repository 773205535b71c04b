"""Conditions that a reader may be in: large text, wide spacing, forced colours, a slow tab or a frozen one."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import no_sideways, row
from tests.browser.scripted import batch, dump, event, reaction, receiver

SPACED = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* {
        line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important;
    }
    p { margin-block-end: 2em !important; }`);
    document.adoptedStyleSheets = [sheet];
}"""
# What is cut at its side without three dots that say so, or above and below.
CUT = """() => [...document.querySelectorAll('.rows .row:not([hidden]) *')].filter((element) => {
    const {overflow, textOverflow} = getComputedStyle(element);
    const wide = element.scrollWidth > element.clientWidth + 1 && textOverflow !== 'ellipsis';
    const high = element.scrollHeight > element.clientHeight + 1;
    return element.matches('.c-time, .c-recv, .c-ms, .cut') && (wide || high);
}).map((element) => element.className)"""

# What of the dialogs leaves no room before their edge, or goes over it.
OVER = """() => [...document.querySelectorAll('dialog')].flatMap((dialog) => {
    dialog.showModal();
    const {right} = dialog.getBoundingClientRect(), room = parseFloat(getComputedStyle(document.body).fontSize) / 4;
    const over = [...dialog.querySelectorAll('.sheet__part *, .keys *')].filter((one) => one.checkVisibility());
    const found = over.filter((one) => one.getBoundingClientRect().right > right - room);
    dialog.close();
    return found.map((one) => `${dialog.id}: ${one.outerHTML.slice(0, 60)}`);
})"""


def reactions(position: int) -> str:
    told = [{"receiver": f"a.receivers.r{n}", "order": n, "ms": 3.5 * n, "outcome": "ok"} for n in range(1, 4)]
    told.append({"receiver": "a.receivers.crm", "order": 4, "ms": 48, "outcome": "raised", "error": "Timeout: no"})
    line = {"pos": position, "id": "x", "method": "send", "ms": 69, "reactions": told}
    return "\n".join([dump({"op": "reactions", "after": position}), dump(line)])


@pytest.fixture
def told(dashboard, scripted):
    """Forty events, of which the newest one failed in a receiver."""
    scripted.events(1, 40)
    scripted.send(reactions(40))
    expect(row(dashboard, 0).locator(".c-recv__text")).to_have_text("1 of 4 failed")
    return dashboard


# What has left the band of the page that it belongs to.
LINES = ".conn__text, .gauge__label, #chart-max, .strip__text, #proof"
OUTSIDE = """(lines) => [...document.querySelectorAll(lines)].filter((one) => {
    const {top, bottom, height} = one.getBoundingClientRect();
    const band = one.closest('.top, .gauge, .pulse, .strip, .foot').getBoundingClientRect();
    return height && (top < band.top - 1 || bottom > band.bottom + 1);
}).map((one) => one.className || one.id)"""


@pytest.mark.parametrize("width", [1280, 1000, 390])
@pytest.mark.parametrize("act", [SPACED, "document.documentElement.style.fontSize = '200%'"], ids=["spaced", "200%"])
def test_larger_and_wider_text_is_not_cut(told, scripted, act, width):
    told.set_viewport_size({"width": width, "height": 800})
    told.evaluate(act)

    scripted.wait_for(lambda: told.evaluate(CUT) == [])
    assert told.evaluate(OUTSIDE, LINES) == []
    assert no_sideways(told)
    box, view = row(told, 0).locator(".c-recv__text").bounding_box(), told.viewport_size
    assert box["x"] + box["width"] <= view["width"]


def test_on_a_phone_with_text_twice_as_large_the_names_of_receivers_are_whole(told):
    told.set_viewport_size({"width": 390, "height": 800})
    told.evaluate("document.documentElement.style.fontSize = '200%'")
    row(told, 0).click()

    names = told.locator(".react__fn")
    expect(names).to_have_count(4)
    assert names.evaluate_all("(all) => all.every((one) => one.scrollWidth <= one.clientWidth)")


@pytest.mark.parametrize("width", [195, 320, 390])
@pytest.mark.parametrize("name", ["academy.order_paid", "shop.a_name_that_nobody_would_give_but_that_somebody_gave"])
def test_on_a_phone_the_type_of_the_open_event_is_whole_zoomed_or_not(told, scripted, width, name):
    told.set_viewport_size({"width": width, "height": 420})
    scripted.events(41, 1, type=name)
    expect(row(told, 0)).to_contain_text("order 41")
    row(told, 0).click()

    shown = told.locator("#detail-type .cut")
    expect(shown).to_have_text(name)
    assert shown.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    assert told.locator(".seg").evaluate("(one) => one.scrollWidth <= one.clientWidth")
    box, bar = shown.bounding_box(), told.locator(".detail__bar").bounding_box()
    assert box["width"] > 100
    assert box["y"] >= bar["y"] and box["y"] + box["height"] <= bar["y"] + bar["height"]
    assert no_sideways(told)


@pytest.mark.parametrize(("width", "text"), [(195, "100%"), (320, "100%"), (390, "200%")])
def test_on_a_phone_what_stands_in_a_dialog_stays_within_it(dashboard, width, text):
    dashboard.set_viewport_size({"width": width, "height": 800})
    dashboard.evaluate("(text) => { document.documentElement.style.fontSize = text; }", text)

    assert dashboard.evaluate(OVER) == []


def test_many_receivers_that_fail_leave_the_columns_beside_them_alone(told, scripted):
    name = "shop.receivers.a_name_that_is_too_long_for_the_rail"
    many = [receiver(f"{name}_{n}", 30.0, "raised" if n < 7 else "ok") for n in range(40)]
    scripted.reactions(reaction(39, *many))
    cells = [row(told, 1).locator(cell) for cell in (".c-recv__text", ".c-ms")]
    expect(cells[0]).to_have_text("7 of 40 failed")
    listed = told.locator("#receivers .trow").filter(has_text="too_long").first
    cells += [listed.locator(part) for part in (".trow__name", ".trow__num > svg")]
    expect(cells[3]).to_be_visible()

    words, ms, named, failed = (cell.bounding_box() for cell in cells)
    assert words["x"] + words["width"] <= ms["x"]
    assert named["x"] + named["width"] <= failed["x"]


def test_with_forced_colours_a_shape_says_what_a_colour_said(told):
    told.emulate_media(forced_colors="active", reduced_motion="reduce")
    row(told, 0).click()
    told.locator("#q").fill("mark:order")

    style = "(element, name) => getComputedStyle(element)[name]"
    assert row(told, 0).evaluate(style, "outlineStyle") == "solid"
    assert told.locator(".pip[data-outcome=bad]").first.evaluate(style, "forcedColorAdjust") == "none"
    assert told.locator(".conn .dot").evaluate(style, "animationName") == "none"
    assert told.locator(".conn__text").inner_text() == "Live"


def test_what_a_screen_reader_is_told_of_a_row_is_right_wherever_one_scrolls(told, scripted):
    scripted.events(41, 1960)
    expect(row(told, 0)).to_contain_text("order 2000")
    told.keyboard.press("Space")
    for top in (0, 9_000, 53_000, 100):
        told.locator("#list").evaluate("(list, top) => { list.scrollTop = top; }", top)
        expect(row(told, top // 28 + 2)).to_contain_text(f"order {2000 - top // 28 - 2}")
    assert told.locator("[role=grid]").get_attribute("aria-rowcount") == "2001"


def test_at_a_thousand_events_a_second_a_screen_reader_hears_no_more_than_a_sentence_a_second(dashboard, scripted):
    dashboard.evaluate("""() => {
        window.heard = [];
        const region = document.getElementById('announce');
        new MutationObserver(() => heard.push(performance.now())).observe(region, {childList: true});
    }""")
    for start in range(1, 3001, 50):
        scripted.events(start, 50)
        if start % 500 == 1:
            dashboard.keyboard.press("Space")
        dashboard.wait_for_timeout(25)

    times = dashboard.evaluate("heard")
    assert times
    assert all(later - before >= 990 for before, later in zip(times, times[1:], strict=False))


def test_a_tab_that_falls_behind_says_that_it_is_the_slow_one(dashboard, scripted):
    scripted.events(1, 5)
    expect(dashboard.locator(".conn__text")).to_have_text("Live")

    scripted.send(batch(6, [event(n) for n in range(6, 11)], head=3210))
    expect(dashboard.locator(".conn__text")).to_have_text("This tab is slow: 3,200 behind")
    expect(dashboard.locator("#proof")).to_have_text("10 received, 3,200 to come")

    for start in range(11, 3211, 400):
        scripted.events(start, 400)
    expect(dashboard.locator(".conn__text")).to_have_text("Live")
    expect(dashboard.locator("#proof")).to_have_text("3,210 sent = stored = shown")


def test_a_tab_that_was_frozen_takes_in_all_that_came_meanwhile(dashboard, scripted):
    scripted.events(1, 5)
    session = dashboard.context.new_cdp_session(dashboard)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    for start in range(6, 1006, 100):
        scripted.events(start, 100)
    session.send("Page.setWebLifecycleState", {"state": "active"})

    expect(row(dashboard, 0)).to_contain_text("order 1005")
    expect(dashboard.locator("#missed")).to_have_text("0 missed")
    expect(dashboard.locator("[role=grid]")).to_have_attribute("aria-rowcount", "1006")


FIVE_MEGABYTES = {
    "strings": {"items": ["x" * 70] * 70_000},
    "keys": {f"key {n}": n for n in range(250_000)},
    "one": {"text": "x" * 5_000_000},
}


@pytest.mark.parametrize("kind", FIVE_MEGABYTES)
def test_an_event_of_five_megabytes_is_put_on_the_page_a_piece_at_a_time(dashboard, scripted, kind):
    """How long that takes is the machine's affair; how much there is to lay out is ours."""
    scripted.send(batch(1, [event(1, data=FIVE_MEGABYTES[kind])]))
    row(dashboard, 0).click()
    payload = dashboard.locator("#payload")
    expect(payload.get_by_role("button").first).to_be_visible()

    size = "(pre) => [pre.textContent.length, pre.querySelectorAll('*').length]"
    characters, elements = payload.evaluate(size)
    assert 1_000 < characters < 2 * 65_536
    assert elements < 6_000

    payload.get_by_role("button").last.click()
    assert characters < payload.evaluate(size)[0] < 10 * 65_536
