"""The page as a whole: empty state, theme, widths, accessibility, policy."""

import gzip
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT
from tests.browser.screen import PHONE, WIDE, barriers, no_sideways, row
from tests.browser.scripted import batch, dump, event

STATIC = ROOT / "frontend" / "static" / "frontend"


def test_the_empty_page_prints_commands_for_this_project(dashboard):
    expect(dashboard.get_by_role("heading", name="Waiting for the first event")).to_be_visible()
    expect(dashboard.locator("#empty-lead")).to_have_text("Connected and listening to 4 signals.")
    expect(dashboard.locator("#example-shell")).to_contain_text(
        "manage.py emit academy.order_paid order=academy.Order:1"
    )
    expect(dashboard.locator("#example-code")).to_have_text(
        "from academy.models import Order\n"
        "from academy.signals import order_paid\n"
        "order_paid.send(sender=Order, order=Order.objects.first())"
    )
    expect(dashboard.locator("#listen")).to_contain_text("auth.user_logged_in")
    expect(dashboard.locator("#strip")).to_be_hidden()


def test_the_empty_page_shows_what_an_event_will_look_like(dashboard):
    sample = dashboard.locator("#sample .row:not(.row--head)")

    expect(sample.locator(".c-type")).to_have_text("shop.order_paid")
    expect(sample.locator(".c-recv__text")).to_have_text("1 of 4 failed")
    expect(sample.locator(".pip")).to_have_count(4)
    expect(dashboard.locator("#empty [role=row], #empty [role=gridcell]")).to_have_count(0)


def test_the_empty_page_leaves_with_the_first_event(dashboard, scripted):
    scripted.events(1, 1)

    expect(dashboard.locator("#empty")).to_be_hidden()
    expect(row(dashboard, 0)).to_be_visible()


def test_the_end_of_the_log_stands_below_its_first_event(dashboard, scripted):
    scripted.events(1, 1)
    first, end = row(dashboard, 0), dashboard.locator("#older")
    expect(end).to_contain_text("The log begins here.")
    expect(first).to_be_visible()
    expect(end).to_be_visible()

    scripted.wait_for(lambda: first.bounding_box()["y"] + first.bounding_box()["height"] <= end.bounding_box()["y"])


def test_the_empty_page_claims_no_connection_that_is_lost(dashboard, scripted):
    scripted.send({"op": "bye", "code": 4012, "retry_ms": 100_000_000})
    scripted.close(4012)

    expect(dashboard.locator("#empty-lead")).to_contain_text("not connected at the moment")


