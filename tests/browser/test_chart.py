"""The rate: what counts as one, and that the drawing, the table and the number say the same."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.scripted import batch, event

RATES = """async () => {
    const {Rates} = await import('/static/frontend/core/rates.js');
    window.rates = new Rates();
    window.now = 1_000_000_500;
    window.add = (type, count, at = now) => { while (count--) rates.add(type, at, now); };
    window.sums = () => rates.types(now).map(({type, seconds}) => [type, seconds.reduce((sum, n) => sum + n, 0)]);
}"""


@pytest.fixture
def rates(modules):
    modules.evaluate(RATES)
    return modules


def test_the_rate_is_that_of_the_last_four_whole_seconds(rates):
    rates.evaluate("add('a', 8); add('b', 4)")
    assert rates.evaluate("rates.rate(now)") == 0

    rates.evaluate("now += 1000")
    assert rates.evaluate("rates.rate(now)") == 3
    assert rates.evaluate("rates.types(now).map(({type, rate}) => [type, rate])") == [["a", 2], ["b", 1]]

    rates.evaluate("now += 4000")
    assert rates.evaluate("rates.rate(now)") == 0
    assert rates.evaluate("rates.all(now).indexOf(12)") == 115


def test_what_comes_seldom_is_told_by_the_minute(rates):
    def told(act: str) -> str:
        return rates.evaluate(
            "async (act) => (await import('/static/frontend/core/format.js')).pace((eval(act), rates.pace(now)))", act
        )

    assert told("") == "0/min"
    assert told("add('a', 1)") == "1/min"
    assert told("now += 20_000; add('a', 2)") == "3/min"
    assert told("now += 1000; add('a', 50); now += 1000") == "13/s"
    assert told("now += 20_000") == "0/s"  # and many in the minute
    assert told("now += 40_000; add('a', 4)") == "4/min"
    assert told("now += 1000; add('b', 3); now += 1000") == "7/min"


def test_a_clock_that_is_put_back_begins_anew(rates):
    rates.evaluate("add('a', 8); now -= 3_600_000; add('a', 4); now += 1000")

    assert rates.evaluate("rates.rate(now)") == 1
    assert rates.evaluate("rates.all(now).at(-1)") == 4


def test_what_was_longer_ago_than_two_minutes_or_is_yet_to_be_is_no_rate(rates):
    rates.evaluate("add('a', 1, now - 121_000); add('a', 1, now + 5000); add('a', 1, NaN); add('a', 3, now - 120_000)")
    assert rates.evaluate("rates.all(now)") == [3] + [0] * 119

    rates.evaluate("add('a', 5); now += 500_000")
    assert rates.evaluate("rates.all(now)") == [0] * 120


def test_types_are_ordered_by_how_much_there_is_and_keep_their_places_for_a_while(rates):
    rates.evaluate("add('a', 1); add('b', 2); now += 1000; rates.settle(now)")
    assert rates.evaluate("rates.order") == ["b", "a"]

    rates.evaluate("add('a', 5); now += 1000; rates.settle(now)")
    assert rates.evaluate("rates.order") == ["b", "a"]

    rates.evaluate("now += 4000; rates.settle(now)")
    assert rates.evaluate("rates.order") == ["a", "b"]


def test_the_six_most_frequent_have_a_colour_of_their_own(rates):
    rates.evaluate("for (let n = 0; n < 8; n += 1) add(`t${n}`, 9 - n); now += 1000; rates.settle(now)")
    hues = rates.evaluate("rates.order.map((type) => rates.hue(type))")

    assert all(hue < 6 for hue in hues[:6])
    assert hues[6:] == [6, 6]


def test_a_flood_of_types_is_bounded_and_makes_way_for_those_that_come(rates):
    rates.evaluate("for (let n = 0; n < 1000; n += 1) add(`t${n}`, 1)")
    assert rates.evaluate("rates.order.length") == 64

    rates.evaluate("now += 1000")
    assert rates.evaluate("rates.all(now)[119]") == 1000

    rates.evaluate("now += 200_000; add('late', 7); now += 1000")
    assert ["late", 7] in rates.evaluate("sums()")
    assert rates.evaluate("rates.order.length") == 64


def test_among_a_flood_of_types_those_that_come_often_are_counted_whenever_they_began(rates):
    rates.evaluate("""() => {
        for (let n = 0; n < 1000; n += 1) {
            add(`t${n}`, 1);
            if (n > 500 && n % 50 === 0) add('often', 9);
        }
        add('old', 5, now - 200_000);
        now += 1000;
        rates.settle(now);
    }""")

    assert rates.evaluate("[sums()[0], rates.order.length]") == [["often", 81], 64]
    assert rates.evaluate("rates.order.includes('old')") is False


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def drawn(page: Page) -> str:
    return page.locator(".chart__bar").evaluate_all("(all) => all.map((path) => path.getAttribute('d') ?? '').join('')")


def test_opened_late_the_page_knows_the_last_two_minutes_and_counts_live_events_as_they_come(watched, site, scripted):
    """What is sent again counts when it was; what is live counts now, whatever its time."""
    scripted.head = 9
    watched.goto(site.url)
    scripted.wait_for(lambda: scripted.of("hello"))
    scripted.send(batch(1, [event(n, time=ago(60)) for n in range(1, 8)], head=9))
    scripted.send(batch(8, [event(n, time=ago(3600)) for n in range(8, 10)]))
    expect(watched.locator("#chart-max")).to_have_text("7/s")
    scripted.send(batch(10, [event(n, type="auth.user_logged_in", time=ago(3600)) for n in range(10, 30)]))
    expect(watched.locator("#chart-max")).to_have_text("20/s")

    watched.get_by_role("button", name="Rate as a table").click()
    table = watched.locator("#rate-table")
    expect(table.locator("tbody tr")).to_have_count(120)
    heads = table.locator("thead th").all_text_contents()
    numbers = [
        dict(zip(heads, cells, strict=True))
        for cells in table.locator("tbody tr").evaluate_all(
            "(all) => all.map((tr) => [...tr.cells].map((c) => c.innerText))"
        )
    ]
    assert sorted(heads) == ["Second", "all", "order_paid", "user_logged_in"]
    assert [(one["order_paid"], one["user_logged_in"], one["all"]) for one in numbers if one["all"] != "0"] == [
        ("0", "20", "20"),
        ("7", "0", "7"),
    ]

    # One bar for each, and the higher one as high as the drawing allows.
    bars = drawn(watched)
    heights = [float(height) for height in re.findall(r"v-([\d.]+)h", bars)]
    assert sorted(heights) == [13.7, 39.0]


def test_the_second_under_the_pointer_is_told_in_words(watched, site, scripted):
    scripted.head = 7
    watched.goto(site.url)
    scripted.wait_for(lambda: scripted.of("hello"))
    scripted.send(batch(1, [event(n, time=ago(60)) for n in range(1, 8)]))
    expect(watched.locator("#chart-max")).to_have_text("7/s")
    tip = watched.locator("#chart-tip")

    def pointed() -> list[str]:
        """Where the one bar is, which moves on each second."""
        box, second = watched.locator("#brush").bounding_box(), int(re.search(r"M(\d+) ", drawn(watched))[1])
        watched.mouse.move(box["x"] + box["width"] * (second + 0.5) / 120, box["y"] + 20)
        return tip.inner_text().split()[1:]

    scripted.wait_for(lambda: pointed() == ["all", "7", "order_paid", "7"])
    watched.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_the_chart_is_drawn_no_more_than_twice_a_second(dashboard, scripted):
    dashboard.evaluate("""() => {
        window.drawn = 0;
        const drawing = document.getElementById('chart');
        new MutationObserver(() => { drawn += 1; }).observe(drawing, {subtree: true, attributes: true});
        window.began = performance.now();
    }""")
    for start in range(1, 3001, 50):
        scripted.events(start, 50)
        dashboard.wait_for_timeout(25)
    drawn, seconds = dashboard.evaluate("[drawn, (performance.now() - began) / 1000]")

    assert 1 <= drawn <= 2 * seconds + 1
