"""The keyboard and its help: what is listed works, and none of it where a key belongs to somebody else."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT
from tests.browser.screen import PHONE, WIDE, barriers, row
from tests.browser.scripted import batch, event

PRINTED = {" ": "Space", "ArrowDown": "↓", "ArrowUp": "↑", "PageDown": "PgDn", "PageUp": "PgUp", "Escape": "Esc"}


@pytest.fixture
def full(dashboard, scripted):
    scripted.events(1, 100)
    expect(row(dashboard, 0)).to_contain_text("order 100")
    return dashboard


def test_the_help_lists_every_key_that_the_page_knows(full):
    full.keyboard.press("?")

    expect(full.get_by_role("dialog", name="Keyboard and help")).to_be_visible()
    source = (ROOT / "frontend/static/frontend/ui/keys.js").read_text()
    bound = re.findall(r"\['([^']+)', \['", source)
    printed = [PRINTED.get(key, key.upper() if len(key) == 1 else key) for key in bound]
    assert full.locator("#keys kbd").all_inner_texts() == printed
    assert len(printed) > 20


OPEN = """() => [
    document.querySelector('dialog[open]') && 'dialog',
    document.getElementById('detail').hidden || 'detail',
    document.activeElement.matches('input') && 'field',
    document.getElementById('strip').hasAttribute('data-held') && 'hold',
].filter((name) => typeof name === 'string')"""


def test_escape_closes_the_dialog_then_the_detail_then_leaves_the_field_then_follows(full, scripted):
    full.evaluate("document.querySelector('.top').append(document.createElement('input'))")
    full.keyboard.press("Space")
    row(full, 3).click()
    full.get_by_role("button", name="Help and keyboard shortcuts").click()
    scripted.wait_for(lambda: full.evaluate(OPEN) == ["dialog", "detail", "hold"])

    full.keyboard.press("Escape")
    scripted.wait_for(lambda: full.evaluate(OPEN) == ["detail", "hold"])
    full.locator(".top input").focus()
    for left in (["field", "hold"], ["hold"], []):
        full.keyboard.press("Escape")
        scripted.wait_for(lambda left=left: full.evaluate(OPEN) == left)


def test_a_key_acts_at_once_when_a_dialog_has_closed_whose_field_still_has_the_focus(full):
    dialog = full.get_by_role("dialog", name="Go to a time or a position")
    full.keyboard.press("g")
    expect(dialog).to_be_visible()

    full.evaluate("""() => {
        const field = document.activeElement;
        field.closest('dialog').close();
        field.dispatchEvent(new KeyboardEvent('keydown', {key: 'g', bubbles: true}));
    }""")

    expect(dialog).to_be_visible()


def test_single_keys_can_be_turned_off_and_stay_off(full, scripted):
    full.get_by_role("button", name="Help and keyboard shortcuts").click()
    full.get_by_label("Single-key shortcuts").uncheck()
    full.get_by_role("button", name="Close").click()
    theme = full.locator("#theme").get_attribute("aria-label")
    full.locator("#stage").focus()
    for key in ("Space", "j", "l", "d", "c", "x", "?"):
        full.keyboard.press(key)

    expect(full.get_by_role("dialog")).to_be_hidden()
    expect(full.locator("#strip")).to_contain_text("Following")
    expect(full.locator("#theme")).to_have_attribute("aria-label", theme)
    expect(full.locator("#export")).to_have_text("Export")

    full.keyboard.press("ArrowDown")
    expect(row(full, 0)).to_be_focused()

    full.reload()
    full.keyboard.press("?")
    expect(full.get_by_role("dialog")).to_be_hidden()
    assert not full.locator("#single-keys").is_checked()


def test_no_key_acts_behind_a_dialog(full):
    full.keyboard.press("?")
    full.get_by_label("Announce to screen readers").focus()
    full.keyboard.press("j")
    full.keyboard.press("d")
    full.keyboard.press("Escape")

    expect(full.locator("#strip")).to_contain_text("Following")
    expect(full.locator("#theme")).to_have_attribute("aria-label", "Theme: system")


def test_a_dialog_keeps_the_place_of_the_focus_behind_it(full, scripted):
    full.keyboard.press("j")
    expect(row(full, 0)).to_be_focused()
    full.keyboard.press("?")
    expect(full.get_by_role("dialog")).to_be_visible()
    scripted.events(101, 5)
    expect(full.locator("#strip")).to_contain_text("5 new")
    full.keyboard.press("Escape")

    expect(row(full, 0)).to_be_focused()
    expect(row(full, 0)).to_contain_text("order 100")


def test_what_takes_itself_away_leaves_the_focus_near(full):
    full.keyboard.press("Space")
    full.get_by_role("button", name="Show newest").press("Enter")
    expect(full.get_by_role("grid")).to_be_focused()

    for _ in range(2):
        full.keyboard.press("j")
        full.keyboard.press("b")
    pins = full.locator("#pins-list li")
    pins.nth(0).get_by_role("button", name="Take the pin away").press("Enter")
    expect(pins).to_have_count(1)
    expect(pins.get_by_role("button").first).to_be_focused()
    types = full.locator("#types button")
    expect(types.first).to_be_visible()
    pins.get_by_role("button", name="Take the pin away").press("Enter")
    expect(types.first).to_be_focused()


def test_axe_finds_nothing_in_the_dialogs(full):
    full.keyboard.press("g")
    full.keyboard.press("Enter")
    expect(full.get_by_role("alert")).to_be_visible()
    assert barriers(full) == ""

    full.keyboard.press("Escape")
    full.get_by_role("button", name="Help and keyboard shortcuts").click()
    expect(full.get_by_role("dialog", name="Keyboard and help")).to_be_visible()
    for size in (WIDE, PHONE):
        full.set_viewport_size(size)
        assert barriers(full) == ""


def test_c_copies_the_event_of_the_row_or_the_open_one_as_it_came(full, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    full.keyboard.press("j")
    expect(row(full, 0)).to_be_focused()
    # So that it is not what is said last.
    expect(full.locator("#announce")).to_have_text("Holding")
    full.keyboard.press("c")
    expect(full.locator("#announce")).to_have_text("Copied")
    assert full.evaluate("navigator.clipboard.readText()") == line(100)

    row(full, 1).click()
    full.keyboard.press("c")
    expect(full.get_by_role("button", name="Copied")).to_be_visible()
    assert full.evaluate("navigator.clipboard.readText()") == line(99)


def test_d_changes_the_theme(full):
    full.keyboard.press("d")

    expect(full.get_by_role("button", name="Theme: light")).to_be_visible()


def test_announcements_can_be_turned_off_and_stay_off(full):
    full.keyboard.press("?")
    full.get_by_label("Announce to screen readers").select_option("off")
    full.reload()
    expect(full.locator(".conn__text")).to_have_text("Connected")

    expect(full.locator("#announce")).to_have_text("")


def line(position: int) -> str:
    return batch(position, [event(position)]).split("\n")[1]
