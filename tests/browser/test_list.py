"""The list: a window on a hundred thousand events, the keyboard, and what a screen reader is told of it."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import row, rows, summaries
from tests.browser.scripted import batch, event


@pytest.fixture
def full(dashboard, scripted):
    scripted.events(1, 1000)
    expect(row(dashboard, 0)).to_contain_text("order 1000")
    return dashboard


def test_a_thousand_events_need_a_screenful_of_elements(full):
    assert full.locator(".rows .row").count() < 60
    assert full.locator("[role=grid]").get_attribute("aria-rowcount") == "1001"


def test_events_that_come_before_the_first_frame_have_rows(watched, site, scripted):
    watched.add_init_script("window.ResizeObserver = class { observe() {} }")  # it tells of sizes after a frame
    watched.goto(site.url)
    scripted.wait_for(lambda: scripted.of("hello"))
    scripted.events(1, 100)

    expect(row(watched, 15)).to_contain_text("order 85")


def test_anywhere_one_scrolls_to_the_right_rows_are_there(full):
    for top in (0, 14_000, 27_999, 5_003):
        full.locator("#list").evaluate("(list, top) => { list.scrollTop = top; }", top)
        first = min(top // 28, 1000 - 20)
        expect(row(full, first + 2)).to_contain_text(f"order {1000 - first - 2}")
        expect(row(full, first + 2)).to_be_in_viewport()


def test_a_screen_reader_finds_the_rows_in_the_order_in_which_they_are_seen(full, scripted):
    scripted.events(1001, 7)
    expect(row(full, 0)).to_contain_text("order 1007")
    full.locator("#list").evaluate("(list) => { list.scrollTop = 5003; }")
    expect(row(full, 180)).to_contain_text("order 827")

    orders = [int(name.split("order ")[1]) for name in read_rows(full)]
    assert len(orders) > 20
    assert orders == list(range(orders[0], orders[0] - len(orders), -1))


def test_j_and_k_move_the_focus_and_keep_it_in_view(full):
    for _ in range(40):
        full.keyboard.press("j")
    expect(row(full, 39)).to_be_focused()
    expect(row(full, 39)).to_be_in_viewport()
    expect(row(full, 39)).to_contain_text("order 961")

    full.keyboard.press("k")
    expect(row(full, 38)).to_be_focused()


def test_home_end_and_the_page_keys_move_far(full):
    full.keyboard.press("End")
    expect(row(full, 999)).to_be_focused()

    full.keyboard.press("PageUp")
    expect(row(full, 999)).not_to_be_focused()

    full.keyboard.press("Home")
    expect(row(full, 0)).to_be_focused()


def test_a_focused_row_keeps_its_event_under_load(full, scripted):
    full.keyboard.press("j")
    full.keyboard.press("j")
    for start in range(1001, 3001, 500):
        scripted.events(start, 500)
    expect(full.locator("#strip")).to_contain_text("2,000 new")

    expect(row(full, 1)).to_be_focused()
    expect(row(full, 1)).to_contain_text("order 999")


def test_enter_opens_and_escape_closes_with_the_focus_back_on_the_row(full):
    full.keyboard.press("j")
    full.keyboard.press("j")
    full.keyboard.press("Enter")
    expect(full.locator("#detail-title")).to_have_text("order 999")
    expect(row(full, 1)).to_have_attribute("aria-selected", "true")

    full.keyboard.press("j")
    expect(full.locator("#detail-title")).to_have_text("order 998")

    full.keyboard.press("Escape")
    expect(full.locator("#detail")).to_be_hidden()
    expect(row(full, 2)).to_be_focused()

    full.keyboard.press("Escape")
    expect(full.locator("#strip")).to_contain_text("Following")


def test_single_keys_do_nothing_in_a_text_field(full):
    full.evaluate("document.querySelector('.top').append(document.createElement('input'))")
    full.locator(".top input").focus()
    full.keyboard.type(" jkl")

    expect(full.locator(".top input")).to_have_value(" jkl")
    expect(full.locator("#strip")).to_contain_text("Following")


def test_keys_with_a_modifier_belong_to_the_browser(full):
    full.keyboard.press("Control+j")
    full.keyboard.press("Alt+k")

    expect(full.locator("#strip")).to_contain_text("Following")


def test_one_tab_stop_leads_into_the_list(full):
    assert full.locator('.rows .row[tabindex="0"]').count() == 1
    expect(full.locator('.rows .row[tabindex="0"]')).to_contain_text("order 1000")


def test_a_row_copies_its_event_as_it_came(full, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    row(full, 1).hover()
    row(full, 1).get_by_role("button", name="Copy as JSON").click()

    copied = full.evaluate("navigator.clipboard.readText()")

    assert copied == batch(999, [event(999)]).split("\n")[1]
    expect(full.locator("#detail")).to_be_hidden()


@pytest.mark.parametrize(
    ("now", "time", "holding", "oldest"),
    [
        ("2026-11-23T16:08:43Z", "16:08:43.350", "Holding at 16:08:43.350", "oldest 16:08:43"),
        (
            "2026-11-23T16:08:44Z",
            "11-22 16:08:43",
            "Holding at 2026-11-22 16:08:43.350",
            "oldest 2026-11-22",
        ),
    ],
)
def test_a_time_alone_is_one_of_the_last_24_hours(watched, site, scripted, now, time, holding, oldest):
    watched.clock.set_fixed_time(now)
    watched.goto(site.url)
    expect(watched.locator(".conn__text")).to_have_text("Connected")
    scripted.events(1, 40)
    expect(row(watched, 0).locator(".c-time")).to_have_text(time)
    assert row(watched, 0).locator(".c-time").evaluate("(cell) => cell.scrollWidth <= cell.clientWidth")

    row(watched, 0).click()

    expect(watched.locator("#detail-meta time")).to_have_text(holding.removeprefix("Holding at ") + " UTC")
    expect(watched.locator("#strip")).to_contain_text(holding)
    expect(watched.locator("#oldest")).to_have_text(oldest)


def test_a_degraded_event_is_marked_and_the_mark_says_why(dashboard, scripted):
    marked = event(1, degraded="cycle,too-large")
    scripted.send(batch(1, [marked, event(2, data={"degraded": "no", "text": '"degraded":"no"'})]))

    expect(row(dashboard, 1).locator(".degraded")).to_have_text("degraded")
    expect(row(dashboard, 1).locator(".degraded")).to_have_attribute(
        "title", "Not quite what was sent: cycle,too-large"
    )
    expect(row(dashboard, 0).locator(".degraded")).to_be_hidden()


def test_the_ring_lets_the_oldest_go_and_says_how_many(modules):
    result = modules.evaluate("""async () => {
        const {Store} = await import('/static/frontend/core/store.js');
        const store = new Store();
        for (let n = 1; n <= 100123; n += 1) store.push(JSON.stringify({type: 'a.b', sequence: String(n)}));
        const {size, dropped, events, first} = store;
        return {size, dropped, events, oldest: store.at(first).position};
    }""")

    assert result == {"size": 100_000, "dropped": 123, "oldest": 124, "events": 100_123}


def test_the_ring_is_bounded_in_bytes_too(modules):
    result = modules.evaluate("""async () => {
        const {Store} = await import('/static/frontend/core/store.js');
        const store = new Store({budget: 1e6});
        for (let n = 0; n < 100; n += 1) store.push(JSON.stringify({type: 'a.b', data: 'x'.repeat(50000)}));
        return [store.bytes <= 1e6, store.size, store.dropped];
    }""")

    assert result == [True, 19, 81]


def test_a_full_ring_still_draws_a_screenful(dashboard, scripted):
    for start in range(1, 102_001, 1000):
        scripted.send(
            batch(start, [event(n, data=None, subject=None, sender=None) for n in range(start, start + 1000)])
        )
    expect(row(dashboard, 0)).to_contain_text("order 102000", timeout=20_000)

    expect(dashboard.locator("#held")).to_contain_text("100,000 held")
    expect(dashboard.locator("#held")).to_contain_text("2,000 let go")
    assert rows(dashboard).count() < 60
    dashboard.keyboard.press("End")
    expect(row(dashboard, 99_999)).to_be_focused()
    expect(row(dashboard, 99_999)).to_contain_text("order 2001")
    assert "order 2002" in summaries(dashboard)


def test_the_row_that_is_open_stays_on_the_screen_where_the_detail_makes_rows_higher(full):
    full.set_viewport_size({"width": 1024, "height": 800})
    row(full, 19).click()

    expect(full.locator("#detail-title")).to_have_text("order 981")
    expect(row(full, 19)).to_have_css("height", "52px")
    expect(row(full, 19)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("top", "says"), [(0, "Following the newest."), (500, "500 new")])
def test_while_events_come_the_browser_is_not_asked_where_the_list_is_scrolled_to(full, scripted, top, says):
    """To answer, it lays out the page in the middle of a drawing."""
    full.locator("#list").evaluate("(list, top) => { list.scrollTop = top; }", top)
    expect(row(full, top // 28)).to_be_in_viewport()
    expect(full.locator("#strip")).to_contain_text("Holding" if top else says)
    full.evaluate("""() => {
        const {get, set} = Object.getOwnPropertyDescriptor(Element.prototype, 'scrollTop');
        window.asked = 0;
        Object.defineProperty(document.getElementById('list'), 'scrollTop', {
            set, get() { window.asked += 1; return get.call(this); },
        });
    }""")

    for start in range(1001, 1501, 50):
        scripted.events(start, 50)

    expect(full.locator(".conn__pos b")).to_have_text("1,500")
    expect(full.locator("#strip")).to_contain_text(says)
    expect(row(full, top // 28 + 5)).to_contain_text(f"order {1000 - 17 - 5 if top else 1495}")
    assert full.evaluate("window.asked") == 0


def read_rows(page) -> list[str]:
    """The names of the events' rows, as the browser tells them to a screen reader."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}

    def names(node):
        if node.get("role", {}).get("value") == "row":
            yield node["name"]["value"]
        for child in node.get("childIds", []):
            yield from names(by_id[child])

    return [name for name in names(nodes[0]) if "order " in name]
