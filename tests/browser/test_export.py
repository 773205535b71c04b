"""The export: what is shown becomes a file of the very lines that came."""

import json

from playwright.sync_api import expect

from tests.browser.screen import row
from tests.browser.scripted import batch, event


def lines(frame: str) -> list[str]:
    return frame.split("\n")[1:]


def saved(page, act) -> tuple[str, list[str]]:
    """The name and the lines of the file that this makes."""
    with page.expect_download() as download:
        act()
    text = download.value.path().read_text()
    assert text.endswith("\n")
    return download.value.suggested_filename, text.split("\n")[:-1]


def test_the_button_saves_what_is_shown_oldest_first_byte_for_byte(dashboard, scripted):
    frame = batch(1, [event(1, data={"big": 2**63}), event(2, summary="h\u00e9llo </script>"), event(3)])
    scripted.send(frame)
    expect(row(dashboard, 0)).to_contain_text("order 3")

    name, written = saved(dashboard, dashboard.get_by_role("button", name="Export").click)

    assert (name, written) == ("signalcast-main-1-3.ndjson", lines(frame))
    expect(dashboard.locator("#export")).to_have_text("Exported 3")


def test_a_held_list_is_saved_as_it_is_held_without_what_came_since(dashboard, scripted):
    scripted.events(1, 3)
    expect(row(dashboard, 0)).to_contain_text("order 3")
    dashboard.keyboard.press("Space")
    scripted.events(4, 2)
    expect(dashboard.locator("#strip")).to_contain_text("2 new")

    name, written = saved(dashboard, lambda: dashboard.keyboard.press("x"))

    assert name == "signalcast-main-1-3.ndjson"
    assert [json.loads(line)["summary"] for line in written] == ["order 1", "order 2", "order 3"]


def test_gaps_and_what_nobody_can_read_are_left_out_and_that_is_said(dashboard, scripted):
    scripted.send(batch(1, [event(1), '{"type":<b>', event(3)]))
    scripted.send({"op": "gap", "from": 4, "to": 9, "reason": "retention"})
    scripted.events(9, 1)
    expect(dashboard.locator("#announce")).to_have_text("Live, with a gap of 5 events")

    name, written = saved(dashboard, dashboard.get_by_role("button", name="Export").click)

    assert name == "signalcast-main-1-9.ndjson"
    assert [json.loads(line)["sequence"][-1] for line in written] == ["1", "3", "9"]
    expect(dashboard.locator("#announce")).to_have_text("Exported 3 events; 1 unreadable left out")


def test_with_nothing_to_show_there_is_no_file(dashboard):
    dashboard.get_by_role("button", name="Export").click()

    expect(dashboard.locator("#export")).to_have_text("Nothing to export")


def test_a_hundred_thousand_lines_are_saved_and_the_page_goes_on_meanwhile(dashboard, scripted):
    attributes = {"data": {"text": "x" * 200}, "subject": None, "sender": None}
    for start in range(1, 100_001, 1000):
        scripted.send(batch(start, [event(n, **attributes) for n in range(start, start + 1000)]))
    expect(row(dashboard, 0)).to_contain_text("order 100000", timeout=20_000)
    dashboard.evaluate("""() => {
        window.turns = 0;
        const button = document.getElementById('export');
        document.addEventListener('click', () => {
            const counting = setInterval(() => { turns += 1; });
            new MutationObserver(() => clearInterval(counting)).observe(button, {childList: true, subtree: true});
        }, {capture: true, once: true});
    }""")

    name, written = saved(dashboard, dashboard.get_by_role("button", name="Export").click)

    assert name == "signalcast-main-1-100000.ndjson"
    assert len(written) == 100_000
    assert [written[54_321]] == lines(batch(54_322, [event(54_322, **attributes)]))
    expect(dashboard.locator("#export")).to_have_text("Exported 100,000")
    assert dashboard.evaluate("turns") > 10
