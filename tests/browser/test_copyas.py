"""Copy as: code, tests and requests made of an event, which do what they say, whatever the event holds."""

import ast
import json

import pytest
from playwright.sync_api import expect

from tests.browser.screen import row
from tests.browser.scripted import batch, event

PYTHON = """async ([kind, line, known]) => {
    const python = await import('/static/frontend/core/python.js');
    return python[kind](line, known);
}"""
KNOWN = {
    "signals": [
        {"type": "academy.order_paid", "path": "academy.signals.order_paid"},
        {"type": "shop.made", "path": None},
    ],
    "models": {"academy.order": "academy.models.Order", "auth.user": "django.contrib.auth.models.User"},
}
ORDER = '{"model":"academy.order","pk":7,"fields":{"amount":"19.90","big":9223372036854775808}}'


@pytest.fixture
def python(modules):
    """An event's code, made by the page's own module."""

    def write(kind: str, data: str = "{}", **attributes: str) -> str:
        line = json.dumps(event(1, data="DATA", **attributes)).replace('"DATA"', data)
        return modules.evaluate(PYTHON, [kind, line, KNOWN])

    return write


def test_the_shell_code_of_an_event_sends_it_again(watched, server, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    watched.goto(server.url)
    expect(watched.locator(".conn__text")).to_have_text("Connected")
    server.manage("emit", "academy.order_paid", "order=academy.Order:1", 'note="it\'s \\"paid\\" \U0001f600"')
    row(watched, 0).click()
    watched.locator("#detail").get_by_role("button", name="Shell").click()

    server.manage("shell", text=watched.evaluate("navigator.clipboard.readText()"))

    watched.keyboard.press("Escape")
    watched.keyboard.press("l")
    expect(watched.locator("#list .table")).to_have_attribute("aria-rowcount", "3")
    row(watched, 0).click()
    expect(watched.locator("#payload")).to_contain_text('"note": "it\'s \\"paid\\" \U0001f600"')
    expect(watched.locator("#payload")).to_contain_text('"model": "academy.order"')


def test_the_shell_code_names_rows_and_writes_the_rest_to_the_digit(python):
    data = f'{{"order":{ORDER},"user":{{"model":"auth.user","pk":3}},"ok":true,"none":null,"n":9223372036854775808}}'

    assert python("shell", data).splitlines() == [
        "from academy.models import Order",
        "from academy.signals import order_paid",
        "from django.contrib.auth.models import User",
        "",
        "order_paid.send(",
        "    sender=Order,",
        "    order=Order.objects.get(pk=7),",
        "    user=User.objects.get(pk=3),",
        "    ok=True,",
        "    none=None,",
        "    n=9223372036854775808,",
        ")",
    ]


def test_the_test_makes_rows_like_those_of_the_event(python):
    code = python("pytest", f'{{"order":{ORDER}}}')

    ast.parse(code)
    assert "def test_every_receiver_takes_order_paid():" in code
    assert "# A row has what the event holds of it: receivers may need more.\n" in code
    assert 'Order(pk=7, amount="19.90", big=9223372036854775808)' in code


def test_what_the_event_does_not_show_is_none_and_said(python):
    code = python("shell", '{"password":{"$mark":"masked"}}', type="shop.made", sender="billing")

    assert '# None stands for what the event does not show: "masked".' in code
    assert 'signal = attachment_of("shop.made").signal' in code
    assert code.endswith("signal.send(sender=None, password=None)")
    assert '# It was sent by "billing".' in code


@pytest.mark.parametrize("kind", ["shell", "pytest"])
def test_nothing_in_an_event_becomes_more_than_a_literal(python, kind):
    evil = "x\n__import__('os').system('id')#\u2028\u202e\0"
    data = json.dumps(
        {evil: evil, "class": 1, "self": 2, "a": {"model": evil, "pk": evil, "fields": {evil: 1}}, "b": {"model": 5}}
    )

    code = python(kind, data, sender=evil, type="shop.made")

    called = {ast.unparse(node.func) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)}
    assert not [name for name in called if "import" in name or "system" in name]
    assert "\u202e" not in code and "\0" not in code


def test_curl_asks_for_the_event_and_a_request_needs_no_token_here(dashboard, scripted, site, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    scripted.send(batch(1, [event(1, id="it's/one")]))
    row(dashboard, 0).click()

    dashboard.locator("#detail").get_by_role("button", name="curl").click()

    assert dashboard.evaluate("navigator.clipboard.readText()") == f"curl '{site.url}api/events/it'\\''s%2Fone/'"
