"""The page of signals: what it shows, how it finds, asks again, and endures."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import PHONE, WIDE, barriers, no_sideways
from tests.browser.test_hostile import POISON


def facts(type="academy.order_paid", **changes) -> dict:
    known = {
        "type": type,
        "path": f"shop.signals.{type}",
        "documentation": "A student has paid for a course.\nArguments: order (Order).",
        "source": "academy/signals.py:6",
        "arguments": ["order", "coupon"],
        "schema": {"type": "object"},
        "fields": [
            {"name": "order", "path": "order", "learnt_as": "academy.order", "example": "97"},
            {
                "name": "order.amount",
                "path": "order.fields.amount",
                "learnt_as": "decimal string",
                "example": '"129.00"',
            },
            {"name": "coupon", "path": "coupon", "learnt_as": "string or null", "example": '"SPRING26"'},
        ],
        "drift": [
            {
                "field": "coupon",
                "change": "new",
                "first_seen": "2026-05-12T14:02:11.0Z",
                "detail": "not in the 812 before",
            }
        ],
        "receivers": [
            receiver("academy.receivers.send_receipt", 4.1, 18.4),
            receiver("academy.receivers.push_to_crm", 38.0, 3011.4, failures=25),
        ],
        "count": 18_204_117,
        "last_sent": "2026-05-12T16:08:43.343000Z",
        "rate_per_minute": 24_120,
        "recent": [4000 + 10 * n for n in range(60)],
        "noted": 1204,
        "failed": 25,
        "shell": "order_paid.send(sender=Order, order=Order.objects.first())",
        "code": "from academy.models import Order\nfrom academy.signals import order_paid\n"
        "order_paid.send(sender=Order, order=Order.objects.first())",
    }
    return known | changes


def receiver(name, p50=None, p95=None, *, count=1204, failures=0, state="connected", **more) -> dict:
    known = {"receiver": name, "source": "academy/receivers.py:52", "async": False, "state": state, "sender": ""}
    return known | {"count": count, "failures": failures, "p50_ms": p50, "p95_ms": p95} | more


class Told:
    """What the scripted `/api/signals/` answers, and how often it was asked."""

    def __init__(self, page: Page, *signals: dict) -> None:
        self.signals = list(signals)
        self.status = 200
        self.head = 1204
        self.asked = 0
        page.route("**/api/signals/", self.answer)

    def answer(self, route) -> None:
        self.asked += 1
        body = {"since": 1, "learnt": 1204, "skipped": 0, "head": self.head, "signals": self.signals}
        route.fulfill(status=self.status, content_type="application/json", body=json.dumps(body))


QUIET = facts("auth.user_logged_in", documentation="", receivers=[], drift=[], fields=[], schema=None, count=0,
              last_sent=None, rate_per_minute=0, recent=[0] * 60, noted=0, failed=0, shell="", code="")  # fmt: skip


@pytest.fixture
def told(watched):
    return Told(watched, facts(), facts("academy.course_completed", documentation="A course is over."), QUIET)


@pytest.fixture
def catalog(watched, site, told) -> Page:
    watched.goto(f"{site.url}catalog/")
    expect(article(watched, "academy.order_paid")).to_be_visible()
    return watched


def article(page: Page, name: str):
    return page.get_by_role("article", name=name)


def test_what_was_not_learnt_yet_is_not_called_live(watched, site, told):
    told.head = 17_856
    watched.goto(f"{site.url}catalog/")

    expect(watched.locator(".conn[data-conn=busy] .conn__text")).to_have_text("Catching up")
    expect(watched.locator(".conn__rate")).to_have_text("1,204 of 17,856")


def test_a_signal_is_shown_with_all_that_is_known(catalog):
    shown = article(catalog, "academy.order_paid")

    expect(shown.locator(".sig__doc")).to_contain_text("A student has paid for a course.")
    expect(shown.locator(".sig__doc")).to_contain_text("academy/signals.py:6")
    expect(shown.locator(".stats dd")).to_have_text(["402/s", "2.1%", "12 May", "18,204,117"])
    expect(shown.locator(".data").first.locator("tbody tr").nth(1)).to_have_text("push_to_crm1,20438.03,0112.1%")
    expect(shown.get_by_role("row", name="coupon")).to_contain_text("new 12 May")
    expect(shown.locator('tr:has([title="order.amount"])')).to_contain_text("decimal string")
    expect(shown.locator(".flag")).to_have_attribute("title", re.compile("^not in the 81.* before, since 2026-05-12"))
    expect(shown.locator(".code__text")).to_have_text(">>> order_paid.send(sender=Order, order=Order.objects.first())")
    link = shown.get_by_role("link", name="push_to_crm")
    expect(link).to_have_attribute("href", "/?q=receiver%3Aacademy.receivers.push_to_crm")
    expect(shown.get_by_role("link", name="Its events")).to_have_attribute("href", "/?q=type%3Aacademy.order_paid")
    expect(catalog.locator("#found")).to_have_text("3 signals, 2 receivers")
    expect(catalog.locator("#learnt")).to_have_text("1,204 events learnt from, positions 1 to 1,204")


def test_how_receivers_did_is_of_the_newest_events_and_the_page_says_of_how_many(watched, site, told):
    told.signals = [facts(noted=500), QUIET]
    watched.goto(f"{site.url}catalog/")

    expect(watched.locator("#learnt")).to_have_text(
        "1,204 events learnt from, positions 1 to 1,204; receivers from the newest 500"
    )


@pytest.mark.parametrize("width", [768, 1024, 1280])
def test_the_names_of_receivers_are_whole_at_every_width(watched, site, told, width):
    told.signals = [facts(receivers=[receiver("academy.receivers.remember_purchase", 0.6, 8.7)])]
    watched.set_viewport_size({"width": width, "height": 800})
    watched.goto(f"{site.url}catalog/")

    name = article(watched, "academy.order_paid").locator(".data tbody th", has_text="remember_purchase")
    assert name.evaluate("(cell) => cell.scrollWidth <= cell.clientWidth")


def test_what_nobody_knows_is_not_claimed(catalog):
    quiet = article(catalog, "auth.user_logged_in")

    expect(quiet.locator(".stats dd")).to_have_text(["0/min", "–", "never", "0"])
    expect(quiet).to_contain_text("Nobody receives it")
    expect(quiet).to_contain_text("Nothing is said beside it in its source.")
    expect(quiet).to_contain_text("they are learnt when it is sent")
    expect(quiet.get_by_role("button")).to_have_count(0)


def test_letters_are_letters_and_what_did_not_run_has_no_share_of_failures(watched, site):
    field = {"name": "student", "path": "student", "learnt_as": "string", "example": json.dumps("Müller \u202e")}
    Told(
        watched,
        facts("academy.order_paid", fields=[field], receivers=[receiver("academy.receivers.send_receipt", count=0)]),
    )
    watched.goto(f"{site.url}catalog/")

    shown = article(watched, "academy.order_paid")
    expect(shown.get_by_role("row", name="student")).to_contain_text('"Müller \\u202e"')
    expect(shown.get_by_role("row", name="send_receipt")).to_have_text("send_receipt0–––")


def test_receivers_that_are_otherwise_say_so(catalog, told):
    told.signals = [
        facts(
            receivers=[
                receiver("", count=0, state="dead"),
                receiver("worker.count", 1.0, 2.0, state="elsewhere"),
                receiver("shop.cards", 1.0, 2.0, **{"async": True, "sender": "shop.Order"}),
            ]
        ),
        QUIET | {"receivers": None},
    ]
    catalog.reload()

    rows = article(catalog, "academy.order_paid").locator(".data").first.locator("tbody th")
    expect(rows).to_have_text(["gone a reference to what is gone", "count elsewhere", "cards async shop.Order only"])
    expect(article(catalog, "auth.user_logged_in")).to_contain_text("Who receives it is not known")


def test_a_line_is_copied_with_its_imports_and_the_schema_as_json(catalog, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = article(catalog, "academy.order_paid")

    shown.get_by_role("button", name="Copy", exact=True).click()
    expect(shown.get_by_role("button", name="Copied")).to_be_visible()
    assert catalog.evaluate("navigator.clipboard.readText()") == facts()["code"]

    shown.get_by_role("button", name="Copy JSON Schema").click()
    catalog.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('{')")
    assert json.loads(catalog.evaluate("navigator.clipboard.readText()")) == {"type": "object"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("order_paid", ["academy.order_paid"]),
        ("course over", ["academy.course_completed"]),
        ("PUSH_TO", ["academy.order_paid", "academy.course_completed"]),
        ("coupon paid", ["academy.order_paid"]),
        ("auth", ["auth.user_logged_in"]),
    ],
)
def test_words_find_signals_by_name_description_receiver_and_field(catalog, text, shown):
    catalog.get_by_label("Find a signal").fill(text)

    expect(catalog.locator(".sig:visible h2")).to_have_text(shown)
    expect(catalog.locator(".rail li:visible")).to_have_count(len(shown))
    expect(catalog.locator("#found")).to_contain_text(f"{len(shown)} of 3 signals")


def test_what_is_looked_for_is_in_the_address_and_can_be_taken_back(catalog):
    catalog.keyboard.press("/")
    catalog.keyboard.type("nothing like it")
    expect(catalog.get_by_role("heading", name="Nothing is called so")).to_be_visible()
    catalog.wait_for_url("**/catalog/?q=nothing+like+it")

    catalog.reload()
    expect(catalog.get_by_label("Find a signal")).to_have_value("nothing like it")
    catalog.get_by_role("button", name="Show all", exact=False).last.click()

    expect(catalog.locator(".sig:visible")).to_have_count(3)


def test_the_keyboard_goes_from_signal_to_signal_and_the_rail_leads_to_one(catalog):
    catalog.keyboard.press("j")
    catalog.keyboard.press("j")
    expect(catalog.get_by_role("heading", name="academy.course_completed")).to_be_focused()
    catalog.keyboard.press("k")
    expect(catalog.get_by_role("heading", name="academy.order_paid")).to_be_focused()

    catalog.locator("#types").get_by_role("button", name="user_logged_in").click()
    expect(catalog.get_by_role("heading", name="auth.user_logged_in")).to_be_focused()
    expect(article(catalog, "auth.user_logged_in")).to_be_in_viewport()


def test_keys_that_were_turned_off_do_nothing(catalog):
    catalog.evaluate("localStorage.setItem('signalcast:keys', 'off')")

    catalog.keyboard.press("/")

    expect(catalog.get_by_label("Find a signal")).not_to_be_focused()


def test_it_asks_again_while_it_is_seen_and_what_stays_keeps_its_place(watched, site, told):
    watched.clock.install(time="2026-05-12T16:08:50Z")
    watched.goto(f"{site.url}catalog/")
    shown = article(watched, "academy.order_paid")
    expect(shown.locator(".stats dd").nth(2)).to_have_text("just now")
    watched.evaluate("window.kept = document.querySelector('.sig')")
    told.signals[0] = facts(count=18_204_120, rate_per_minute=12)

    watched.clock.pause_at("2026-05-12T16:10:00Z")

    expect(shown.locator(".stats dd")).to_have_text(["12/min", "2.1%", "1 min ago", "18,204,120"])
    assert watched.evaluate("window.kept === document.querySelector('.sig')")

    asked = told.asked
    watched.clock.run_for(4900)
    assert told.asked == asked
    with watched.expect_response("**/api/signals/"):
        watched.clock.run_for(200)
    assert told.asked == asked + 1


def test_it_does_not_ask_while_nobody_sees_it(watched, site, told):
    watched.clock.install()
    watched.goto(f"{site.url}catalog/")
    expect(article(watched, "academy.order_paid")).to_be_visible()
    hide(watched, True)
    asked = told.asked

    watched.clock.run_for(60_000)
    assert told.asked == asked

    with watched.expect_response("**/api/signals/"):
        hide(watched, False)
    assert told.asked == asked + 1


def hide(page: Page, hidden: bool) -> None:
    page.evaluate(
        "(hidden) => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


@pytest.fixture
def unwatched(page: Page) -> Page:
    """Where answers are errors, which the browser writes to its console."""
    return page


def test_where_nobody_answers_it_says_so_and_asks_less_often(unwatched, site):
    told = Told(unwatched, facts())
    unwatched.clock.install(time="2026-05-12T16:08:50Z")
    unwatched.goto(f"{site.url}catalog/")
    expect(article(unwatched, "academy.order_paid")).to_be_visible()
    told.status = 503

    unwatched.clock.pause_at("2026-05-12T16:10:00Z")
    expect(unwatched.locator(".conn__text")).to_have_text("No answer, asking again in 5 s")
    unwatched.clock.run_for(5000)
    expect(unwatched.locator(".conn__text")).to_have_text("No answer, asking again in 10 s")
    expect(article(unwatched, "academy.order_paid")).to_be_visible()

    told.status = 200
    unwatched.get_by_role("button", name="Try now").click()
    expect(unwatched.locator(".conn__text")).to_have_text("Live")


@pytest.mark.parametrize(("status", "says"), [(401, "Signed out"), (403, "No permission to follow the stream")])
def test_who_may_no_longer_is_told_and_it_asks_no_more(unwatched, site, status, says):
    told = Told(unwatched)
    told.status = status
    unwatched.clock.install()
    unwatched.goto(f"{site.url}catalog/")

    expect(unwatched.locator(".conn__text")).to_have_text(says)
    unwatched.clock.run_for(300_000)

    assert told.asked == 1
    assert unwatched.locator("#sign-in").is_visible() == (status == 401)


def test_without_signals_it_says_what_to_do(watched, site):
    Told(watched)
    watched.goto(f"{site.url}catalog/")

    expect(watched.get_by_role("heading", name="No signal is streamed here")).to_be_visible()
    expect(watched.locator("#nothing")).to_contain_text('SIGNALCAST["SIGNALS"]')


def test_hostile_names_are_text_and_nothing_else(watched, site):
    told = Told(watched)
    for text in POISON:
        field = {"name": text, "path": text, "learnt_as": text, "example": json.dumps(text)}
        change = {"field": text, "change": text, "first_seen": text, "detail": text}
        told.signals.append(
            facts(
                text,
                path=text,
                documentation=text,
                source=text,
                fields=[field],
                drift=[change],
                shell=text,
                code=text,
                last_sent=text,
                receivers=[receiver(text, 1.0, 2.0, sender=text)],
            )  # fmt: skip
        )
    watched.goto(f"{site.url}catalog/")
    expect(watched.locator(".sig")).to_have_count(len(POISON))

    text = watched.locator("#catalog").inner_text()
    assert no_sideways(watched)
    assert not {"\u202e", "\u2066", "\x07", "\x1b", "\ud800"} & set(text)
    assert "<script>alert(2)</script>" in text
    assert watched.locator('#catalog :is(img, script, iframe, a:not([href^="/?q="]))').count() == 0


def test_people_with_other_means_can_use_it(catalog):
    for view in (WIDE, PHONE):
        catalog.set_viewport_size(view)

        assert barriers(catalog) == ""
        assert no_sideways(catalog)
    catalog.set_viewport_size({"width": 320, "height": 600})
    assert no_sideways(catalog)


def test_the_pages_lead_to_each_other(dashboard, site):
    dashboard.get_by_role("navigation", name="Pages").get_by_role("link", name="Signals").click()
    expect(dashboard).to_have_title("Signals · Signalcast")

    dashboard.get_by_role("navigation", name="Pages").get_by_role("link", name="Events").click()
    expect(dashboard).to_have_title("Events · Signalcast")


def test_the_empty_page_leads_to_the_signals(dashboard):
    dashboard.locator("#empty").get_by_role("link", name="in the list of what we listen to").click()

    expect(dashboard.get_by_role("heading", name="academy.order_paid")).to_be_visible()


def test_the_real_server_is_shown_and_a_copied_line_sends_an_event(watched, server, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    watched.goto(f"{server.url}catalog/")
    shown = article(watched, "academy.order_paid")
    expect(shown.locator(".stats dd").nth(2)).to_have_text("never")
    shown.get_by_role("button", name="Copy", exact=True).click()
    expect(shown.get_by_role("button", name="Copied")).to_be_visible()

    server.manage("shell", text=watched.evaluate("navigator.clipboard.readText()"))

    expect(shown.locator(".stats dd").nth(3)).to_have_text("1", timeout=15_000)
    expect(shown.locator('tr:has([title="order.amount"])')).to_contain_text("decimal string")
    expect(shown.get_by_role("row", name="enroll_student").locator(".n").first).to_have_text("1", timeout=15_000)
