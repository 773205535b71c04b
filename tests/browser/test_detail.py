"""The open event: its payload to the digit, its attributes, and the page that it becomes where there is no room."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.screen import no_sideways, row, rows
from tests.browser.scripted import batch, event

PRETTY = """async ([text, limits]) => {
    const {pretty} = await import('/static/frontend/core/jsontext.js');
    return pretty(text, limits).map(({kind, text}) => [kind, text]);
}"""


@pytest.fixture
def opened(dashboard, scripted):
    """Three events, of which the one in the middle is open."""
    data = '{"big":9223372036854775808,"float":1.10,"name":"h\\u00e9llo","none":null,"password":{"$mark":"masked"},'
    data += '"report":{"$mark":"too-large","bytes":123456},"empty":[{},[]]}'
    line = batch(2, [event(2, data={"x": 1})]).split("\n")[1].replace('{"x":1}', data)
    scripted.send(batch(1, [event(1), line, event(3, summary=None, sender=None, subject=None)]))
    row(dashboard, 1).click()
    expect(dashboard.locator("#detail")).to_be_visible()
    return dashboard


def test_the_payload_is_laid_out_from_its_text_and_no_digit_is_lost(opened):
    assert opened.locator("#payload").inner_text() == (
        "{\n"
        '  "big": 9223372036854775808,\n'
        '  "float": 1.10,\n'
        '  "name": "héllo",\n'
        '  "none": null,\n'
        '  "password": masked,\n'
        '  "report": too-large, bytes 123,456,\n'
        '  "empty": [\n'
        "    {},\n"
        "    []\n"
        "  ]\n"
        "}"
    )
    assert opened.locator(".json__mark").all_inner_texts() == ["masked", "too-large, bytes 123,456"]


def test_what_one_may_not_view_says_so_and_what_else_is_left_out_does_not(dashboard, scripted):
    scripted.send(batch(1, [event(1, data={"email": {"$mark": "personal"}, "password": {"$mark": "masked"}})]))
    row(dashboard, 0).click()

    expect(dashboard.get_by_title("Personal data, which you may not view")).to_have_text("personal")
    expect(dashboard.get_by_title("The server left this value out")).to_have_text("masked")


def test_the_raw_view_is_the_payload_as_it_came_and_stays_for_the_next_event(opened):
    opened.get_by_role("button", name="Raw").click()
    raw = opened.locator("#payload").inner_text()
    assert raw.startswith('{"big":9223372036854775808,"float":1.10,"name":"h\\u00e9llo",')
    assert raw.endswith('"empty":[{},[]]}')

    opened.get_by_role("button", name="Older event").click()
    expect(opened.locator("#detail-title")).to_have_text("order 1")
    assert json.loads(opened.locator("#payload").inner_text()) == event(1)["data"]


def test_the_head_says_what_when_and_where(opened):
    expect(opened.locator("#detail-type")).to_have_text("academy.order_paid")
    expect(opened.locator("#detail-type a")).to_have_attribute("href", "/catalog/?q=academy.order_paid")
    expect(opened.locator("#detail-meta")).to_contain_text("16:08:43.350 UTCacademy.order/2pos 2")
    names = opened.locator("#detail-ids dt").all_inner_texts()
    assert names == ["id", "sequence", "source", "subject", "sender", "time"]


def test_an_event_with_the_least_attributes_has_a_title(opened):
    opened.get_by_role("button", name="Newer event").click()

    expect(opened.locator("#detail-title")).to_have_text("order_paid")


def test_payload_event_and_ids_are_copied_as_they_are(opened, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    copied = {}
    for name in ("Copy payload", "CloudEvent", "Copy id"):
        opened.locator("#detail").get_by_role("button", name=name, exact=True).click()
        copied[name] = opened.evaluate("navigator.clipboard.readText()")

    assert copied["Copy payload"].startswith('{"big":9223372036854775808,"float":1.10')
    assert json.loads(copied["CloudEvent"])["sequence"] == f"{2:020d}"
    assert copied["Copy id"] == event(2)["id"]
    expect(opened.get_by_role("button", name="Copied")).to_have_count(1)


def test_the_splitter_moves_with_the_arrow_keys_and_is_kept(opened, site):
    opened.get_by_role("separator", name="Width of the detail").focus()
    opened.keyboard.press("ArrowLeft")
    opened.keyboard.press("ArrowLeft")
    assert opened.locator("#detail").bounding_box()["width"] == 432

    opened.keyboard.press("End")
    assert opened.locator("#detail").bounding_box()["width"] == 320
    opened.reload()
    assert opened.locator("#splitter").get_attribute("aria-valuenow") == "320"


def test_on_a_phone_the_detail_is_a_page_with_a_way_back(dashboard, scripted):
    dashboard.set_viewport_size({"width": 390, "height": 844})
    scripted.events(1, 3)
    row(dashboard, 1).click()

    expect(dashboard.get_by_role("button", name="Back")).to_be_focused()
    expect(dashboard.locator("#detail")).to_be_visible()
    assert dashboard.locator("#detail").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert dashboard.evaluate("document.getElementById('stage').inert")
    assert no_sideways(dashboard)

    dashboard.go_back()
    expect(dashboard.locator("#detail")).to_be_hidden()
    expect(rows(dashboard)).to_have_count(3)
    assert not dashboard.evaluate("document.getElementById('stage').inert")

    row(dashboard, 1).click()
    dashboard.get_by_role("button", name="Back").click()
    expect(dashboard.locator("#detail")).to_be_hidden()
    assert dashboard.url.startswith("http://127.0.0.1:")


def test_a_large_payload_opens_in_parts(dashboard, scripted):
    scripted.send(batch(1, [event(1, data={"items": [{"n": n, "text": "x" * 80} for n in range(2000)]})]))
    row(dashboard, 0).click()
    shown = len(dashboard.locator("#payload").inner_text())
    assert shown < 120_000

    dashboard.locator("#payload").get_by_role("button", name="Show all").click()
    assert len(dashboard.locator("#payload").inner_text()) > shown
    expect(dashboard.locator("#payload").get_by_role("button", name="Show all")).to_have_count(0)


def test_a_long_string_is_cut_and_opens(dashboard, scripted):
    scripted.send(batch(1, [event(1, data={"text": "a" * 3000})]))
    row(dashboard, 0).click()
    expect(dashboard.locator("#payload")).to_contain_text("… 952 more characters")

    dashboard.locator("#payload").get_by_role("button").press("Enter")

    expect(dashboard.locator("#payload")).to_have_text('{\n  "text": "' + "a" * 3000 + '"\n}')
    expect(dashboard.locator("#payload")).to_be_focused()


LAID_OUT = {
    "{}": [["text", "{}"]],
    "[1,2]": [["text", "[\n  1,\n  2\n]"]],
    '"a"': [["text", '"a"']],
    "-0.10e+5": [["text", "-0.10e+5"]],
    '{"a":[[]]}': [["text", "{\n  "], ["key", '"a"'], ["text", ": [\n    []\n  ]\n}"]],
    '["\\u202e\\u0000\\ud800"]': [["text", '[\n  "\\u202e\\u0000\\ud800"\n]']],
    '{"a': [["text", '{\n  "a']],
    '{"$mark":"masked","x":1}': [["mark", "masked, x 1"]],
}


def test_json_is_laid_out_as_it_is_written(modules):
    for text, pieces in LAID_OUT.items():
        assert modules.evaluate(PRETTY, [text, {}]) == pieces


def test_a_payload_a_thousand_levels_deep_is_cut_at_fifty(modules):
    text = "[" * 1000 + "]" * 1000

    pieces = modules.evaluate(PRETTY, [text, {}])

    assert [kind for kind, _ in pieces] == ["text", "more", "text"]
    assert "deeper than 50 levels" in pieces[1][1]


def test_deep_levels_leave_room_for_what_is_in_them(modules):
    [[_, text]] = modules.evaluate(PRETTY, ["[" * 40 + "1" + "]" * 40, {}])

    indents = [len(line) - len(line.lstrip()) for line in text.split("\n")]
    assert indents[:17] == [*range(0, 30, 2), 30, 30]
    assert max(indents) == 30
    assert indents == indents[::-1]


def test_a_member_is_found_whatever_stands_before_it(modules):
    line = '{"a":{"data":1,"b":[{"data":2}]},"s":"\\"data\\":3","data" : {"x":"}"} ,"z":0}'

    found = modules.evaluate(
        "async (line) => (await import('/static/frontend/core/jsontext.js')).member(line, 'data')", line
    )

    assert found == '{"x":"}"}'
