"""The receivers beside the list: which fails, which is slow; and the two choices that ask for such events."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import PHONE, row, rows
from tests.browser.scripted import event, reaction, receiver


def told(position: int):
    """Ten runs: `push` fails twice, `send` is slow once."""
    return reaction(
        position,
        receiver("academy.receivers.enroll", 1.0),
        receiver("academy.receivers.send", 200.0 if position == 3 else 4.0),
        receiver("crm.receivers.push", 30.0, "raised" if position in (4, 8) else "ok"),
        receiver("crm.receivers.off", None, "ignored"),
    )


@pytest.fixture
def busy(dashboard, scripted):
    scripted.events(1, 10)
    scripted.reactions(*[told(n) for n in range(1, 11)])
    expect(dashboard.locator("#receivers .trow")).to_have_count(3)
    return dashboard


def numbers(page: Page) -> list[list[str]]:
    return page.locator("#receivers-table tbody tr").evaluate_all(
        "(all) => all.map((tr) => [...tr.cells].map((cell) => cell.innerText.trim()).filter(Boolean))"
    )


def test_those_that_fail_come_first_then_the_slowest(busy):
    said = [re.sub(r"\s+", " ", text) for text in busy.locator("#receivers .trow").all_inner_texts()]

    assert said == [
        "push 20% failed , 95% within 30 ms",
        "send 0 failed , 95% within 200 ms",
        "enroll 0 failed , 95% within 1.0 ms",
    ]
    expect(busy.locator("#receivers .trow").first).to_have_attribute(
        "title", re.compile("crm.receivers.push: 10 runs, 2 failures, half within 30 ms")
    )


def test_what_is_told_twice_is_one_run(busy, scripted):
    scripted.reactions(*[told(n) for n in range(1, 11)], reaction(10, receiver("a.late", 9.0), receiver("x.y", 1.0)))
    expect(busy.locator("#receivers .trow")).to_have_count(5)

    busy.get_by_role("button", name="Receivers", exact=True).click()

    assert {line[0].split("\n")[0]: line[1] for line in numbers(busy)} == {
        "push": "10", "send": "10", "enroll": "10", "late": "1", "y": "1"
    }  # fmt: skip


def test_the_table_has_all_their_numbers(busy, scripted):
    busy.get_by_role("button", name="All their numbers").click()

    assert numbers(busy)[0] == ["push\nacademy/receivers.py:36", "10", "30.0", "30.0", "20%"]
    scripted.reactions(reaction(1, receiver("late.one", 1.0, "raised", order=9)))
    expect(busy.locator("#receivers-table tbody th").first).to_contain_text("one")  # while it is open
    assert numbers(busy)[2] == ["send\nacademy/receivers.py:36", "10", "4.0", "200.0", "0"]
    busy.keyboard.press("Escape")
    expect(busy.locator("#receivers-table")).to_be_hidden()

    busy.goto(f"{busy.url}#receivers")
    busy.reload()
    expect(busy.locator("#receivers-table")).to_be_visible()
    assert busy.evaluate("location.hash") == ""  # or each reload and each copied link would open it again


def test_a_click_shows_what_a_receiver_received_and_another_click_all_again(busy, scripted):
    scripted.events(11, 1)
    entry = busy.locator("#receivers .trow").filter(has_text="push")
    entry.click()
    expect(busy.locator("#q")).to_have_value("receiver:push")
    expect(entry).to_have_attribute("aria-pressed", "true")
    expect(busy.locator("#filter-count")).to_have_text("10 of 11 held")

    entry.click()
    expect(busy.locator("#q")).to_have_value("")


def test_a_name_that_two_receivers_share_is_written_whole(busy, scripted):
    scripted.reactions(reaction(1, receiver("x", 1.0), receiver("shop.receivers.push", 9.0, "raised")))
    entry = busy.locator("#receivers .trow").filter(has_text="shop.push")
    entry.click()

    expect(busy.locator("#q")).to_have_value("receiver:shop.receivers.push")
    expect(busy.locator("#filter-count")).to_have_text("1 of 10 held")


def test_e_shows_what_failed_only_and_everything_again(busy):
    busy.keyboard.press("e")
    expect(busy.locator("#q")).to_have_value("error:yes")
    expect(busy.get_by_role("checkbox", name="Failed only")).to_be_checked()
    expect(rows(busy)).to_have_count(2)
    expect(busy).to_have_url(re.compile(r"q=error:yes"))

    busy.keyboard.press("e")
    expect(busy.locator("#q")).to_have_value("")
    expect(busy.get_by_role("checkbox", name="Failed only")).not_to_be_checked()


def test_the_choices_edit_the_text_and_follow_it(busy):
    busy.locator("#q").fill("order -slow:<1 failed:yes")
    expect(busy.get_by_role("checkbox", name="Failed only")).to_be_checked()
    busy.get_by_role("checkbox", name="Failed only").uncheck()
    expect(busy.locator("#q")).to_have_value("order -slow:<1")

    busy.locator("#q").fill("order")
    busy.get_by_role("checkbox", name="Slower than").check()
    expect(busy.locator("#q")).to_have_value("order slow:>50ms")
    expect(rows(busy)).to_have_count(1)

    busy.get_by_label("Milliseconds").fill("32")
    busy.get_by_label("Milliseconds").press("Enter")
    expect(busy.locator("#q")).to_have_value("order slow:>32ms")
    expect(busy.locator("#filter-count")).to_have_text("10 of 10 held")

    busy.locator("#q").fill("slow:>7ms")
    expect(busy.get_by_label("Milliseconds")).to_have_value("7")
    busy.get_by_role("checkbox", name="Slower than").uncheck()
    expect(busy.locator("#q")).to_have_value("")


def test_a_number_that_is_none_becomes_the_usual_one(busy):
    busy.get_by_label("Milliseconds").fill("fast")
    busy.get_by_label("Milliseconds").press("Enter")

    expect(busy.locator("#q")).to_have_value("slow:>50ms")


def test_the_title_the_chart_and_its_table_count_what_failed(busy, scripted):
    expect(busy).to_have_title("(2✕) Events · Signalcast")
    drawn = busy.locator("#chart").bounding_box()
    scripted.reactions(told(4), reaction(5, receiver("a.b", 1.0, "raised")))
    expect(busy).to_have_title("(3✕) Events · Signalcast")
    expect(busy.locator(".chart__bad")).to_have_attribute("d", re.compile("^M"), timeout=10_000)
    expect(busy.locator("#chart-failed")).to_contain_text("failed")
    assert busy.locator("#chart").bounding_box() == drawn

    busy.keyboard.press("Space")
    expect(busy).to_have_title("⏸ (3✕) Events · Signalcast")

    def in_table() -> int:
        """How many the table says, of the seconds that are over."""
        busy.get_by_role("button", name="Rate as a table").click()
        heads = busy.locator("#rate-table thead th").all_inner_texts()
        cells = busy.locator(f"#rate-table tbody tr td:nth-child({heads.index('failed') + 1})").all_inner_texts()
        busy.keyboard.press("Escape")
        return sum(map(int, cells))

    scripted.wait_for(lambda: in_table() == 3)


def test_on_a_phone_the_receivers_are_in_the_sheet(busy):
    busy.set_viewport_size(PHONE)
    busy.get_by_role("button", name="Filter and types").click()

    busy.locator("#receivers .trow").filter(has_text="push").click()
    expect(busy.locator("#q")).to_have_value("receiver:push")
    busy.keyboard.press("Escape")
    expect(row(busy, 0).locator(".c-recv__text")).to_have_text("3 ok")


def test_a_flood_of_receivers_is_bounded(modules):
    counted = modules.evaluate("""async () => {
        const {Receivers} = await import('/static/frontend/core/receivers.js');
        const receivers = new Receivers();
        for (let n = 0; n < 5000; n += 1) receivers.add({receiver: `a.r${n}`, source: '', outcome: 'ok', ms: n});
        for (let n = 0; n < 5000; n += 1) receivers.add({receiver: 'a.r0', source: '', outcome: 'ok', ms: n});
        const {runs, p50, p95} = receivers.all().find(({receiver}) => receiver === 'a.r0');
        return [receivers.size, runs, p50, p95];
    }""")

    assert counted == [200, 5001, 4872, 4987]


def test_events_stay_as_they_are_where_nothing_is_told_of_receivers(dashboard, scripted):
    scripted.events(1, 3)
    expect(rows(dashboard)).to_have_count(3)

    expect(dashboard.locator("#receivers-part")).to_be_hidden()
    expect(dashboard).to_have_title("Events · Signalcast")
    assert event(1)["summary"] in row(dashboard, 2).inner_text()


@pytest.mark.browser_context_args(has_touch=True, is_mobile=True, viewport=PHONE)
def test_under_a_finger_the_names_of_receivers_have_room(dashboard, scripted):
    scripted.events(1, 1)
    scripted.reactions(reaction(1, receiver("shop.receivers.send_receipt")))
    dashboard.get_by_role("button", name="Filter and types").tap()

    name = dashboard.locator("#receivers .trow__name")
    expect(name).to_have_text("send_receipt")
    assert name.evaluate("(one) => one.scrollWidth <= one.clientWidth")
