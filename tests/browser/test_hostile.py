"""Data that tries to be more than data: it is shown, and does nothing."""

import json

from playwright.sync_api import expect

from tests.browser.screen import boxes, no_sideways, row, rows
from tests.browser.scripted import batch, event

POISON = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "</script><script>alert(3)</script>",
    '" onmouseover="alert(4)',
    "javascript:alert(5)",
    "\u202egnp.exe\u202c",
    "\u2066isolated\u2069",
    "nul\x00bell\x07escape\x1b[31m",
    "line\nbreak\r\ttab",
    "\ud800 half a pair",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "{{ 7*7 }}${7*7}",
    "W" * 5_000,
    "ﷺ" * 200,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
]

DEEP = "[" * 1000 + "1" + "]" * 1000


def poisoned(position: int, text: str) -> dict:
    data = {text: text, "list": [text, {"__proto__": {"polluted": True}}], "big": 2**63}
    return event(position, type=text, sender=text, subject=text, summary=text, id=text, traceparent=text, data=data)


def test_poison_in_every_field_is_text_and_nothing_else(dashboard, scripted):
    lines = [poisoned(n, text) for n, text in enumerate(POISON, 1)]
    scripted.send(batch(1, lines))
    expect(rows(dashboard)).to_have_count(len(POISON))

    for index in range(len(POISON)):
        dashboard.keyboard.press("j")
        dashboard.keyboard.press("Enter")
        expect(row(dashboard, index)).to_have_attribute("aria-selected", "true")
        dashboard.get_by_role("button", name="Raw").click()
        dashboard.get_by_role("button", name="Tree").click()

    assert dashboard.locator("img, iframe, object, embed, body script").count() == 0
    assert dashboard.evaluate("({}).polluted === undefined")
    assert dashboard.evaluate("document.querySelectorAll('[onerror], [onmouseover]').length") == 0
    assert {box["height"] for box in boxes(dashboard)} == {28}
    assert no_sideways(dashboard)


SHOWN = {
    "\u202egnp.exe": r"\u202egnp.exe",
    "\u2066a\u2069": r"\u2066a\u2069",
    "pay\u00adpal\u2063": r"pay\u00adpal\u2063",
    "nul\x00": r"nul\u0000",
    "two\nlines": r"two\u000alines",
    "\ud800": r"\ud800",
    "עברית stays": "עברית stays",
    "👩‍👩‍👧 stays": "👩‍👩‍👧 stays",
}


def test_what_would_hide_or_reorder_is_written_out(dashboard, scripted):
    scripted.send(batch(1, [event(n, summary=text) for n, text in enumerate(SHOWN, 1)]))

    for index, shown in enumerate(reversed(SHOWN.values())):
        expect(row(dashboard, index).locator(".c-summary .cut")).to_have_text(shown)


def test_values_that_json_cannot_hold_or_nobody_can_read_stop_nothing(dashboard, scripted):
    base = json.dumps(event(1))
    lines = [
        base.replace('{"order"', '{"nan":NaN,"order"'),
        json.dumps(event(2)).replace('"data": {', f'"data": {{"deep": {DEEP}, '),
        json.dumps(event(3, data={"text": "x" * 1_000_000})),
        '{"type":{"a":1},"sequence":[],"time":{},"summary":7,"sender":null}',
        "[]",
        "null",
        "",
        json.dumps(event(8)),
    ]
    scripted.send(batch(1, lines))

    expect(rows(dashboard)).to_have_count(8)
    expect(row(dashboard, 0)).to_contain_text("order 8")
    for index in range(8):
        row(dashboard, index).click()
        expect(row(dashboard, index)).to_have_attribute("aria-selected", "true")


def test_a_hundred_thousand_type_names_do_not_grow_without_bound(modules):
    result = modules.evaluate("""async () => {
        const {Store} = await import('/static/frontend/core/store.js');
        const store = new Store();
        for (let n = 0; n < 70000; n += 1) store.push(JSON.stringify({type: `t.${n}`, sender: 's'}));
        return [store.at(5).type, store.at(69999).type, store.at(69999).sender];
    }""")

    assert result == ["t.5", "t.69999", "s"]
