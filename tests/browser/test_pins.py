"""Pinned events stay beside the list and find their way back; two payloads are compared, value by value."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.screen import PHONE, WIDE, barriers, row
from tests.browser.scripted import Log, ScriptedServer, batch, event, identity

DIFFERENCE = """async ([before, after]) => {
    const {difference} = await import('/static/frontend/core/leaves.js');
    return difference(before, after);
}"""


def test_a_pinned_event_is_marked_and_leads_back_to_where_it_is(board, log):
    row(board, 3).click()
    board.get_by_role("button", name="Pin", exact=True).click()
    expect(board.get_by_role("button", name="Pin", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(row(board, 3)).to_have_attribute("data-pinned", "")
    expect(row(board, 3)).to_have_attribute("aria-description", "pinned")
    board.keyboard.press("Escape")
    log.emit(1500)
    board.keyboard.press("l")
    expect(row(board, 0)).to_contain_text("order 4100")

    board.locator("#pins").get_by_role("button", name="order 2597").first.click()

    expect(board.locator("#detail-title")).to_have_text("order 2597")
    expect(board.locator('.row[aria-selected="true"]')).to_have_attribute("data-pinned", "")


def test_b_pins_the_row_and_takes_the_pin_away(board):
    board.keyboard.press("j")
    board.keyboard.press("b")
    expect(board.locator("#pins-list li")).to_have_count(1)
    expect(row(board, 0)).to_have_attribute("data-pinned", "")

    board.keyboard.press("b")
    expect(board.locator("#pins")).to_be_hidden()
    expect(row(board, 0)).not_to_have_attribute("data-pinned", "")


def test_what_another_tab_has_pinned_or_kept_stays(board, log, site):
    other = board.context.new_page()
    Log(ScriptedServer(other), 2600)
    other.goto(site.url)
    for page, place in ((board, 3), (other, 5)):
        row(page, place).click()
        page.keyboard.press("b")
        page.keyboard.press("Escape")
        page.locator("#q").fill(f"order {place}")
        page.get_by_role("button", name="Keep this filter").click()
        expect(page.locator("#kept-list")).to_contain_text(f"order {place}")
    other.close()

    board.reload()
    expect(board.locator("#pins-list li")).to_have_count(2)
    expect(board.locator("#kept-list li")).to_have_count(2)


def test_pins_outlive_a_reload_but_not_the_log_and_keep_nothing_of_what_events_hold(board, log):
    row(board, 3).click()
    board.keyboard.press("b")
    kept = json.loads(board.evaluate("localStorage.getItem('signalcast:pins:main')"))
    assert [set(pin) for pin in kept["pins"]] == [{"position", "type", "time", "id"}]

    board.reload()
    expect(board.locator("#pins-list li")).to_have_count(1)

    log.scripted.epoch = "another"
    board.reload()
    expect(board.locator(".conn__text")).to_contain_text("Live")
    expect(board.locator("#pins")).to_be_hidden()


def test_there_are_twenty_pins_at_most_and_that_is_said(board):
    for _ in range(21):
        board.keyboard.press("j")
        board.keyboard.press("b")

    expect(board.locator("#pins-list li")).to_have_count(20)
    expect(board.locator("#announce")).to_contain_text("as many pins as may be kept")


@pytest.fixture
def three(dashboard, scripted):
    """The second and the fourth are of one type."""
    scripted.send(
        batch(
            1,
            [
                event(1, type="a.b", data={"n": 1}),
                event(2, data={"order": {"pk": 7, "note": "x"}, "items": [1, 2]}),
                event(3, type="a.b", data={"n": 2}),
                event(4, data={"order": {"pk": 8, "note": "x"}, "items": [1, 3, {}], "vip": True}),
            ],
        )
    )
    row(dashboard, 0).click()
    expect(dashboard.locator("#detail")).to_be_visible()
    return dashboard


def changes(page) -> list[list[str]]:
    return page.locator(".diff tbody tr").evaluate_all(
        "(all) => all.map((tr) => [...tr.cells].map((c) => c.innerText))"
    )


def test_an_event_is_compared_with_the_one_of_its_type_before_it(three):
    three.locator("#compare summary").click()

    expect(three.locator(".diff__says")).to_have_text("4 values differ, 2 the same.")
    assert changes(three) == [
        ["order.pk", "7", "8"],
        ["items[1]", "2", "3"],
        ["items[2]", "not there", "{}"],
        ["vip", "not there", "true"],
    ]
    three.keyboard.press("Escape")
    row(three, 3).click()
    expect(three.locator(".diff__says")).to_have_text("This page holds no earlier event of this type.")


def test_an_event_is_compared_with_a_pinned_one_from_the_server_if_need_be(board):
    board.route("**/api/events/*/", lambda route: route.fulfill(json=event(7)))
    pin = {"position": 7, "id": identity(7), "type": "academy.order_paid", "time": 0}
    board.keyboard.press("j")
    board.keyboard.press("b")
    kept = json.loads(board.evaluate("localStorage.getItem('signalcast:pins:main')"))
    board.evaluate("(text) => localStorage.setItem('signalcast:pins:main', text)", json.dumps(kept | {"pins": [pin]}))
    board.reload()
    expect(row(board, 0)).to_contain_text("order 2600")
    row(board, 0).click()
    board.locator("#compare summary").click()

    board.get_by_label("with").select_option("7")

    # Until the server has answered, it is compared with the event before.
    expect(board.locator(".diff tbody tr")).to_have_text(re.compile(r"order\.pk\s*7\s*2600"))
    expect(board.locator(".diff__says")).to_have_text("1 value differs, 1 the same.")


def test_letters_that_differ_are_shown_as_letters(dashboard, scripted):
    scripted.send(batch(1, [event(1, data={"name": "Zoë \u202e"}), event(2, data={"name": "Müller"})]))
    row(dashboard, 0).click()
    dashboard.locator("#compare summary").click()

    expect(dashboard.locator(".diff tbody tr")).to_have_count(1)
    assert changes(dashboard) == [["name", '"Zoë \\u202e"', '"Müller"']]


def test_large_numbers_and_odd_keys_are_told_apart(modules):
    before = '{"n":9223372036854775807,"__proto__":{"a.b":"x"},"e":[],"same":[[1],[2]]}'
    after = '{"n":9223372036854775808,"__proto__":{"a.b":"y"},"e":[0],"same":[[1],[2]]}'

    found = modules.evaluate(DIFFERENCE, [before, after])

    assert found["same"] == 2
    assert [(one["path"], one["before"], one["after"]) for one in found["changes"]] == [
        ("n", "9223372036854775807", "9223372036854775808"),
        ("__proto__.a.b", '"x"', '"y"'),
        ("e", "[]", None),
        ("e[0]", None, "0"),
    ]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_axe_finds_nothing_in_pins_and_in_what_differs(three, size):
    three.keyboard.press("b")
    three.set_viewport_size(size)
    three.locator("#compare summary").click()

    assert barriers(three) == ""
