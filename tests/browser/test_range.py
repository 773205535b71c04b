"""A range of time: drawn on the chart or given in two fields, kept in the filter's text, gone with a click."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.screen import barriers
from tests.browser.scripted import batch, event


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def shown(page, says: str) -> None:
    expect(page.locator("#filter-count")).to_have_text(says)


@pytest.fixture
def spread(watched, site, scripted):
    """Ten events of 100 seconds ago, ten of 50, ten of 5."""
    scripted.head = 30
    watched.goto(site.url)
    scripted.wait_for(lambda: scripted.of("hello"))
    scripted.send(batch(1, [event(n, time=ago((100, 50, 5)[(n - 1) // 10])) for n in range(1, 31)]))
    shown(watched, "30 held")
    return watched


def drag(page, start: float, end: float) -> None:
    box = page.locator("#brush").bounding_box()
    page.mouse.move(box["x"] + box["width"] * start, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, box["y"] + 25)
    page.mouse.up()


def test_a_range_drawn_on_the_chart_shows_its_events_and_a_click_shows_all(spread, scripted):
    drag(spread, 0.75, 0.4)

    shown(spread, "10 of 30 held")
    assert re.fullmatch(r"since:20\S+Z until:20\S+Z", spread.locator("#q").input_value())
    expect(spread.locator(".brush__band")).to_be_visible()
    scripted.wait_for(lambda: "since:" in spread.evaluate("location.search"))

    spread.locator("#brush").click()
    expect(spread.locator("#q")).to_have_value("")
    shown(spread, "30 held")
    expect(spread.locator(".brush__band")).to_be_hidden()


def test_escape_leaves_a_drawing_and_what_else_is_looked_for_stays(spread):
    spread.locator("#q").fill("order since:12:00")
    box = spread.locator("#brush").bounding_box()
    spread.mouse.move(box["x"] + 10, box["y"] + 20)
    spread.mouse.down()
    spread.mouse.move(box["x"] + 90, box["y"] + 20)
    spread.keyboard.press("Escape")
    spread.mouse.up()
    expect(spread.locator("#q")).to_have_value("order since:12:00")

    drag(spread, 0.0, 0.3)
    assert spread.locator("#q").input_value().startswith("order since:2")
    shown(spread, "10 of 30 held")


def test_two_fields_do_what_the_pointer_does(spread):
    spread.keyboard.press("r")
    dialog = spread.get_by_role("dialog", name="Range of time")
    expect(dialog).to_be_visible()
    dialog.get_by_label("From").fill(ago(55)[:19])
    dialog.get_by_label("Until").fill(ago(60)[:19])
    dialog.get_by_role("button", name="Show").click()
    expect(dialog.get_by_role("alert")).to_contain_text("before it begins")
    assert barriers(spread) == ""

    dialog.get_by_label("Until").fill(ago(20)[:19])
    dialog.get_by_role("button", name="Show").click()
    shown(spread, "10 of 30 held")

    spread.get_by_role("button", name="Range of time").click()
    dialog.get_by_role("button", name="All times").click()
    shown(spread, "30 held")


def test_a_range_is_downloaded_whole_from_the_server(watched, server):
    server.manage("shell", "-c", "for n in range(700): order_paid.send(sender=Order, n=n)")
    watched.goto(server.url)
    expect(watched.locator("#held")).to_contain_text("500 held")
    watched.keyboard.press("r")
    dialog = watched.get_by_role("dialog", name="Range of time")
    dialog.get_by_label("From").fill(ago(300)[:19])

    dialog.get_by_label("Until").fill(ago(-300)[:19])
    with watched.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()

    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert [int(line["sequence"]) for line in lines[:-1]] == list(range(1, 701))
    assert lines[-1]["type"] == "signalcast.end"
    assert download.value.suggested_filename == "signalcast-main-1-700.ndjson"
