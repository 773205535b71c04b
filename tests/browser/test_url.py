"""The filter in the address: written, read, and never trusted."""

from urllib.parse import parse_qs, quote, urlsplit

from playwright.sync_api import expect

from tests.browser.screen import no_sideways, rows
from tests.browser.scripted import ScriptedServer

FILTER = 'type:order_* -sender:Cart "50% & more" ü#?'


def test_a_filter_goes_round_by_the_address_and_leaves_the_rest_of_it_alone(dashboard, scripted, browser, site):
    dashboard.goto(f"{site.url}?keep=a%26b&keep=c#stage")
    dashboard.locator("#q").fill(FILTER)
    dashboard.wait_for_url(lambda url: "q=" in url)
    address = dashboard.url

    assert parse_qs(urlsplit(address).query) == {"keep": ["a&b", "c"], "q": [FILTER]}
    assert urlsplit(address).fragment == "stage"
    assert "type:order_*" in address
    assert dashboard.evaluate("history.length") <= 3

    other = browser.new_context().new_page()
    server = ScriptedServer(other)
    other.goto(address)
    expect(other.locator("#q")).to_have_value(FILTER)
    server.wait_for(lambda: server.of("hello"))
    server.events(1, 2)
    server.events(3, 1, summary="50% & more Ü#?")
    expect(rows(other)).to_have_count(1)
    other.context.close()

    dashboard.locator("#q").fill("")
    dashboard.wait_for_url(lambda url: "q=" not in url)
    assert parse_qs(urlsplit(dashboard.url).query) == {"keep": ["a&b", "c"]}


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "type:" + "*a" * 3000,
    "\x00\n\u202e\ud800",
    "(a+)+$",
    "__proto__:x constructor",
    "%F0%28",
]


def test_a_hostile_filter_in_the_address_does_nothing(watched, site, scripted):
    for text in HOSTILE:
        watched.goto(f"{site.url}?q={quote(text, errors='surrogatepass')}")
        expect(watched.locator("#filter-count, #filter-error").first).to_be_attached()
        scripted.wait_for(lambda: scripted.of("hello"))
        scripted.heard.clear()
        assert watched.locator("#filter img, #filter script, #nomatch img").count() == 0
        assert no_sideways(watched)
    expect(watched.locator("#q")).to_have_value("%F0%28")

    watched.goto(f"{site.url}?q={'%FF%00' * 10}&q=second")
    expect(watched.locator("#pause")).to_be_visible()


def test_back_to_an_older_address_brings_its_filter_back(dashboard):
    dashboard.locator("#q").fill("first")
    dashboard.wait_for_url(lambda url: "q=first" in url)
    dashboard.locator(".skip").focus()
    dashboard.keyboard.press("Enter")
    dashboard.locator("#q").fill("second")
    dashboard.wait_for_url(lambda url: "q=second" in url)

    dashboard.go_back()
    expect(dashboard.locator("#q")).to_have_value("first")
