"""An event has an address: opened it is in the browser's, and the address opens it, wherever in the log it is."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import row, rows
from tests.browser.scripted import batch, event

NO_POSITION = "A position is a number: 1, 2, 3, … A time is 12:14, 12:14:05 or 2026-11-30T12:14:05Z."


def at(page: Page) -> str:
    return page.evaluate("location.search")


def test_an_opened_event_is_in_the_address_and_the_way_back_closes_it(board, log):
    row(board, 1).click()
    log.scripted.wait_for(lambda: at(board) == "?at=2599")
    board.keyboard.press("j")
    log.scripted.wait_for(lambda: at(board) == "?at=2598")

    board.go_back()
    expect(board.locator("#detail")).to_be_hidden()
    assert at(board) == ""

    board.go_forward()
    expect(board.locator("#detail-title")).to_have_text("order 2598")
    board.keyboard.press("Escape")
    expect(board.locator("#detail")).to_be_hidden()
    log.scripted.wait_for(lambda: at(board) == "")


def test_closing_and_opening_at_once_leaves_the_newer_one_open(board, log):
    row(board, 1).click()
    log.scripted.wait_for(lambda: at(board) == "?at=2599")
    board.evaluate("""() => {
        document.getElementById('detail-close').click();
        document.querySelector('.row[aria-rowindex="5"]').click();
    }""")

    log.scripted.wait_for(lambda: at(board) == "?at=2597")
    expect(board.locator("#detail-title")).to_have_text("order 2597")
    board.go_back()
    expect(board.locator("#detail")).to_be_hidden()
    expect(row(board, 0)).to_be_visible()


def test_a_filter_that_changes_while_an_event_is_open_outlives_it(board, log):
    row(board, 1).click()
    log.scripted.wait_for(lambda: at(board) == "?at=2599")
    board.locator("#q").fill("order")
    log.scripted.wait_for(lambda: at(board) == "?at=2599&q=order")

    board.locator("#detail-close").click()
    log.scripted.wait_for(lambda: at(board) == "?q=order")
    expect(board.locator("#q")).to_have_value("order")


@pytest.mark.parametrize(("position", "place"), [(2222, "Holding"), (1234, "History, 984 to 1,483")])
def test_the_address_of_an_event_opens_it_from_the_ring_or_the_log(watched, site, log, position, place):
    watched.goto(f"{site.url}?at={position}&kept=1")

    expect(watched.locator("#detail-title")).to_have_text(f"order {position}")
    expect(watched.locator("#strip")).to_contain_text(place)
    selected = watched.locator('.row[aria-selected="true"]')
    expect(selected).to_contain_text(f"order {position}")
    box, view = selected.bounding_box(), watched.locator("#list").bounding_box()
    assert abs(box["y"] - view["y"] - view["height"] / 2) < 60
    log.emit(5)
    expect(watched.locator("#strip")).to_contain_text("5 new")
    expect(selected).to_contain_text(f"order {position}")
    assert watched.evaluate("history.state") is None, "the step that led here is the event's own"

    watched.keyboard.press("Escape")
    log.scripted.wait_for(lambda: at(watched) == "?kept=1")
    watched.keyboard.press("l")
    expect(row(watched, 0)).to_contain_text("order 2605")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("9999", "There is no event 9,999: the newest is 2,600."),
        ("7", "Event 7 is not held any more: the oldest is 51."),
        ("1.5", NO_POSITION),
        ("<b>x", NO_POSITION),
    ],
)
def test_an_address_that_leads_nowhere_is_said_and_another_asked_for(watched, site, log, text, why):
    log.oldest = 51
    watched.goto(f"{site.url}?at={text}")

    expect(watched.get_by_role("alert")).to_have_text(why)
    expect(watched.get_by_role("textbox", name="Time or position")).to_have_value(text)
    watched.keyboard.type("2,100")
    watched.keyboard.press("Enter")
    expect(watched.locator("#detail-title")).to_have_text("order 2100")
    expect(watched.get_by_role("dialog")).to_be_hidden()


def test_g_goes_to_a_time_as_the_server_knows_it(board):
    """2500 is what the server says: the scripted log has one time for all."""
    asked = []

    def answer(route):
        asked.append(route.request.url)
        route.fulfill(json={"from": 2500 if "T12:14:05" in route.request.url else 2601, "head": 2600})

    board.route("**/api/events/?since=*", answer)
    dialog = board.get_by_role("dialog", name="Go to a time or a position")
    board.keyboard.press("g")
    expect(dialog).to_be_visible()
    board.keyboard.type("2026-11-22 12:14:05")
    board.keyboard.press("Enter")
    expect(board.locator("#detail-title")).to_have_text("order 2500")
    assert asked[0].endswith("/api/events/?since=2026-11-22T12:14:05.000Z&limit=1")

    expect(dialog).to_be_hidden()
    board.keyboard.press("g")
    expect(dialog).to_be_visible()
    board.keyboard.type("2026-11-23")
    board.keyboard.press("Enter")
    expect(board.get_by_role("alert")).to_have_text("Nothing has happened since then.")


def test_g_goes_to_a_position_whatever_is_filtered(board):
    board.locator("#q").fill('"order 26"')
    board.keyboard.press("Escape")
    board.keyboard.press("g")
    expect(board.get_by_role("dialog", name="Go to a time or a position")).to_be_visible()
    board.keyboard.type("2550")
    board.keyboard.press("Enter")

    expect(board.locator("#detail-title")).to_have_text("order 2550")
    expect(rows(board)).to_have_count(1)


def test_p_and_the_buttons_copy_the_address_of_the_event_alone(board, site, log, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])

    def copied(position: int) -> None:
        address = f"{site.url}?at={position}"
        log.scripted.wait_for(lambda: board.evaluate("navigator.clipboard.readText()") == address)

    board.locator("#q").fill("order")
    expect(board.locator("#filter-count")).to_have_text("500 of 500 held")
    board.keyboard.press("Escape")
    board.keyboard.press("j")
    expect(row(board, 0)).to_be_focused()
    board.keyboard.press("p")
    copied(2600)

    row(board, 1).hover()
    row(board, 1).get_by_role("button", name="Copy a link").click()
    copied(2599)

    row(board, 2).click()
    board.keyboard.press("p")
    copied(2598)


def test_an_event_without_a_position_has_no_address(dashboard, scripted):
    scripted.send(batch(1, [event(1, sequence=None), "{"]))
    for index in (0, 1):
        row(dashboard, index).click()
        expect(dashboard.locator("#detail")).to_be_visible()
        expect(dashboard.locator("#detail").get_by_role("button", name="Link")).to_be_hidden()
        dashboard.go_back()
        expect(dashboard.locator("#detail")).to_be_hidden()
