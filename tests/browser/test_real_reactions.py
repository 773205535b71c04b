"""From a receiver to its line on the screen, through the real server, its log and its notes."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.screen import row, rows

FAILS = """
from academy.receivers import crm_is_down
order = Order.objects.first()
order_paid.send_robust(sender=Order, order=order, note='first')
crm_is_down.set(True)
order_paid.send_robust(sender=Order, order=order, note='second')
"""
UNDONE = """
from django.db import transaction
with transaction.atomic():
    order_paid.send(sender=Order, order=Order.objects.first(), note='undone')
    transaction.set_rollback(True)

order_paid.send(sender=Order, order=Order.objects.first(), note='kept')
"""


READ = """async (query) => {
    const {readEvents} = await import('/static/frontend/lib/log.js');
    const {readReactions, sumOf} = await import('/static/frontend/core/reactions.js');
    const {events, reactions} = await readEvents('/api/', query);
    return [events.length, reactions.map(readReactions).map((told) => [told.pos, sumOf(told).failed])];
}"""


def names(page: Page) -> list[str]:
    return page.locator("#reacts-rows .react__fn").all_inner_texts()


@pytest.fixture
def failing(watched, server: Server) -> Page:
    """Two events, of which the newer has a receiver that failed; the page was there before them."""
    watched.goto(server.url)
    expect(watched.locator(".conn[data-conn=live]")).to_be_visible(timeout=10_000)
    server.manage("shell", text=FAILS)
    expect(rows(watched)).to_have_count(2, timeout=10_000)
    return watched


def test_14_receivers_are_shown_with_their_times_and_the_one_that_failed_with_its_error(failing, server):
    """DASHBOARD §7, number 14. It holds live, for a page that is opened later, and over HTTP."""
    for visit in (1, 2):
        if visit == 2:
            failing.evaluate("sessionStorage.clear()")
            failing.goto(server.url)
        expect(row(failing, 0).locator(".c-recv__text")).to_have_text("1 of 4 failed")
        expect(row(failing, 1).locator(".c-recv__text")).to_have_text("4 ok")

        failing.keyboard.press("e")
        expect(rows(failing)).to_have_count(1)
        row(failing, 0).click()
        assert names(failing) == ["enroll_student", "remember_purchase", "send_receipt", "push_to_crm"]
        expect(failing.locator(".react__ms")).to_have_count(4)
        expect(failing.locator(".trace__line")).to_contain_text("CrmUnavailable")
    answer = failing.request.get(f"{server.url}api/events/?reactions=1").json()
    told = failing.evaluate(READ, {"after": f"{answer['epoch']}:{answer['to'] - 2}", "limit": 1})
    assert told == [1, [[answer["to"] - 1, 1]]]


def test_what_was_rolled_back_is_shown_marked_and_is_in_no_log(failing, server):
    server.manage("shell", text=UNDONE)

    ghost = failing.locator(".rows .row[data-ghost]:visible")
    expect(ghost).to_contain_text("rolled back", timeout=10_000)
    expect(ghost.locator(".c-recv__text")).to_have_text("4 ok")
    expect(rows(failing)).to_have_count(4)
    expect(failing.locator("#filter-count")).to_have_text("3 held")
    notes = [one["data"]["note"] for one in failing.request.get(f"{server.url}api/events/").json()["events"]]
    assert notes == ["first", "second", "kept"]


CAUSES = """
def completes(sender, **kwargs):
    course_completed.send(sender=Enrollment)

order_paid.connect(completes)
order_paid.send_robust(sender=Order, note='causes')
"""


def test_the_tree_leads_from_an_event_to_what_caused_it(failing, server):
    server.manage("shell", text=CAUSES)
    expect(rows(failing)).to_have_count(4, timeout=10_000)

    failing.locator(".rows .row:visible").filter(has_text="course_completed").click()
    tree = failing.locator("#cause-tree")
    expect(tree.locator("a")).to_have_text([re.compile("order_paid"), re.compile("course_completed")])
    expect(tree.locator("[data-kind=origin]")).to_contain_text("shell")
    expect(tree.locator("[aria-current]")).to_contain_text("course_completed")

    tree.locator("a").first.click()
    expect(failing.locator("#detail-title")).to_contain_text("causes")
    expect(failing.locator("#reacts-note")).to_contain_text("of 5")
    failing.locator("#q").fill("origin:shell receiver:completes")
    expect(failing.locator("#filter-count")).to_have_text("1 of 4 held")
