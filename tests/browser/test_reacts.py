"""The receivers of the open event: which ran, for how long, what it raised, which did not run and why."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.screen import PHONE, WIDE, barriers, no_sideways, row, rows
from tests.browser.scripted import event, reaction, receiver

OK = receiver("academy.receivers.enroll_student", 10.0)
LATE = receiver("academy.receivers.send_receipt", 5.0, **{"async": True})
BAD = receiver("crm.receivers.push", 30.0, "raised", error="ConnectTimeout: no answer", traceback="File a.py\n  push()")
NOT_RUN = receiver("academy.receivers.notify", None, "not_run")
IGNORED = receiver("academy.receivers.affiliate", None, "ignored", why="sender")


def said(page: Page) -> list[str]:
    """The table as it is read out, row by row."""
    return page.locator("#reacts-rows tr").evaluate_all(
        "(all) => all.map((tr) => tr.innerText.replace(/\\s+/g, ' ').trim())"
    )


def bars(page: Page) -> list[list[str]]:
    return page.locator("#reacts-rows .bar__fill").evaluate_all(
        "(all) => all.map((bar) => ['--from', '--len'].map((name) => bar.style.getPropertyValue(name)))"
    )


def trace(page: Page) -> Locator:
    return page.locator("#reacts-rows details")


@pytest.fixture
def opened(dashboard, scripted):
    scripted.events(1, 3)
    scripted.reactions(reaction(2, OK, BAD, NOT_RUN, IGNORED))
    row(dashboard, 1).click()
    expect(dashboard.locator("#reacts-note")).to_have_text("1 failed of 3, 40.0 ms")
    return dashboard


def test_14_each_receiver_is_shown_with_its_time_its_outcome_in_words_and_its_error(opened):
    """DASHBOARD §7, number 14, as far as the page goes; the real server's part is in test_real_reactions.py."""
    assert said(opened) == [
        "1: ok enroll_student academy/receivers.py:36 10.0 ms",
        "2: failed push academy/receivers.py:36 30.0 ms",
        "ConnectTimeout: no answer",
        "3: not run notify academy/receivers.py:36 not run: an earlier one raised",
        "4: not for this affiliate academy/receivers.py:36 listens to another sender",
    ]
    assert bars(opened) == [["0.0%", "25.0%"], ["25.0%", "75.0%"]]
    expect(opened.locator(".react__name").first).to_have_attribute("title", "academy.receivers.enroll_student")

    trace(opened).locator("summary").click()
    expect(opened.locator(".trace__text")).to_have_text("File a.py\n  push()")


def test_7_a_late_reaction_patches_the_open_detail_and_leaves_an_open_traceback_open(opened, scripted):
    """DASHBOARD §7, number 7."""
    trace(opened).locator("summary").click()
    trace(opened).locator("summary").focus()

    scripted.reactions({**reaction(2), "reactions": [LATE | {"order": 5}]})

    expect(opened.locator("#reacts-note")).to_have_text("1 failed of 4, 45.0 ms")
    assert said(opened)[-1] == "5: ok send_receipt async academy/receivers.py:36 5.0 ms"
    expect(trace(opened)).to_have_attribute("open", "")
    expect(trace(opened).locator("summary")).to_be_focused()
    expect(row(opened, 1).locator(".c-recv__text")).to_have_text("1 of 4 failed")


def test_a_receiver_s_name_leads_to_how_it_does_and_on_to_what_it_received(opened, scripted):
    scripted.reactions(reaction(1, OK))
    names, table = opened.locator("#reacts-rows").get_by_role("button"), opened.locator("#receivers-table")
    expect(names).to_have_text(["enroll_student", "push"])  # the others never ran

    names.last.click()
    expect(table.locator("[aria-current]").get_by_role("button", name="push")).to_be_focused()
    opened.keyboard.press("Escape")
    expect(names.last).to_be_focused()

    for size, stays in ((WIDE, True), (PHONE, False)):
        opened.set_viewport_size(size)
        names.first.click()
        table.get_by_role("button", name="enroll_student").click()
        expect(table).to_be_hidden()
        expect(opened.locator("#q")).to_have_value("receiver:enroll_student")
        expect(opened.locator("#filter-count")).to_contain_text("2 of 3 held")
        expect(opened.locator("#detail")).to_be_visible(visible=stays)


