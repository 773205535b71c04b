"""The filter line on its own: what each form finds, what is wrong with what is wrong, and how a click edits it."""

import json
import re
from typing import Any

from tests.browser.scripted import dump, event

EVENTS: dict[str, dict[str, Any]] = {
    "paid": {"type": "academy.order_paid", "sender": "academy.Order", "subject": "academy.order/42"},
    "shop": {"type": "shop.order_paid", "sender": "shop.Cart", "summary": 'Vip "gold" 100% (a|b)'},
    "sent": {
        "type": "academy.order_sent",
        "sender": None,
        "subject": None,
        "summary": "note back\\slash \\\\host",
        "data": {"note": "Müller, ПРИВЕТ 😀 C:\\x"},
    },
    "deep": {"type": "a.b.c", "summary": "<b>x</b> and more", "data": {"pk": 42, "ok": [True, None]}},
}

FIND = """async ([text, lines]) => {
    const {Query} = await import('/static/frontend/core/query.js');
    const {Store} = await import('/static/frontend/core/store.js');
    const query = new Query(text), store = new Store();
    const found = [];
    for (const [name, line] of lines) {
        store.push(line);
        if (query.matches?.(store.at(store.next - 1)) ?? true) found.push(name);
    }
    return query.error || found;
}"""

EDIT = """async ([text, act, type, name]) => {
    const {Query} = await import('/static/frontend/core/query.js');
    const query = new Query(text), edited = query[act](type, name ?? type.slice(type.indexOf('.') + 1));
    const again = new Query(edited);
    const [admits, only, without] = [again.admits(type), again.isOnly(type), again.isWithout(type)];
    return {text: edited, error: again.error, admits, only, without};
}"""


def find(page, text: str) -> list[str] | str:
    lines = [[name, dump(event(1, **attributes))] for name, attributes in EVENTS.items()]
    return page.evaluate(FIND, [text, [*lines, ["garbage", "no json: order_paid"]]])


ALL = [*EVENTS, "garbage"]

FORMS = {
    "": ALL,
    "type:academy.order_paid": ["paid"],
    "type:order_paid": ["paid", "shop"],
    "type:order_*": ["paid", "shop", "sent"],
    "type:academy.*": ["paid", "sent"],
    "type:*_sent": ["sent"],
    "type:*der*pa*d": ["paid", "shop"],
    "type:ORDER_PAID": ["paid", "shop"],
    "type:order": [],
    "type:order_pai*aid": [],
    "type:b.c": ["deep"],
    "type:c": [],
    "type:*": list(EVENTS),
    "type:order_paid type:a.*": ["paid", "shop", "deep"],
    "-type:order_*": ["deep", "garbage"],
    "-type:academy.* -type:a.b.c": ["shop", "garbage"],
    "type:order_* -type:shop.*": ["paid", "sent"],
    "type:.": [],
    "sender:Cart": ["shop"],
    "sender:academy.order": ["paid", "deep"],
    "-sender:shop.Cart type:order_paid": ["paid"],
    "subject:academy.order/42": ["paid"],
    "subject:order/4*": ["paid"],
    "subject:42": [],
    "vip": ["shop"],
    "-vip type:order_paid": ["paid"],
    "order_paid": ["paid", "shop", "garbage"],
    '"Vip \\"gold\\""': ["shop"],
    "100%": ["shop"],
    "(a|b)": ["shop"],
    "a.*": [],
    "müller": ["sent"],
    "привет": ["sent"],
    "😀": ["sent"],
    '"C:\\\\x"': ["sent"],
    '"C:\\x"': ["sent"],
    "back\\slash": ["sent"],
    "\\\\host": ["sent"],
    "\\\\\\\\\\host": [],
    "k\\\\\\slash": [],
    '"\\"pk\\": 42"': ["deep"],
    "<b>x</b>": ["deep"],
    '"and more" type:a.*': ["deep"],
    '"and more" type:order_*': [],
    "16:08": list(EVENTS),
    "since:2026-11-22T16:08:43Z": list(EVENTS),
    "since:2026-11-22T16:08:44Z": [],
    "until:2026-11-22T16:08:44Z vip": ["shop"],
    "since:2026-11-22T17:08:43+01:00 until:2026-11-23": list(EVENTS),
    "until:2026-11-22": [],
    "-since:2026-11-22": ["garbage"],
    "mark:vip": ALL,
    "mark:vip mark:gold type:a.*": ["deep"],
    "-mark:vip": [],
}


