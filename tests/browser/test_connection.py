"""What the page says about its connection, its gaps and its receipts. The server is scripted."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.screen import row, rows, summaries
from tests.browser.scripted import batch, dump, event, identity

OTHER = "c2e4d80013fa"


def test_the_page_says_hello_once_and_asks_for_the_last_500(dashboard, scripted):
    assert scripted.heard == [
        {"op": "hello", "stream": "main", "from": {"last": 500}, "window": 4096, "ghosts": True},
    ]


def test_a_batch_becomes_rows_newest_first(dashboard, scripted):
    scripted.events(1, 3)

    expect(rows(dashboard)).to_have_count(3)
    assert summaries(dashboard) == ["order 3", "order 2", "order 1"]
    expect(dashboard.locator(".conn__text")).to_have_text("Live")
    expect(dashboard.locator(".conn__pos")).to_have_text("pos 3")
    expect(dashboard.locator("#proof")).to_have_text("3 sent = stored = shown")
    expect(dashboard.locator("#held")).to_contain_text("3 held")


def test_every_event_is_acknowledged(dashboard, scripted):
    scripted.events(1, 3)

    scripted.wait_for(lambda: scripted.of("ack") == [{"op": "ack", "pos": 4}])


def test_what_comes_twice_is_shown_once(dashboard, scripted):
    scripted.events(1, 3)
    scripted.events(2, 3)

    expect(rows(dashboard)).to_have_count(4)
    assert summaries(dashboard) == ["order 4", "order 3", "order 2", "order 1"]


def test_a_line_that_cannot_be_read_stands_apart_and_stops_nothing(dashboard, scripted):
    scripted.send(batch(1, [event(1), '{"specversion":"1.0","type":<b>', event(3)]))

    expect(rows(dashboard)).to_have_count(3)
    expect(row(dashboard, 1)).to_contain_text("unreadable event")
    row(dashboard, 1).click()
    expect(dashboard.locator("#payload")).to_have_text('{"specversion":"1.0","type":<b>')


def test_a_lost_connection_counts_down_and_tries_on_request(dashboard, scripted):
    scripted.events(1, 3)
    expect(rows(dashboard)).to_have_count(3)
    scripted.send({"op": "bye", "code": 4012, "retry_ms": 100_000_000})
    scripted.close(4012)

    expect(dashboard.locator(".conn__text")).to_contain_text("Reconnecting in")
    expect(dashboard.locator("#proof")).to_have_text("3 received, more may wait")
    expect(dashboard.locator("#strip")).to_contain_text("this page resumes after 3")

    dashboard.get_by_role("button", name="Try now").click()
    expect(dashboard.locator(".conn__text")).to_have_text("Live")
    assert (scripted.of("hello")[1]["from"], scripted.of("hello")[1]["tip"]) == (4, event(3)["id"])


@pytest.mark.parametrize("width", [1024, 1280])
def test_the_seconds_of_a_countdown_are_not_cut(dashboard, scripted, width):
    dashboard.set_viewport_size({"width": width, "height": 800})
    dashboard.evaluate("() => { Math.random = () => 0.9; }")
    scripted.send(batch(1_203_944, [event(1_203_944)]))
    scripted.send({"op": "bye", "code": 4012, "retry_ms": 10_000})
    scripted.close(4012)

    expect(dashboard.locator(".conn__text")).to_have_text(re.compile("Reconnecting in . s"))
    assert dashboard.locator(".conn__text").evaluate("(text) => text.scrollWidth <= text.clientWidth")


def test_events_of_a_resume_are_told_as_recovered(dashboard, scripted):
    scripted.events(1, 3)
    scripted.head = 5
    scripted.close(1012)
    scripted.wait_for(lambda: len(scripted.of("hello")) == 2)
    scripted.events(4, 2)

    expect(dashboard.locator(".conn__text")).to_have_text("Live. Recovered 2 events, no gap")
    expect(dashboard.locator("#recovered")).to_have_text("2 recovered")
    expect(dashboard.locator("#missed")).to_have_text("0 missed")
    assert summaries(dashboard) == ["order 5", "order 4", "order 3", "order 2", "order 1"]


def test_a_gap_has_a_row_in_its_place_and_numbers_everywhere(dashboard, scripted):
    scripted.events(1, 3)
    scripted.answer = lambda hello: [
        scripted.welcome_from(1208),
        dump({"op": "gap", "from": 4, "to": 1208, "reason": "retention"}),
    ]
    scripted.close(1012)
    scripted.wait_for(lambda: len(scripted.of("hello")) == 2)
    scripted.events(1208, 1)

    expect(rows(dashboard)).to_have_count(5)
    expect(row(dashboard, 1)).to_contain_text("1,204 events not shown")
    expect(row(dashboard, 1)).to_contain_text("4 to 1,207")
    expect(dashboard.locator(".conn__text")).to_have_text("Live, with a gap of 1,204 events")
    expect(dashboard.locator("#missed")).to_have_text("1,204 not shown")
    expect(dashboard.locator("#proof")).to_have_text("1,208 sent = stored")
    expect(dashboard.locator("#recovered")).to_be_hidden()


def replace_log(scripted):
    """Three events had come; another log is in its place now."""
    scripted.epoch = OTHER
    scripted.answer = lambda hello: [
        scripted.welcome_from(1),
        dump({"op": "gap", "from": 4, "to": 1, "reason": "epoch"}),
    ]
    scripted.close(4012)


def test_a_replaced_log_is_divided_from_the_one_before_whose_gaps_count_no_more(dashboard, scripted):
    scripted.events(1, 1)
    scripted.send({"op": "gap", "from": 2, "to": 3, "reason": "retention"})
    scripted.events(3, 1)
    expect(dashboard.locator("#missed")).to_have_text("1 not shown")
    replace_log(scripted)
    scripted.wait_for(lambda: len(scripted.of("hello")) == 2)
    scripted.events(1, 2)

    expect(rows(dashboard)).to_have_count(6)
    expect(row(dashboard, 2)).to_contain_text("The server’s log was replaced")
    expect(dashboard.locator(".conn__text")).to_have_text("Live. The server’s log was replaced")
    expect(dashboard.locator("#missed")).to_have_text("0 missed")


def test_an_open_event_of_a_log_that_was_replaced_offers_no_way_to_it(dashboard, scripted):
    cause = {"correlationid": "7d1f0a52", "causationid": identity(1)}
    scripted.send(batch(1, [event(1, correlationid="7d1f0a52"), event(2, **cause), event(3)]))
    row(dashboard, 1).click()
    expect(dashboard.locator("#cause-tree a")).to_have_count(2)
    expect(dashboard).to_have_url(re.compile(r"\?at=2$"))

    replace_log(scripted)
    scripted.wait_for(lambda: len(scripted.of("hello")) == 2)
    scripted.events(1, 2)

    expect(dashboard.locator("#detail-title")).to_have_text("order 2")
    expect(dashboard.locator("#detail-meta")).not_to_contain_text("pos")
    expect(dashboard.locator("#pin")).to_be_hidden()
    expect(dashboard.locator(".copyas__b:visible")).to_have_text(["Shell", "pytest", "CloudEvent"])
    expect(dashboard.locator("#cause-tree .node__name")).to_have_count(2)
    expect(dashboard.locator("#cause-tree a, #cause-tree .undone")).to_have_count(0)
    expect(dashboard).not_to_have_url(re.compile("at="))
    dashboard.keyboard.press("Escape")
    dashboard.keyboard.press("l")
    row(dashboard, 4).hover()
    expect(row(dashboard, 4)).to_contain_text("order 2")
    expect(row(dashboard, 4).get_by_role("button", name="Copy as JSON")).to_be_visible()
    expect(row(dashboard, 4).get_by_role("button", name="Copy a link")).to_be_hidden()


@pytest.mark.parametrize(
    ("code", "text", "control"),
    [
        (4401, "Signed out", "Sign in"),
        (4403, "No permission to follow this stream", None),
        (4400, "Dashboard was updated", "Reload"),
        (4406, "Dashboard was updated", "Reload"),
        (4404, "No such stream", None),
    ],
)
def test_a_refusal_is_said_and_offers_what_helps(dashboard, scripted, code, text, control):
    scripted.send({"op": "error", "code": code, "message": "No."})
    scripted.close(code)

    expect(dashboard.locator(".conn__text")).to_have_text(text)
    expect(dashboard.get_by_role("button", name="Try now")).to_be_hidden()
    for name in ("Sign in", "Reload"):
        expect(dashboard.get_by_role("link", name=name)).to_be_visible(visible=name == control)
    assert len(scripted.sockets) == 1


def test_who_signs_in_again_comes_back_to_what_was_looked_for(dashboard, scripted):
    dashboard.locator("#q").fill("type:refund")
    expect(dashboard).to_have_url(re.compile(r"\?q=type:refund$"))
    scripted.send({"op": "error", "code": 4401, "message": "No."})
    scripted.close(4401)
    dashboard.get_by_role("link", name="Sign in").click()

    expect(dashboard.locator("input[name=next]")).to_have_value("/?q=type:refund")


NAMED = """(user) => {
    const out = Object.assign(document.createElement('button'), {className: 'btn btn--small', textContent: 'Sign out'});
    user.textContent = 'maria.lindqvist.of.the.evening.school@academy.example.org';
    user.after(out);
}"""


@pytest.mark.parametrize("width", [1200, 1280, 1440])
@pytest.mark.parametrize(("code", "text"), [(4401, "Signed out"), (4403, "No permission to follow this stream")])
def test_a_long_name_of_the_reader_leaves_room_for_what_is_said(dashboard, scripted, width, code, text):
    dashboard.set_viewport_size({"width": width, "height": 800})
    dashboard.locator(".top__user").evaluate(NAMED)
    scripted.send({"op": "error", "code": code, "message": "No."})
    scripted.close(code)

    expect(dashboard.locator(".conn__text")).to_have_text(text)
    assert dashboard.locator(".conn__text").evaluate("(one) => one.scrollWidth <= one.clientWidth")
    assert dashboard.locator(".top").evaluate("(one) => one.scrollWidth <= one.clientWidth")


SAYS = """async (told) => {
    const {Conn} = await import('/static/frontend/ui/conn.js');
    const stream = {now: () => 0, position: 5, ...told};
    new Conn({stream, pace: () => '1,004/s', signals: 1, announce: () => {}, isEmpty: () => false}).draw();
    const [text, aside] = ['.conn__text', '.conn__rate'].map((name) => document.querySelector(name).textContent);
    return [document.querySelector('.conn use').getAttribute('href'), text, aside];
}"""
STATES = [
    ({"name": "connecting"}, ["#dot-wait", "Connecting…", ""]),
    ({"name": "live"}, ["#dot-live", "Live", "1,004/s"]),
    ({"name": "stalled", "heardAt": -12_000}, ["#dot-busy", "No word from the server for 12 s", ""]),
    ({"name": "reconnecting", "retryAt": 3500, "attempt": 3}, ["#dot-busy", "Reconnecting in 4 s", "try 3"]),
    ({"name": "offline"}, ["#dot-warn", "This device is offline", ""]),
    ({"name": "asleep"}, ["#dot-wait", "Asleep while hidden", ""]),
    ({"name": "refused", "code": 4499, "message": ""}, ["#dot-warn", "Refused by the server (4499)", ""]),
]


def test_every_state_has_its_words_and_a_shape(dashboard):
    for told, says in STATES:
        assert dashboard.evaluate(SAYS, {"retryAt": None, "lastRecovered": None} | told) == says


def test_silence_is_shown_as_silence(watched, site, scripted):
    scripted.heartbeat_ms = 1000
    watched.goto(site.url)

    expect(watched.locator(".conn__text")).to_contain_text("No word from the server for")
    expect(watched.locator(".conn__rate")).to_be_hidden()
    scripted.wait_for(lambda: len(scripted.sockets) == 2)


def test_many_events_behind_is_catching_up(watched, site, scripted):
    scripted.head = 5000
    watched.goto(site.url)
    scripted.wait_for(lambda: scripted.of("hello"))
    scripted.send(batch(1, [event(n) for n in range(1, 501)], head=5000))

    expect(watched.locator(".conn__text")).to_have_text("Catching up")
    expect(watched.locator(".conn__rate")).to_have_text("500 of 5,000")
    expect(watched.locator("#proof")).to_have_text("500 received, 4,500 to come")


def test_what_a_screen_reader_hears_follows_the_connection_but_not_the_countdown(dashboard, scripted):
    dashboard.evaluate("""() => {
        window.heard = [];
        const region = document.getElementById('announce');
        new MutationObserver(() => heard.push(region.textContent)).observe(region, {childList: true});
    }""")

    def heard() -> list[str]:
        return dashboard.evaluate("heard")

    scripted.events(1, 1)
    scripted.wait_for(lambda: heard() == ["Live"])
    scripted.send({"op": "bye", "code": 4012, "retry_ms": 100_000_000})
    scripted.close(4012)
    scripted.wait_for(lambda: len(heard()) == 2)
    started = dashboard.locator(".conn__text").inner_text()
    expect(dashboard.locator(".conn__text")).not_to_have_text(started)

    assert heard() == ["Live", "Connection lost, reconnecting"]


def test_a_reloaded_page_shows_what_it_had_and_all_that_came_meanwhile(dashboard, scripted):
    scripted.events(1, 3)
    scripted.wait_for(lambda: scripted.of("ack"))
    scripted.head = 5
    dashboard.reload()
    scripted.wait_for(lambda: len(scripted.of("hello")) == 2)
    scripted.events(1, 5)

    assert (scripted.of("hello")[1]["from"], scripted.of("hello")[1]["epoch"]) == (1, scripted.epoch)
    expect(rows(dashboard)).to_have_count(5)


def test_the_receipts_claim_to_show_only_what_is_shown(dashboard, scripted):
    """Held back by the reader, or by a filter, an event is stored and received, and not shown."""
    scripted.events(1, 5)
    expect(dashboard.locator("#proof")).to_have_text("5 sent = stored = shown")

    dashboard.keyboard.press("Space")
    scripted.events(6, 2)
    expect(dashboard.locator("#proof")).to_have_text("7 sent = stored = received")
    dashboard.keyboard.press("l")
    expect(dashboard.locator("#proof")).to_have_text("7 sent = stored = shown")

    dashboard.locator("#q").fill("nothing")
    expect(dashboard.locator("#proof")).to_have_text("7 sent = stored = received")
    expect(dashboard.locator("#missed")).to_have_text("0 missed")
