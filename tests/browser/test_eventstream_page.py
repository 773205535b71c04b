"""The page of docs/eventstream.md, as it is printed there, at a real server."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import serve
from tests.browser.test_real_server import send

LIVE = 10_000  # ms within which a page is connected


@pytest.fixture
def server(seeded, tmp_path):
    yield from serve(seeded, tmp_path, DJANGO_SETTINGS_MODULE="tests.browser.printed_settings")


@pytest.fixture
def orders(watched, server):
    """The page, which shows one order."""
    send(server, "order_paid.send(sender=Order, note='before')")
    watched.goto(f"{server.url}orders.html")
    expect(watched.locator("#state")).to_contain_text("Live", timeout=LIVE)
    expect(watched.locator("#orders li")).to_have_count(1, timeout=LIVE)
    return watched


def test_it_shows_what_was_and_what_comes_and_nothing_else(orders, server):
    send(server, "profile_verified.send(sender=None); order_paid.send(sender=Order, note='<b>after</b>')")

    items = orders.locator("#orders li")
    expect(items).to_have_count(2, timeout=LIVE)
    expect(items.first).to_contain_text("<b>after</b>")
    expect(items.last).to_contain_text("before")
    assert orders.locator("#orders b").count() == 0


def test_it_goes_on_where_it_was_after_the_server_has_died(orders, server):
    server.kill()
    expect(orders.locator("#state")).to_contain_text("Connecting")
    send(server, "order_paid.send(sender=Order, note='meanwhile')")
    server.start()

    expect(orders.locator("#orders li")).to_have_count(2, timeout=3 * LIVE)
    expect(orders.locator("#state")).to_contain_text("Live")