def test_every_form_finds_what_it_says(modules):
    assert {text: find(modules, text) for text in FORMS} == FORMS


UNKNOWN = (
    "Nothing is called “{}”, only type, sender, subject, since, until and mark. "
    "Text with a colon wants quotation marks."
)
WRONG = {
    "tpye:order": UNKNOWN.format("tpye"),
    "http://x": UNKNOWN.format("http"),
    "type:": "“type:” wants a name after it.",
    "-sender: x": "“sender:” wants a name after it.",
    'a "b c': "The quotation mark is not closed.",
    "a - b": "There is nothing to look for.",
    '""': "There is nothing to look for.",
    "since:noon": "“noon” is not a time, as 12:14, 12:14:05 or 2026-11-30T12:14:05Z.",
    "until:25:00": "“25:00” is not a time, as 12:14, 12:14:05 or 2026-11-30T12:14:05Z.",
    "x" * 1001: "A filter has at most 1000 characters.",
}


def test_what_is_wrong_is_said_in_words(modules):
    assert {text: find(modules, text) for text in WRONG} == WRONG


def test_a_hostile_text_neither_throws_nor_takes_long(modules):
    modules.evaluate("window.started = performance.now()")
    for text in (
        "*a" * 400,
        "type:" + "*a" * 400,
        "(a+)+$ " * 100,
        "\\" * 900,
        '\\"' * 400,
        "\x00\ud800[",
        "__proto__:x",
    ):
        assert isinstance(find(modules, text), (list, str))
    line = json.dumps({"type": "a" * 50_000, "data": "a" * 200_000 + "\\" * 10_000})
    for text in ("type:" + "*a" * 400 + "b", "(a+)+$", "a" * 900 + "b", '"' + '\\"' * 400 + '"', "\\" * 900 + "b"):
        modules.evaluate(FIND, [text, [["long", line]]])

    assert modules.evaluate("performance.now() - started") < 5000


CLICKS = {
    ("only", ""): "type:order_paid",
    ("only", "vip  -sender:Cart"): "vip -sender:Cart type:order_paid",
    ("only", "type:order_sent vip"): "vip type:order_paid",
    ("only", "vip -type:order_paid"): "vip type:order_paid",
    ("only", "type:order_paid vip"): "vip",
    ("only", "type:academy.order_paid"): "",
    ("toggle", ""): "-type:order_paid",
    ("toggle", "-type:other vip"): "-type:other vip -type:order_paid",
    ("toggle", "-type:order_paid vip"): "vip",
    ("toggle", "-type:academy.order_paid"): "",
    ("toggle", "type:order_paid vip"): "vip -type:order_paid",
}


def test_a_click_on_a_type_edits_the_text(modules):
    edited = {(act, text): modules.evaluate(EDIT, [text, act, "academy.order_paid"])["text"] for act, text in CLICKS}

    assert edited == CLICKS


TYPES = [
    *(
        "plain",
        "with space.and more",
        'quo"ted',
        "ends with\\",
        "end\\",
        'end\\"',
        "nul\x00\nline",
        "\ud800half",
        "*",
        "-type:x",
    ),
    *("W" * 5000, "__proto__", "a:b", "<img src=x>", "\u202egnp", " "),
]


def test_a_type_of_any_name_is_left_out_and_shown_again(modules):
    for type in TYPES:
        left = modules.evaluate(EDIT, ["vip", "toggle", type])
        assert left["error"] == "" and left["without"] and not left["admits"], type
        assert not re.search(r"[\x00-\x1f]", left["text"])
        assert modules.evaluate(EDIT, [left["text"], "toggle", type])["text"] == "vip", type
        assert modules.evaluate(EDIT, ["vip", "only", type])["only"], type
