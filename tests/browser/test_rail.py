"""The types beside the list: who is there, how often, and what a click does to the filter."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.screen import row, rows
from tests.browser.scripted import batch, event, reaction, receiver

TYPES = ["academy.order_paid"] * 6 + ["auth.user_logged_in"] * 3 + ["shop.order_paid"]


def names(page: Page) -> Locator:
    return page.locator("#types .trow__name")


def entry(page: Page, name: str) -> Locator:
    return page.locator("#types .type").filter(has_text=name)


@pytest.fixture
def mix(dashboard, scripted):
    scripted.send(batch(1, [event(n, type=TYPES[n % 10]) for n in range(1, 101)]))
    expect(names(dashboard)).to_have_text(["academy.order_paid", "user_logged_in", "shop.order_paid"])
    return dashboard


def test_a_click_shows_a_type_alone_and_another_click_all_again(mix):
    entry(mix, "user_logged_in").locator(".trow").click()
    expect(mix.locator("#q")).to_have_value("type:user_logged_in")
    expect(mix.locator("#filter-count")).to_have_text("30 of 100 held")
    expect(entry(mix, "user_logged_in").locator(".trow")).to_have_attribute("aria-pressed", "true")
    expect(entry(mix, "shop.order_paid")).to_have_attribute("data-off", "")

    entry(mix, "shop.order_paid").locator(".trow").click()
    expect(mix.locator("#q")).to_have_value("type:shop.order_paid")

    entry(mix, "shop.order_paid").locator(".trow").click()
    expect(mix.locator("#q")).to_have_value("")
    expect(mix.locator("#filter-count")).to_have_text("100 held")


def test_a_click_with_shift_or_on_the_minus_leaves_a_type_out(mix):
    entry(mix, "user_logged_in").locator(".trow").click(modifiers=["Shift"])
    expect(mix.locator("#q")).to_have_value("-type:user_logged_in")
    expect(entry(mix, "user_logged_in")).to_have_attribute("data-off", "")
    mix.get_by_role("button", name="Leave out shop.order_paid").click()
    expect(mix.locator("#q")).to_have_value("-type:user_logged_in -type:shop.order_paid")
    expect(mix.locator("#filter-count")).to_have_text("60 of 100 held")

    entry(mix, "user_logged_in").locator(".trow").click()
    expect(mix.locator("#q")).to_have_value("-type:shop.order_paid")


def test_what_is_typed_shows_in_the_rail(mix):
    mix.locator("#q").fill("-type:order_*")

    expect(mix.locator("#types .type[data-off]")).to_have_count(2)
    expect(entry(mix, "user_logged_in")).not_to_have_attribute("data-off", "")


def test_without_a_connection_there_is_no_rate_to_tell(mix, scripted):
    scripted.send({"op": "bye", "code": 4012, "retry_ms": 100_000_000})
    scripted.close(4012)

    expect(entry(mix, "user_logged_in").locator(".trow__num")).to_have_text("–")
    expect(mix.locator("#gauge-value")).to_have_text("–")
    expect(mix.locator("#gauge-unit")).to_have_text("not connected")
    expect(mix.locator(".chart__cut")).to_have_attribute("d", re.compile(r"^M1[12]\d\.5 0V48$"))


def test_of_many_types_the_most_frequent_are_shown_and_six_have_a_colour(dashboard, scripted):
    kinds = [f"kind_{n}" for n in range(30) for _ in range(40 - n)]
    scripted.send(batch(1, [event(n, type=f"shop.{kind}") for n, kind in enumerate(kinds, 1)]))

    expect(names(dashboard)).to_have_text([f"kind_{n}" for n in range(16)])
    expect(dashboard.locator('#types .type[data-hue="6"]')).to_have_count(10)
    # In one step: the list may be drawn anew between finding them and measuring them.
    heights = dashboard.evaluate("[...document.querySelectorAll('.trow')].map(one => one.offsetHeight)")
    assert set(heights) == {30}
    expect(row(dashboard, 0).locator(".c-type")).to_have_attribute("data-hue", "6")


def test_of_many_types_all_can_be_shown_and_what_is_below_them_stays_in_sight(dashboard, scripted):
    scripted.send(batch(1, [event(n, type=f"shop.kind_{n:02d}") for n in range(1, 58)]))
    scripted.reactions(*(reaction(n, *(receiver(f"shop.r{i}") for i in range(8))) for n in range(1, 58)))
    expect(names(dashboard)).to_have_count(16)

    dashboard.get_by_role("button", name="Show 57 types").click()

    expect(names(dashboard)).to_have_count(57)
    expect(dashboard.locator("#receivers li")).to_have_count(8)
    for below in ("#receivers-all", "#failed-only", "#slower-ms"):
        expect(dashboard.locator(below)).to_be_in_viewport(ratio=1)
    dashboard.get_by_role("button", name="Leave out shop.kind_57").click()
    expect(dashboard.locator("#q")).to_have_value("-type:kind_57")
    dashboard.get_by_role("button", name="Show 16 types").click()
    expect(names(dashboard)).to_have_count(16)


def test_seven_types_are_in_sight_with_the_receivers_that_fail_and_the_choices(dashboard, scripted):
    scripted.send(batch(1, [event(n, type=f"shop.kind_{n}") for n in range(1, 8)]))
    scripted.reactions(*(reaction(n, *(receiver(f"shop.r{i}") for i in range(8))) for n in range(1, 8)))

    expect(dashboard.locator("#receivers li:visible")).to_have_count(5)
    expect(names(dashboard)).to_have_count(7)
    for last in (names(dashboard).last, dashboard.locator("#slower-ms")):
        expect(last).to_be_in_viewport(ratio=1)


def test_a_type_whose_name_is_markup_is_filtered_like_any_other(dashboard, scripted):
    hostile = '"><img src=x onerror=alert(1)> \u202e "'
    scripted.events(1, 2, type=hostile)
    scripted.events(3, 1)
    entry(dashboard, "img").locator(".trow").click()

    expect(rows(dashboard)).to_have_count(2)
    assert dashboard.locator("#types img").count() == 0
    expect(names(dashboard)).to_contain_text([r"\u202e", "order_paid"])


def test_t_leads_to_the_types_which_keep_their_places_and_the_focus_while_one_is_there(mix, scripted):
    mix.keyboard.press("t")
    expect(entry(mix, "academy.order_paid").locator(".trow")).to_be_focused()
    mix.keyboard.press("Tab")
    mix.keyboard.press("Tab")
    expect(entry(mix, "user_logged_in").locator(".trow")).to_be_focused()

    scripted.events(101, 500, type="shop.gift")
    expect(names(mix)).to_have_text(["academy.order_paid", "user_logged_in", "shop.order_paid", "gift"])
    expect(entry(mix, "user_logged_in").locator(".trow")).to_be_focused()
    mix.keyboard.press("Enter")
    expect(mix.locator("#q")).to_have_value("type:user_logged_in")

    mix.locator("#q").focus()
    expect(names(mix).first).to_have_text("gift", timeout=15_000)
