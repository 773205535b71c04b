"""Scrolling back past what the page holds: older events come from the server, and nothing on the screen moves."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, serve
from tests.browser.screen import PHONE, WIDE, barriers, row, rows, summaries
from tests.browser.scripted import EPOCH, dump

MANY = (
    "from django.db import transaction\n"
    "with transaction.atomic():\n"
    "    for n in range(1, 2601): order_paid.send(sender=Order, n=n)\n"
)

# What is where on the screen, of the rows that are whole in the list's window.
PLACES = """() => {
    const {top, bottom} = document.getElementById('list').getBoundingClientRect();
    const rows = [...document.querySelectorAll('.rows .row:not([hidden])')];
    const seen = rows.map((row) => [row.querySelector('.c-summary').textContent, row.getBoundingClientRect().y]);
    return seen.filter(([, y]) => y > top + 28 && y < bottom - 28).sort((a, b) => a[1] - b[1]);
}"""


@pytest.fixture(scope="module")
def archive(seeded, tmp_path_factory) -> Iterator[Server]:
    """A server whose log has 2,600 events: more than a page starts with."""
    for server in serve(seeded, tmp_path_factory.mktemp("archive")):
        server.manage("shell", "-c", MANY)
        yield server


def scroll(page: Page, top: int) -> list:
    """Scrolls, and returns what is where as soon as that is drawn."""
    page.locator("#list").evaluate("(list, top) => { list.scrollTop = top; }", top)
    page.evaluate("new Promise(requestAnimationFrame).then(() => new Promise(requestAnimationFrame))")
    return page.evaluate(PLACES)


def test_older_events_follow_to_the_first_of_the_log_through_the_real_server(watched, archive):
    watched.goto(archive.url)
    expect(row(watched, 0)).to_contain_text("n 2600", timeout=10_000)
    expect(watched.locator("#on-server")).to_have_text("2,100 older on the server")
    for left in ("1,600 older", "1,100 older", "600 older", "100 older", "The log begins here."):
        watched.keyboard.press("End")
        expect(watched.locator("#older")).to_contain_text(left)

    watched.keyboard.press("End")
    expect(row(watched, 2599)).to_contain_text("n 1")
    expect(row(watched, 2599)).to_be_focused()
    assert summaries(watched)[-3:] == ["n 3", "n 2", "n 1"]
    expect(watched.locator("#older")).to_be_in_viewport(ratio=1)
    expect(watched.locator("#on-server")).to_be_hidden()
    expect(watched.locator("#older").get_by_role("button")).to_be_hidden()

    watched.goto(f"{archive.url}?at=1300")
    expect(watched.locator("#detail-title")).to_have_text("n 1300", timeout=10_000)
    expect(watched.locator("#strip")).to_contain_text("History, 1,050 to 1,549")


def test_nothing_on_the_screen_moves_when_older_events_follow(board, log):
    before = scroll(board, 475 * 28 + 13)
    expect(board.locator("#strip")).to_contain_text("History, 1,601 to 2,600")
    expect(board.locator("#announce")).to_have_text("Showing older events")
    expect(board.locator("#filter-count")).to_have_text("1,000 held")
    expect(board.locator("#held")).to_contain_text("1,000 held")

    assert board.evaluate(PLACES) == before
    assert len(before) > 15
    assert log.pages == [
        {"op": "hello", "stream": "main", "from": 1601, "epoch": EPOCH, "window": 500, "reactions": False},
    ]
    assert log.scripted.of("ack")[-1]["pos"] <= 2601


def test_scrolling_up_leads_back_into_the_ring_and_to_what_is_new(board, log):
    scroll(board, 480 * 28)
    expect(board.locator("#strip")).to_contain_text("History")
    log.emit(3)
    expect(board.locator("#strip")).to_contain_text("3 new")

    before = scroll(board, 10 * 28 + 9)
    expect(board.locator("#strip")).to_contain_text("Holding")
    expect(board.locator("#strip")).to_contain_text("0 new")
    assert board.evaluate(PLACES) == before
    scroll(board, 0)
    expect(row(board, 0)).to_contain_text("order 2603")
    expect(board.locator("#strip")).to_contain_text("Following")


def test_around_an_event_one_scrolls_both_ways_and_nothing_moves(board, site):
    board.goto(f"{site.url}?at=1234")
    expect(board.locator("#strip")).to_contain_text("History, 984 to 1,483")
    board.keyboard.press("Escape")

    before = scroll(board, 5 * 28 + 9)
    expect(board.locator("#strip")).to_contain_text("History, 984 to 1,983")
    assert board.evaluate(PLACES) == before
    board.keyboard.press("End")
    expect(board.locator("#strip")).to_contain_text("History, 484 to 1,983")
    expect(row(board, 999)).to_be_focused()
    expect(row(board, 999)).to_contain_text("order 984")


def test_back_to_live_is_a_button_and_a_key(board, log):
    for leave in (lambda: board.get_by_role("button", name="Back to live").click(), lambda: board.keyboard.press("l")):
        scroll(board, 480 * 28)
        expect(board.locator("#strip")).to_contain_text("History")
        leave()
        expect(board.locator("#strip")).to_contain_text("Following")
        log.emit(1)
        expect(row(board, 0)).to_contain_text(f"order {log.scripted.head}")


def test_the_focus_and_the_open_event_stay_across_the_edge(board):
    board.keyboard.press("End")
    expect(board.locator("#strip")).to_contain_text("History, 1,601")
    expect(row(board, 499)).to_be_focused()
    expect(row(board, 499)).to_contain_text("order 2101")

    board.keyboard.press("l")
    row(board, 0).click()
    board.keyboard.press("End")
    expect(board.locator("#strip")).to_contain_text("History, 1,601")
    expect(board.locator("#detail-title")).to_have_text("order 2101")
    expect(row(board, 499)).to_have_attribute("aria-selected", "true")

    board.keyboard.press("j")
    expect(board.locator("#detail-title")).to_have_text("order 2100")
    board.keyboard.press("Escape")
    expect(row(board, 500)).to_be_focused()


def test_an_open_event_holds_on_the_way_back_to_the_ring(board, log):
    row(board, 0).click()
    scroll(board, 480 * 28)
    expect(board.locator("#strip")).to_contain_text("History")
    scroll(board, 10 * 28)
    expect(board.locator("#strip")).to_contain_text("Holding")
    board.locator("#theme").focus()
    scroll(board, 0)
    log.emit(2)

    expect(board.locator("#strip")).to_contain_text("2 new")
    expect(row(board, 0)).to_have_attribute("aria-selected", "true")
    expect(row(board, 0)).to_contain_text("order 2600")


def test_the_filter_holds_for_what_is_older_too(board, log):
    board.locator("#q").fill('"order 123"')
    expect(board.get_by_role("heading", name="No held event matches")).to_be_visible()

    board.locator("#q").fill('"order 123" slow:fast')
    expect(board.locator("#nomatch-older")).to_be_hidden()
    board.locator("#q").fill('"order 123"')
    board.get_by_role("button", name="Search 2,100 older on the server").click()
    expect(rows(board)).to_have_count(10)
    assert summaries(board) == [f"order {n}" for n in range(1239, 1229, -1)]
    assert [page["from"] for page in log.pages] == [1601, 1101]

    board.get_by_role("button", name="Load older").click()
    expect(rows(board)).to_have_count(11)
    assert summaries(board)[-1] == "order 123"
    expect(board.locator("#older span")).to_have_text("100 older on the server")

    board.get_by_role("button", name="Back to live").click()
    expect(board.get_by_role("heading", name="No held event matches")).to_be_visible()


def test_tab_leads_from_a_row_into_what_is_open_and_scrolls_nothing(board, log):
    row(board, 3).click()
    expect(board.locator("#older")).to_contain_text("2,100 older on the server")
    board.keyboard.press("j")
    board.keyboard.press("Tab")

    expect(board.locator("#splitter")).to_be_focused()
    board.keyboard.press("Shift+Tab")
    expect(row(board, 4)).to_be_focused()
    assert log.pages == []


def test_tab_leads_to_what_is_older_where_all_rows_are_seen_and_the_keyboard_stays_in_the_list(board, log):
    board.locator("#q").fill('"order 2150"')
    expect(rows(board)).to_have_count(1)
    row(board, 0).focus()
    board.keyboard.press("Tab")
    expect(board.get_by_role("button", name="Load older")).to_be_focused()

    board.keyboard.press("Enter")

    expect(board.get_by_role("grid")).to_be_focused()
    expect(board.locator("#strip")).to_contain_text("History")


def test_what_was_pruned_is_the_end_with_its_number(board, log):
    log.oldest = 2051
    scroll(board, 480 * 28)

    expect(board.locator("#older span")).to_have_text("The end: 2,050 older events expired on the server.")
    board.keyboard.press("End")
    expect(row(board, 549)).to_contain_text("order 2051")


def test_a_page_that_does_not_come_is_said_and_asked_for_again(board, log):
    log.scripted.answer = lambda hello: [dump({"op": "error", "code": 4401, "message": "Sign in."})]
    scroll(board, 480 * 28)
    log.scripted.wait_for(lambda: len(log.scripted.sockets) == 2)
    log.scripted.close(4401)
    expect(board.locator("#older")).to_contain_text("They did not come: Sign in.")
    expect(board.locator(".conn__text")).to_have_text("Live")

    log.scripted.answer = log.answer
    board.get_by_role("button", name="Try again").click()
    expect(board.locator("#strip")).to_contain_text("History, 1,601 to 2,600")


def test_a_replaced_log_leaves_the_history(board, log):
    scroll(board, 480 * 28)
    expect(board.locator("#strip")).to_contain_text("History")
    log.scripted.epoch = "c2e4d80013fa"
    log.scripted.head = 0
    log.scripted.answer = lambda hello: [
        log.scripted.welcome_from(1),
        dump({"op": "gap", "from": 2601, "to": 1, "reason": "epoch"}),
    ]
    log.scripted.sockets[0].close(code=1012)

    expect(board.locator("#older span")).to_have_text("What is older is of a log that was replaced.")
    expect(board.locator("#strip")).to_contain_text("Holding")
    board.keyboard.press("l")
    expect(row(board, 0)).to_contain_text("The server’s log was replaced")


def test_what_is_exported_is_what_is_shown(board):
    scroll(board, 480 * 28)
    expect(board.locator("#strip")).to_contain_text("History, 1,601 to 2,600")
    with board.expect_download() as download:
        board.keyboard.press("x")

    assert download.value.suggested_filename == "signalcast-main-1601-2600.ndjson"
    written = download.value.path().read_text().splitlines()
    assert [json.loads(line)["summary"] for line in written] == [f"order {n}" for n in range(1601, 2601)]


def test_axe_finds_nothing_in_the_history(board):
    for size in (WIDE, PHONE):
        board.set_viewport_size(size)
        board.keyboard.press("End")
        expect(board.locator("#strip")).to_contain_text("History")
        board.locator("#older").scroll_into_view_if_needed()

        assert barriers(board) == ""