def test_reactions_of_another_event_leave_the_open_one_as_it_is(opened, scripted):
    scripted.reactions(reaction(1, OK), reaction(3, LATE))
    expect(row(opened, 0).locator(".c-recv__text")).to_have_text("1 ok")

    assert len(said(opened)) == 5


SAYS = {
    1: "Nobody receives this signal.",
    2: "Unknown: what its receivers did could not be seen with this version of Django.",
    3: "Nothing was told of its receivers yet.",
}


def test_what_is_not_known_is_not_claimed(dashboard, scripted):
    scripted.events(1, 3)
    scripted.reactions(reaction(1), reaction(2, reactions=None, unknown=True))

    for position, words in SAYS.items():
        row(dashboard, 3 - position).click()
        expect(dashboard.locator("#reacts-say")).to_have_text(words)
        expect(dashboard.locator(".reacts")).to_be_hidden()

    scripted.reactions(reaction(3, OK))
    expect(dashboard.locator("#reacts-say")).to_be_hidden()
    assert len(said(dashboard)) == 1

    scripted.reactions(reaction(3, OK, more=7))
    expect(dashboard.locator("#reacts-say")).to_have_text("7 more receivers, not listed")


STARTS = {
    "send": [["0.0%", "20.0%"], ["40.0%", "60.0%"], ["20.0%", "20.0%"]],
    "asend": [["0.0%", "33.3%"], ["0.0%", "100.0%"], ["33.3%", "33.3%"]],
}


def test_coroutines_run_together_after_the_others_or_beside_them(dashboard, scripted):
    scripted.events(1, 2)
    run = [receiver("a.first", 10.0), receiver("a.later", 30.0, **{"async": True}), receiver("a.second", 10.0)]
    scripted.reactions(*[reaction(n, *run, method=method) for n, method in enumerate(STARTS, 1)])

    for place, expected in enumerate(reversed(STARTS.values())):
        row(dashboard, place).click()
        expect(row(dashboard, place)).to_have_attribute("aria-selected", "true")
        assert bars(dashboard) == expected


def test_the_detail_of_a_ghost_says_so_and_has_no_address(dashboard, scripted, context):
    scripted.events(1, 1)
    undone = event(0, sequence=None, summary="undone", outcome="rolledback", reactions=[OK, BAD])
    scripted.ghosts(undone)
    expect(rows(dashboard)).to_have_count(2)
    row(dashboard, 0).click()

    expect(dashboard.locator("#detail-title")).to_have_text("undone")
    expect(dashboard.locator("#detail-meta")).to_contain_text("rolled back")
    expect(dashboard.locator("#detail-meta .undone")).to_have_attribute("title", re.compile("it is in no log"))
    expect(dashboard.locator("#reacts-note")).to_have_text("1 failed of 2, 40.0 ms")
    expect(dashboard.get_by_role("button", name="Link", exact=True)).to_be_hidden()
    assert "at=" not in dashboard.url
    # Nor does the key make one up.
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    dashboard.evaluate("navigator.clipboard.writeText('as before')")
    dashboard.keyboard.press("p")
    dashboard.keyboard.press("Escape")
    expect(row(dashboard, 0)).to_be_focused()
    dashboard.keyboard.press("p")
    dashboard.keyboard.press("b")
    assert dashboard.evaluate("navigator.clipboard.readText()") == "as before"


