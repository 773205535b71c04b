"""What the page shows of events that it cannot have any more: a real server, its real log, a page that was away."""

import shutil

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.screen import row, rows

LIVE = 10_000  # ms within which a page is connected
BACK = 20_000  # and within which it has come back
SEND = "for n in range({}): order_paid.send(sender=Order, n=n)"


def with_five_events(page: Page, server: Server) -> Page:
    page.goto(server.url)
    expect(page.locator(".conn[data-conn=live]")).to_be_visible(timeout=LIVE)
    server.manage("shell", "-c", SEND.format(5))
    expect(rows(page)).to_have_count(5)
    return page


def start_again(server: Server, page: Page) -> None:
    """The page need not wait for its next try."""
    server.start()
    page.evaluate("dispatchEvent(new Event('online'))")


def test_what_was_pruned_while_the_page_was_away_is_a_row_with_the_numbers(watched, server):
    page = with_five_events(watched, server)

    server.kill()
    server.manage("shell", "-c", SEND.format(30))
    server.manage("prune_events", "--keep", "10")
    start_again(server, page)

    expect(rows(page)).to_have_count(16, timeout=BACK)
    expect(row(page, 10)).to_contain_text("20 events not shown")
    expect(row(page, 10)).to_contain_text("6 to 25")
    expect(page.locator("#missed")).to_have_text("20 not shown")
    expect(page.locator(".conn__text")).to_have_text("Live, with a gap of 20 events")


def test_a_log_that_was_replaced_while_the_page_was_away_is_a_row_that_says_so(watched, server, seeded):
    page = with_five_events(watched, server)

    server.kill()
    for leftover in server.folder.glob("db.sqlite3*"):
        leftover.unlink()
    shutil.copy(seeded, server.folder / "db.sqlite3")
    server.manage("shell", "-c", SEND.format(3))
    start_again(server, page)

    expect(rows(page)).to_have_count(9, timeout=BACK)
    expect(row(page, 3)).to_contain_text("The server’s log was replaced")
    expect(page.locator(".conn__text")).to_have_text("Live. The server’s log was replaced")
    expect(page.locator("#missed")).to_have_text("0 missed")
