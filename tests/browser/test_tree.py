"""What set an event off, and what it set off: the tree of its chain, from whichever of them it is opened."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import row, rows
from tests.browser.scripted import batch, event, identity, reaction, receiver

CHAIN = "7d1f0a52-9c3e-4b7a-8a61-5d6e6bd4a310"
ORIGIN = "web POST /orders/12/pay"


def link(position: int, cause: int | None, ms: int, **more):
    """An event of the chain, sent so many milliseconds after its beginning."""
    time = f"2026-11-22T16:08:43.{ms:03d}000Z"
    causation = identity(cause) if cause else None
    return event(position, correlationid=CHAIN, causationid=causation, origin=ORIGIN, time=time) | more


def tree(page: Page) -> list[tuple[int, str]]:
    """Each line of the tree: its level, and what it says."""
    return page.locator("#cause-tree li").evaluate_all(
        "(all) => all.map((li) => [Number(li.ariaLevel ?? 1), li.innerText.replace(/\\s+/g, ' ').trim()])"
    )


def bars(page: Page) -> list[list[str]]:
    return page.locator("#cause-tree .bar__fill").evaluate_all(
        "(all) => all.map((bar) => ['--from', '--len'].map((name) => bar.style.getPropertyValue(name)))"
    )


WHOLE = [
    [1, "POST /orders/12/pay 100.0 ms"],
    [2, "order_paid 100.0 ms"],
    [3, "enrolled from academy/receivers.py:41 20.0 ms"],
    [4, "mail_sent –"],
    [3, "receipt_sent failed 5.0 ms"],
]


@pytest.fixture
def chain(dashboard, scripted):
    """An order's events among others, in the order of their commits: a child may come before its parent."""
    lines = [
        event(1),
        link(2, 4, 10, type="academy.enrolled", sentfrom="academy/receivers.py:41"),
        link(3, 4, 50, type="academy.receipt_sent"),
        link(4, None, 0),
        link(5, 2, 15, type="academy.mail_sent"),
        event(6, correlationid="another"),
    ]
    scripted.send(batch(1, lines))
    scripted.reactions(
        reaction(2, receiver("a.b", 20.0)),
        reaction(3, receiver("a.b", 5.0, "raised")),
        reaction(4, receiver("a.b", 100.0)),
    )
    expect(rows(dashboard)).to_have_count(6)
    dashboard.set_viewport_size({"width": 1920, "height": 1080})
    return dashboard


def test_the_tree_is_the_same_from_any_of_its_events(chain, scripted):
    lengths = [["0.0%", "100.0%"], ["0.0%", "100.0%"], ["10.0%", "20.0%"], ["15.0%", "0.0%"], ["50.0%", "5.0%"]]

    for opened in (2, 3, 4, 5):
        row(chain, 6 - opened).click()

        expect(chain.locator("#cause-tree [aria-current]")).to_have_attribute("data-at", str(opened))
        expect(chain.locator("#cause-note")).to_have_text("4 events, 100.0 ms")
        assert tree(chain) == WHOLE
        assert bars(chain) == lengths
    assert scripted.asked == [{"correlationid": CHAIN, "reactions": "1"}]


def test_each_event_of_the_tree_is_a_link_that_opens_it_and_keeps_the_focus(chain):
    row(chain, 2).click()
    expect(chain.locator("#detail-meta")).to_contain_text("pos 4")
    expect(chain.locator("#cause-tree a").last).to_have_attribute("href", re.compile(r"/\?at=3$"))

    chain.locator("#cause-tree a").nth(1).focus()
    chain.keyboard.press("Enter")

    expect(chain.locator("#detail-meta")).to_contain_text("pos 2")
    expect(chain.locator("#cause-tree [aria-current] a")).to_be_focused()
    expect(row(chain, 4)).to_have_attribute("aria-selected", "true")


def test_the_events_of_one_request_can_be_seen_alone(chain):
    row(chain, 2).click()
    chain.get_by_role("button", name="Show only these").click()

    expect(chain.locator("#q")).to_have_value(f"cause:{CHAIN}")
    expect(chain.locator("#filter-count")).to_have_text("4 of 6 held")


def test_who_leafs_through_events_asks_for_the_chain_of_the_last_one_only(dashboard, scripted):
    scripted.send(batch(1, [link(n, None, n, correlationid=f"chain-{n}") for n in range(1, 21)]))
    row(dashboard, 0).click()
    dashboard.evaluate("""() => {
        const press = () => new KeyboardEvent('keydown', {key: 'j', bubbles: true});
        for (let n = 0; n < 19; n += 1) document.body.dispatchEvent(press());
    }""")

    expect(dashboard.locator("#detail-meta")).to_contain_text("pos 1")
    scripted.wait_for(lambda: scripted.asked and scripted.asked[-1]["correlationid"] == "chain-1")
    assert {query["correlationid"] for query in scripted.asked} <= {"chain-20", "chain-1"}