def test_older_events_are_told_of_by_http_once_for_a_page(board, scripted):
    """The websocket tells only of what it sends live."""
    scripted.page_of = lambda query: {
        "events": [],
        "reactions": [reaction(n, OK) for n in range(int(query["after"].split(":")[1]) + 1, 2101)],
    }
    board.keyboard.press("End")
    expect(board.locator("#strip")).to_contain_text("History")

    expect(board.locator(".c-recv__text", has_text="1 ok").first).to_be_visible()
    first = scripted.asked[0]
    assert (first["reactions"], first["limit"]) == ("1", "500")
    assert re.fullmatch(r"5f1c09ab27de:\d+", first["after"])


POISON = "<img src=x onerror=alert(1)>\u202eevil\x00\u2066" + "W" * 400


# The elements whose own text holds what would reorder the text beside it.
RAW = """[...document.querySelectorAll('body *:not(script)')].flatMap(({childNodes}) => [...childNodes])
    .filter((node) => node.nodeType === Node.TEXT_NODE && node.data.includes('\\u202e')).map(({data}) => data)"""


def test_49_hostile_receivers_and_errors_are_text_and_nothing_else(dashboard, scripted):
    """DASHBOARD §7, number 49, for the names of receivers and what they raise."""
    scripted.events(1, 2, origin=POISON, correlationid=POISON, sentfrom=POISON, originhost=POISON, type=POISON)
    bad = receiver(f"a.{POISON}", 1.0, "raised", source=POISON, error=f"{POISON}: {POISON}", traceback=POISON)
    odd = receiver("__proto__", 2.0, POISON, why=POISON)
    scripted.reactions(*[reaction(n, bad, odd, receiver("constructor", 1.0)) for n in (1, 2)])
    expect(row(dashboard, 0).locator(".c-recv__text")).to_have_text("1 of 2 failed")
    dashboard.locator("#receivers-open").click()
    assert no_sideways(dashboard)
    dashboard.keyboard.press("Escape")
    row(dashboard, 0).click()
    trace(dashboard).locator("summary").click()

    for size in (WIDE, PHONE):
        dashboard.set_viewport_size(size)
        assert no_sideways(dashboard)
    assert dashboard.locator("img, iframe, object, embed").count() == 0
    assert dashboard.evaluate(RAW) == []
    expect(dashboard.locator(".trace__line")).to_contain_text("\\u202eevil\\u0000")


def test_an_error_and_a_traceback_without_end_are_cut(dashboard, scripted):
    scripted.events(1, 1)
    scripted.reactions(
        reaction(1, receiver("a.b", 1.0, "raised", error="E: " + "x" * 90_000, traceback="y\n" * 90_000))
    )
    row(dashboard, 0).click()

    assert len(dashboard.locator("#reacts-rows").inner_text()) < 3000
    trace(dashboard).locator("summary").click()
    assert len(dashboard.locator(".trace__text").inner_text()) <= 20_000


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_44_axe_finds_nothing_where_receivers_ghosts_and_causes_are(dashboard, scripted, size):
    """DASHBOARD §7, number 44, with what the receivers did."""
    dashboard.set_viewport_size(size)
    scripted.events(1, 3, origin="web POST /orders/", correlationid="c0ffee")
    scripted.ghosts(event(0, sequence=None, outcome="rolledback", reactions=[BAD]))
    scripted.reactions(reaction(3, OK, BAD, NOT_RUN, IGNORED), reaction(2), reaction(1, reactions=None, unknown=True))
    expect(row(dashboard, 1).locator(".c-recv__text")).to_have_text("1 of 3 failed")
    assert barriers(dashboard) == ""

    row(dashboard, 1).click()
    trace(dashboard).locator("summary").click()
    assert barriers(dashboard) == ""

    if size == WIDE:
        dashboard.locator("#receivers-open").click()
        expect(dashboard.locator("#receivers-table tbody tr")).to_have_count(2)
        assert barriers(dashboard) == ""
