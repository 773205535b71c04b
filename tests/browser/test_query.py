"""The filter line on its own: what each form finds, what is wrong with what is wrong, and how a click edits it."""

import json
import re
from typing import Any

from tests.browser.scripted import dump, event, identity, reaction, receiver

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

FIND = """async ([text, lines, told = {}]) => {
    const {Query} = await import('/static/frontend/core/query.js');
    const {Store} = await import('/static/frontend/core/store.js');
    const query = new Query(text), store = new Store();
    const found = [];
    for (const [name, line] of lines) {
        store.push(line);
        if (told[name]) store.update(told[name]);
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

# What was told of the receivers of some of them, and where they came from.
TOLD = {
    "paid": [receiver("academy.receivers.enroll_student", 4.0), receiver("crm.receivers.push", 3100.0, "raised")],
    "shop": [receiver("academy.receivers.send_receipt", 50.0), receiver("crm.receivers.push", None, "ignored")],
    "sent": [],
}
ORIGINS = {
    "paid": {"origin": "web POST /orders/12/pay", "correlationid": "4bf92f35"},
    "shop": {"origin": "command simulate", "causationid": identity(1), "correlationid": "4bf92f35"},
}
FOUND = {
    "error:yes": ["paid"],
    "failed:YES": ["paid"],
    "error:no": ["shop", "sent"],
    "-error:yes": ["shop", "sent", "deep", "garbage"],
    "error:yes error:no": ["paid", "shop", "sent"],
    "slow:>50ms": ["paid"],
    "slow:50": ["paid"],
    "slower:>=50ms": ["paid", "shop"],
    "slow:<3.2s slow:>1s": ["paid", "shop"],
    "slow:<=50": ["shop"],
    "-slow:>1s": ["shop", "sent", "deep", "garbage"],
    "receiver:push": ["paid"],
    "receiver:crm": ["paid"],
    "receiver:academy.receivers": ["paid", "shop"],
    "receiver:academy.receivers.ENROLL_student": ["paid"],
    "receiver:send_*": ["shop"],
    "receiver:enroll": [],
    "-receiver:push": ["shop", "sent", "deep", "garbage"],
    "receiver:enroll_student error:no": [],
    "origin:web": ["paid"],
    "origin:command": ["shop"],
    "origin:*/orders/*": ["paid"],
    "origin:we": [],
    "-origin:web type:*": ["shop", "sent", "deep"],
    "cause:4bf92f35": ["paid", "shop"],
    f"cause:{identity(1)}": ["paid", "shop"],
    "cause:4bf9": [],
}

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


FIELDS = "type, sender, subject, receiver, error, slow, origin, cause, since, until and mark"
UNKNOWN = f"Nothing is called “{{}}”, only {FIELDS}. Text with a colon wants quotation marks."
WRONG = {
    "tpye:order": UNKNOWN.format("tpye"),
    "http://x": UNKNOWN.format("http"),
    "type:": "“type:” wants a name after it.",
    "-sender: x": "“sender:” wants a name after it.",
    "error:": "“error:” wants yes or no after it.",
    "error:maybe": "“error:” is yes or no.",
    "slow:": "“slow:” wants a time after it.",
    "slow:fast": "“slow:” wants a time after it, as in slow:>50ms or slow:<1.5s.",
    "slow:=5": "“slow:” wants a time after it, as in slow:>50ms or slow:<1.5s.",
    "slow:>5min": "“slow:” wants a time after it, as in slow:>50ms or slow:<1.5s.",
    "-cause:": "“cause:” wants an id after it.",
    'a "b c': "The quotation mark is not closed.",
    "a - b": "There is nothing to look for.",
    '""': "There is nothing to look for.",
    "since:noon": "“noon” is not a time, as 12:14, 12:14:05 or 2026-11-30T12:14:05Z.",
    "until:25:00": "“25:00” is not a time, as 12:14, 12:14:05 or 2026-11-30T12:14:05Z.",
    "x" * 1001: "A filter has at most 1000 characters.",
}


def test_34_what_receivers_did_and_where_it_began_is_found(modules):
    """DASHBOARD §7, number 34: the forms that ask for what receivers did, and for origin and cause."""
    at = {name: position for position, name in enumerate(EVENTS, 1)}
    lines = [[name, dump(event(at[name], **EVENTS[name] | ORIGINS.get(name, {})))] for name in EVENTS]
    told = {name: dump(reaction(at[name], *receivers)) for name, receivers in TOLD.items()}

    found = {text: modules.evaluate(FIND, [text, [*lines, ["garbage", "no json"]], told]) for text in FOUND}

    assert found == FOUND


def test_a_term_of_a_field_is_set_and_taken_away_in_the_text(modules):
    edited = modules.evaluate("""async () => {
        const {Query} = await import('/static/frontend/core/query.js');
        const query = new Query('a  failed:no b slower:9 -slow:1');
        const values = ['error', 'slow', 'type'].map((key) => query.value(key));
        return [query.with('error', 'yes'), query.without('slow'), ...values];
    }""")

    assert edited == ["a b slower:9 -slow:1 error:yes", "a failed:no b", "no", "9", None]


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
