"""A test event: sent with a click by who may, and said in words where it could not be."""

from playwright.sync_api import expect

from tests.browser.screen import barriers, row


def test_a_click_sends_a_test_event_which_is_a_row(watched, server):
    watched.goto(server.url)
    expect(watched.locator(".conn__text")).to_have_text("Connected")
    expect(watched.locator("#test-why")).to_contain_text("DEBUG is on")
    assert barriers(watched) == ""

    watched.locator("#empty").get_by_role("button", name="Send a test event").click()

    expect(row(watched, 0)).to_contain_text("order_paid")
    row(watched, 0).click()
    expect(watched.locator("#payload")).to_contain_text('"note": "test event"')
    watched.keyboard.press("?")
    watched.get_by_role("button", name="Send a test event").click()
    expect(watched.get_by_role("button", name="Sent", exact=True)).to_be_visible()
    expect(watched.locator("#proof b")).to_have_text("2")


def test_what_kept_it_from_being_sent_is_said(dashboard):
    why = "The database is away: try again."
    dashboard.evaluate(
        "(error) => { window.fetch = async () => new Response(JSON.stringify({error}), {status: 503}); }", why
    )

    dashboard.locator("#empty").get_by_role("button", name="Send a test event").click()

    expect(dashboard.locator("#test-why")).to_have_text(why)
    expect(dashboard.locator("#announce")).to_have_text(why)

    dashboard.evaluate("window.fetch = async () => new Response('{}')")
    dashboard.locator("#empty").get_by_role("button", name="Send a test event").click()
    expect(dashboard.locator("#empty").get_by_role("button", name="Sent")).to_be_visible()
    expect(dashboard.locator("#test-why")).to_have_text(
        "Shown while DEBUG is on. Stays on this stream; no receiver runs."
    )


def test_who_may_not_is_not_offered_one(watched, site, scripted):
    def without(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('"test": {', '"test": null, "was": {'))

    watched.route(site.url, without)
    watched.goto(site.url)
    expect(watched.locator(".conn__text")).to_have_text("Connected")

    expect(watched.get_by_role("button", name="Send a test event")).to_have_count(0)
