"""How the list looks: what the filter names is marked, rows stand closer on request, columns leave, all is kept."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import PHONE, barriers, row
from tests.browser.scripted import batch, event

MARKED = """() => [...CSS.highlights].map(([, ranges]) => [...ranges].map(({startContainer, startOffset, endOffset}) =>
    startContainer.data.slice(startOffset, endOffset)))"""


@pytest.fixture
def some(dashboard, scripted):
    scripted.send(batch(1, [event(n, summary=f"Nora paid {n}") for n in range(1, 11)]))
    expect(row(dashboard, 0)).to_contain_text("Nora paid 10")
    return dashboard


def test_up_to_five_texts_are_marked_where_they_stand_without_an_element_more(some, scripted):
    before = some.evaluate("document.querySelectorAll('.rows *').length")
    some.locator("#q").fill('nora "paid 10" mark:ORDER mark:a mark:b mark:c -zebra type:order_*')

    scripted.wait_for(lambda: some.evaluate(MARKED)[:3] == [["Nora"], ["paid 10"], ["order", "Order"]])
    assert [bool(found) for found in some.evaluate(MARKED)] == [True] * 3 + [True, False]
    assert some.evaluate("document.querySelectorAll('.rows *').length") == before

    some.locator("#q").fill("")
    scripted.wait_for(lambda: some.evaluate(MARKED) == [[], [], [], [], []])


def test_what_is_marked_is_marked_in_what_comes_and_in_the_open_event_too(some, scripted):
    some.locator("#q").fill("mark:nora")
    scripted.wait_for(lambda: len(some.evaluate(MARKED)[0]) == 10)

    scripted.events(11, 1, summary="Nora is back", data={"student": "Nora L"})
    scripted.wait_for(lambda: len(some.evaluate(MARKED)[0]) == 11)
    row(some, 0).click()

    scripted.wait_for(lambda: len(some.evaluate(MARKED)[0]) == 13)


def test_compact_rows_stand_closer_and_stay_so(some, scripted):
    high = row(some, 0).bounding_box()["height"]
    some.keyboard.press("v")
    some.get_by_label("Compact").check()
    assert barriers(some) == ""
    some.keyboard.press("Escape")

    scripted.wait_for(lambda: row(some, 1).bounding_box()["y"] - row(some, 0).bounding_box()["y"] == 24)
    assert high == 28
    some.reload()
    expect(some.locator("html")).to_have_attribute("data-density", "compact")


def test_columns_leave_and_come_back_and_stay_so(some, scripted, site):
    at = some.locator("#list .row--head .c-type").bounding_box()["x"]
    some.get_by_role("button", name="View").click()
    some.get_by_label("Time", exact=True).uncheck()
    some.get_by_label("Sender").uncheck()
    some.get_by_role("button", name="Close").click()
    expect(some.locator("#list .row--head .c-time")).to_be_hidden()
    expect(row(some, 0).locator(".c-sender")).to_be_hidden()
    assert some.locator("#list .row--head .c-type").bounding_box()["x"] == 288 < at
    heads, cells = (
        some.locator(f"#list {name} > :visible").evaluate_all(
            "(all) => all.map((cell) => Math.round(cell.getBoundingClientRect().x))"
        )
        for name in (".row--head", '.row[aria-rowindex="2"]')
    )
    assert heads[:3] == cells[:3]

    some.reload()
    expect(some.locator("html")).to_have_attribute("data-hide", "c-time c-sender")
    some.keyboard.press("v")
    some.get_by_label("Time", exact=True).check()
    expect(some.locator("html")).to_have_attribute("data-hide", "c-sender")
    some.wait_for_url(lambda url: "cols=time+recv+ms" in url)

    some.goto(f"{site.url}?cols=time")
    expect(some.locator("html")).to_have_attribute("data-hide", "c-sender c-recv c-ms")


def test_on_a_phone_every_act_is_behind_one_button(some):
    some.set_viewport_size(PHONE)
    some.get_by_role("button", name="More").click()
    assert barriers(some) == ""
    expect(some.get_by_role("dialog", name="More").get_by_role("button")).to_have_text(
        ["", "Receivers", "Export", "Range of time", "Rate as a table", "View", "Theme", "Help"]
    )
    expect(some.get_by_role("dialog", name="More").get_by_role("link")).to_have_text(["Signals"])
    some.get_by_role("dialog", name="More").get_by_role("button", name="Help").click()

    expect(some.get_by_role("dialog", name="Keyboard and help")).to_be_visible()