def test_the_server_knows_what_this_page_does_not_hold(dashboard, scripted):
    told = {"events": [link(1, None, 0), link(2, 1, 30)], "reactions": [reaction(1, receiver("a.b", 60.0))]}
    scripted.page_of = lambda query: told if "correlationid" in query else {"events": []}
    scripted.position, scripted.head = 3, 2
    dashboard.reload()
    scripted.wait_for(lambda: len(scripted.of("hello")) == 2)
    scripted.send(batch(3, [link(3, 2, 40)]))
    row(dashboard, 0).click()

    expect(dashboard.locator("#cause-tree a")).to_have_count(3)
    assert [level for level, _ in tree(dashboard)] == [1, 2, 3, 4]


def test_what_nobody_holds_any_more_is_said_to_be_missing(dashboard, scripted):
    scripted.send(
        batch(1, [link(1, 70, 0), event(2), event(3, correlationid="alone"), link(4, None, 0, correlationid="x")])
    )
    row(dashboard, 3).click()
    expect(dashboard.locator("#cause-tree li")).to_have_count(3)
    assert tree(dashboard)[1] == [1, "an event that is not held here"]

    for index in (2, 1):  # neither cause nor origin is known
        row(dashboard, index).click()
        expect(dashboard.locator("#cause")).to_be_hidden()
    row(dashboard, 0).click()
    expect(dashboard.locator("#cause")).to_be_visible()


def test_a_ghost_in_the_chain_is_no_link(dashboard, scripted):
    scripted.send(batch(1, [link(1, None, 0)]))
    scripted.ghosts(link(0, 1, 5, id="0e5f", sequence=None, type="academy.enrolled"))
    expect(rows(dashboard)).to_have_count(2)
    row(dashboard, 1).click()

    expect(dashboard.locator("#cause-tree li")).to_have_count(3)
    expect(dashboard.locator("#cause-tree a")).to_have_count(1)
    assert tree(dashboard)[-1] == [3, "enrolled rolled back –"]


def test_what_is_learnt_later_is_drawn_in_the_tree_too(chain, scripted):
    row(chain, 2).click()
    expect(chain.locator("#cause-note")).to_have_text("4 events, 100.0 ms")

    scripted.reactions(reaction(5, receiver("a.b", 185.0)))

    expect(chain.locator("#cause-note")).to_have_text("4 events, 200.0 ms")
    assert tree(chain)[3] == [4, "mail_sent 185.0 ms"]


ODD = """async () => {
    const {treeOf, linkOf} = await import('/static/frontend/core/chain.js');
    const link = (id, causationid, time = 'never') => linkOf({id, causationid, time, type: 'a.b'}, null);
    const depths = (links) => treeOf(links).rows.map(({link, depth}) => [link.id, depth]);
    const long = Array.from({length: 50}, (_, n) => link(String(n), String(n - 1)));
    return {
        circle: depths([link('a', 'b'), link('b', 'a'), link('c', 'a')]).map(([id]) => id).sort(),
        itself: depths([link('a', 'a')]),
        none: treeOf([]),
        deepest: Math.max(...depths(long).map(([, depth]) => depth)),
        names: depths([link('__proto__', 'constructor')]),
    };
}"""


def test_a_chain_that_cannot_be_is_drawn_once_and_ends(modules):
    assert modules.evaluate(ODD) == {
        "circle": ["a", "b", "c"],
        "itself": [["a", 0]],
        "none": {"rows": [], "ms": 0, "origin": "", "isWhole": True},
        "deepest": 8,
        "names": [["__proto__", 0]],
    }


def test_identity_names_where_the_event_came_from(dashboard, scripted):
    facts = {"originhost": "web-3/2211", "originuser": "auth.user/7", "sentfrom": "academy/services.py:41"}
    scripted.send(batch(1, [link(1, 7, 0, **facts)]))
    row(dashboard, 0).click()

    names = dashboard.locator("#detail-ids dt").all_inner_texts()
    assert names[:7] == ["id", "correlation", "cause", "origin", "sent from", "host", "user"]


def test_a_chain_longer_than_is_drawn_says_that_there_is_more(dashboard, scripted):
    scripted.page_of = lambda query: {"events": [link(n, 1, 1) for n in range(2, 400)], "whole": False}
    scripted.send(batch(1, [link(1, None, 0)]))
    row(dashboard, 0).click()

    expect(dashboard.locator("#cause-note")).to_contain_text("more than 200 events")
    expect(dashboard.locator("#cause-tree a")).to_have_count(200)