def test_commands_are_copied(dashboard, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    dashboard.locator("#empty").get_by_role("button", name="Copy").first.click()

    expect(dashboard.get_by_role("button", name="Copied")).to_be_visible()
    assert dashboard.evaluate("navigator.clipboard.readText()") == dashboard.locator("#example-shell").inner_text()


def test_a_copy_button_is_soon_itself_again_however_often_it_is_clicked(dashboard, scripted, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    scripted.events(1, 1)
    row(dashboard, 0).click()
    button, picture = dashboard.get_by_role("button", name="Copy payload"), dashboard.locator("[data-copy=payload] use")

    button.click(click_count=3)
    expect(picture).to_have_attribute("href", "#i-ok")
    expect(picture).to_have_attribute("href", "#i-copy")
    dashboard.evaluate("() => new Promise((done) => { setTimeout(done, 1600); })")  # as long as the last click is told

    expect(picture).to_have_attribute("href", "#i-copy")


def test_what_could_not_be_copied_shows_no_tick(dashboard, scripted):
    dashboard.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    dashboard.evaluate("() => { document.execCommand = () => false; }")
    scripted.events(1, 1)
    row(dashboard, 0).click()
    dashboard.get_by_role("button", name="Copy payload").click()

    expect(dashboard.locator("#announce")).to_have_text("Copying is not allowed here")
    expect(dashboard.locator("[data-copy=payload] use")).to_have_attribute("href", "#i-close")


def test_the_page_says_to_whom_it_is_open(dashboard):
    expect(dashboard.locator(".top__user")).to_have_text("Open to this machine: DEBUG is on")


def test_the_theme_follows_the_system_until_it_is_chosen_and_then_stays(dashboard):
    def background() -> str:
        return dashboard.evaluate("getComputedStyle(document.body).backgroundColor")

    light = background()
    dashboard.emulate_media(color_scheme="dark")
    dark = background()
    assert light != dark

    dashboard.get_by_role("button", name="Theme: system").click()
    assert background() == light

    dashboard.reload()
    expect(dashboard.get_by_role("button", name="Theme: light")).to_be_visible()
    assert background() == light

    dashboard.get_by_role("button", name="Theme: light").click()
    dashboard.get_by_role("button", name="Theme: dark").click()
    assert background() == dark


CUT_IN_FOOTER = """() => {
    const edge = document.getElementById('foot').getBoundingClientRect().right;
    return [...document.querySelectorAll('.foot > *')]
        .filter((one) => one.scrollWidth > one.clientWidth || one.getBoundingClientRect().right > edge)
        .map((one) => one.textContent);
}"""


@pytest.mark.parametrize("width", [1024, 1280])
@pytest.mark.parametrize("detail", ["as it is", "as wide as it gets"])
def test_beside_an_open_event_the_footer_says_less_and_nothing_half(dashboard, scripted, width, detail):
    dashboard.set_viewport_size({"width": width, "height": 800})
    scripted.send(batch(1_203_945, [event(n) for n in range(1_203_945, 1_203_965)]))
    row(dashboard, 5).click()
    expect(dashboard.locator("#detail-meta")).to_contain_text("pos 1,203,959")
    if detail == "as wide as it gets":
        dashboard.locator("#splitter").press("Home")
        expect(dashboard.locator("#splitter")).to_have_attribute("aria-valuenow", "800")

    expect(dashboard.locator("#proof")).to_contain_text("1,203,964 sent = stored")
    scripted.wait_for(lambda: dashboard.evaluate(CUT_IN_FOOTER) == [])


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_the_footer_says_what_was_missed_whole_and_else_nothing_of_it(dashboard, scripted, width):
    dashboard.set_viewport_size({"width": width, "height": 800})
    scripted.events(1, 1702)
    expect(dashboard.locator("#proof")).to_contain_text("1,702 sent = stored")
    scripted.wait_for(lambda: dashboard.evaluate(CUT_IN_FOOTER) == [])

    scripted.events(1_203_945, 20)
    expect(dashboard.locator("#missed")).to_have_text("1,202,242 not shown")
    assert "1,202,242 not shown" not in dashboard.evaluate(CUT_IN_FOOTER)
    expect(dashboard.locator("#missed")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280, 1920])
def test_nothing_scrolls_sideways(dashboard, scripted, width):
    dashboard.set_viewport_size({"width": width, "height": 800})
    assert no_sideways(dashboard)
    assert inside(dashboard, ".top > *, .foot > *")
    assert dashboard.evaluate(
        "[...document.querySelectorAll('.code__text')].every((one) => one.scrollWidth <= one.clientWidth)"
    )

    scripted.events(1, 100, summary="a summary that is longer than the widest screen " * 9)
    dashboard.keyboard.press("Space")
    expect(row(dashboard, 0)).to_be_visible()
    expect(dashboard.locator(".conn__text")).to_have_text("Live")
    assert is_whole(dashboard, ".conn__text")
    assert no_sideways(dashboard)
    assert inside(dashboard, ".top > *, .strip > *, .filter > *, .pulse > *")

    scripted.send({"op": "gap", "from": 101, "to": 1305, "reason": "retention"})
    scripted.events(1305, 1)
    expect(dashboard.locator(".conn__text")).to_have_text("Live, with a gap of 1,204 events")
    assert is_whole(dashboard, ".conn__text")
    assert inside(dashboard, ".top > *, .conn > *")

    scripted.send({"op": "bye", "code": 4012, "retry_ms": 100_000_000})
    scripted.close(4012)
    expect(dashboard.get_by_role("button", name="Try now")).to_be_visible()
    assert no_sideways(dashboard)
    assert inside(dashboard, ".top > *, .conn > *")
    assert is_whole(dashboard, ".conn__text")


def test_letters_with_tails_are_not_cut(dashboard, scripted):
    scripted.events(1, 30)
    expect(row(dashboard, 0)).to_be_visible()

    cut = dashboard.evaluate("""[...document.querySelectorAll('.rows .row:not([hidden]) .cut')]
        .filter((cell) => cell.scrollHeight > cell.clientHeight).length""")

    assert cut == 0


FILTERS = {"filtered": "-type:order_paid", "nomatch": "type:gift", "wrong": "tpye:gift"}


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
@pytest.mark.parametrize("state", ["empty", "live", "held", "detail", "lost", "filtered", "nomatch", "wrong", "table"])
def test_axe_finds_nothing_in_light_and_dark(dashboard, scripted, size, state):
    dashboard.set_viewport_size(size)
    if state != "empty":
        scripted.events(1, 4)
        scripted.send(dump({"op": "gap", "from": 5, "to": 10, "reason": "retention"}))
        scripted.events(10, 3)
        expect(row(dashboard, 0)).to_contain_text("order 12")
    if state == "held":
        dashboard.keyboard.press("Space")
        expect(dashboard.locator("#strip")).to_contain_text("Holding")
    if state == "detail":
        row(dashboard, 1).click()
        expect(dashboard.locator("#detail")).to_be_visible()
    if state in FILTERS:
        scripted.events(13, 1, type="auth.user_logged_in")
        if size == PHONE:
            dashboard.get_by_role("button", name="Filter and types").click()
        dashboard.locator("#q").fill(FILTERS[state])
        expect(dashboard.locator("#filter-error" if state == "wrong" else "#filter-clear")).to_be_visible()
    if state == "table":
        if size == PHONE:
            dashboard.get_by_role("button", name="More").click()
        dashboard.get_by_role("button", name="Rate as a table").click()
    if state == "lost":
        scripted.send({"op": "bye", "code": 4012, "retry_ms": 100_000_000})
        scripted.close(4012)
        expect(dashboard.get_by_role("button", name="Try now")).to_be_visible()

    assert barriers(dashboard) == ""


def test_axe_finds_nothing_on_the_sign_in_page(watched, site):
    watched.goto(f"{site.url}accounts/login/")
    watched.get_by_label("Username").fill("nobody")
    watched.get_by_label("Password").fill("nothing")
    watched.get_by_role("button", name="Sign in").click()
    expect(watched.get_by_role("alert")).to_be_visible()

    assert barriers(watched) == ""


def test_markup_from_text_is_refused_by_the_browser(page, site):
    page.goto(site.url)

    refused = page.evaluate("""() => {
        try { document.body.innerHTML = '<b>x</b>'; return 'allowed'; } catch (error) { return error.name; }
    }""")

    assert refused == "TypeError"


def test_an_inline_style_is_refused_by_the_browser(page, site):
    page.goto(site.url)

    page.evaluate("document.body.setAttribute('style', 'display: none')")

    assert page.evaluate("getComputedStyle(document.body).display") == "block"


def test_every_module_is_loaded_and_none_twice(watched, unjoined, scripted):
    asked: list[str] = []
    watched.on("request", lambda request: asked.append(request.url))
    watched.goto(unjoined.url)
    expect(watched.locator(".conn__text")).to_have_text("Connected")

    scripts = [url for url in asked if url.endswith(".js")]
    assert len(scripts) == len(set(scripts)) == len([*STATIC.rglob("*.js")]) - len([*STATIC.glob("catalog/*.js")])


@pytest.mark.parametrize(("page", "most"), [("dashboard", 68_000), ("catalog", 12_000)])
def test_the_scripts_and_styles_of_a_page_weigh_no_more_than_they_may(page, most):
    """Compressed together, without the comments: those are for whoever reads the sources, which are what is served."""
    files = [path for path in sorted(STATIC.rglob("*")) if path.suffix in (".js", ".css")]
    sources = [path.read_text() for path in files if (path.parent.name == "catalog") == (page == "catalog")]

    # A comment ends with its line: `.` must not cross one, or the first comment takes all files after it along.
    code = re.sub(r"^[ \t]*//.*\n|[ \t]+// .*|/\*[\s\S]*?\*/", "", "".join(sources), flags=re.MULTILINE)

    weight = len(gzip.compress(code.encode()))
    assert most / 4 < weight <= most, f"{weight} bytes in {len(sources)} files"


def is_whole(page, selector: str) -> bool:
    """Whether nothing of its text is cut."""
    return page.locator(selector).evaluate(
        "(one) => one.scrollWidth <= one.clientWidth && one.getBoundingClientRect().height <= 48"
    )


def inside(page, selector: str) -> bool:
    """Whether all that is shown of these lies within the window."""
    return page.evaluate(
        """(selector) => [...document.querySelectorAll(selector)].every((element) => {
            const {left, right, width} = element.getBoundingClientRect();
            return width === 0 || (left >= 0 && right <= innerWidth + 0.5);
        })""",
        selector,
    )
