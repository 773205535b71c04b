"""The stripes of the list: where all rows are laid out anew, a part of them in each of the next frames."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import row

# What changes of the stripes, and in which frame: those whose rows show nothing, those that keep their width, and what
# can be read in the rows meanwhile, from the top.
WATCH = """() => {
    const stripes = [...document.querySelectorAll('.stripe')];
    const read = (cell) => cell?.checkVisibility() ? cell.innerText : '';
    const place = (row) => Number(row.ariaRowIndex);
    window.seen = [];
    new MutationObserver(() => {
        const rows = [...document.querySelectorAll('.rows .row:not([hidden])')];
        seen.push({
            frame: document.timeline.currentTime,
            blank: stripes.filter((one) => one.matches('[data-blank]')).length,
            kept: stripes.filter((one) => one.style.inlineSize).length,
            head: document.querySelector('#detail').matches('[data-head]'),
            says: rows.sort((a, b) => place(a) - place(b)).map((row) => read(row.querySelector('.c-summary'))),
        });
    }).observe(document.querySelector('.work'), {subtree: true, attributeFilter: ['data-blank', 'data-head', 'style']});
}"""


@pytest.fixture
def watching(dashboard, scripted):
    scripted.events(1, 1000)
    expect(row(dashboard, 0)).to_contain_text("order 1000")
    dashboard.evaluate(WATCH)
    return dashboard


def steps(page, name):
    """Its values, one after another, and whether each had a frame of its own."""
    expect(page.locator(".stripe:is([data-blank], [style*=inline-size])")).to_have_count(0)
    seen = page.evaluate("seen")
    changes = [each for before, each in zip([{name: 0}, *seen], seen, strict=False) if before[name] != each[name]]
    return [each[name] for each in changes], len({each["frame"] for each in changes}) == len(changes)


def test_other_rows_are_laid_out_a_stripe_a_frame_and_until_then_show_nothing(watching):
    watching.fill("#q", '"order 9"')
    expect(row(watching, 20)).to_contain_text("order 979")

    assert steps(watching, "blank") == ([2, 1, 0], True)
    for says in watching.evaluate("seen.slice(seen.findIndex(({blank}) => blank)).map(({says}) => says)"):
        assert says[0] and all(said in ("", f"order {999 - place}") for place, said in enumerate(says))


def test_rows_that_stay_as_they_are_stay_visible(watching):
    watching.keyboard.press("l")
    watching.keyboard.press("Space")
    expect(watching.locator("#strip")).to_contain_text("Holding")

    assert watching.evaluate("seen.filter(({blank}) => blank)") == []


def test_beside_an_event_that_opens_or_closes_rows_get_their_width_a_stripe_a_frame_and_are_always_visible(watching):
    row(watching, 2).click()
    assert steps(watching, "kept") == ([3, 2, 1, 0], True)

    watching.evaluate("seen.length = 0")
    watching.keyboard.press("Escape")
    assert steps(watching, "kept") == ([3, 2, 1, 0], True)
    assert all(all(says) for says in watching.evaluate("seen.map(({says}) => says)"))


def test_an_event_that_opens_has_its_head_a_frame_earlier_than_the_rest_and_the_next_one_all_at_once(watching):
    row(watching, 2).click()
    assert steps(watching, "head") == ([True, False], True)
    assert watching.evaluate("seen[seen.findLastIndex(({head}) => head) + 1].kept") == 3
    expect(watching.locator("#payload")).to_be_visible()

    watching.evaluate("seen.length = 0")
    watching.keyboard.press("j")
    expect(watching.locator("#detail-title")).to_contain_text("order 997")
    assert watching.evaluate("seen.filter(({head, kept, blank}) => head || kept || blank)") == []


def test_a_row_that_shows_nothing_yet_has_the_focus_already(watching):
    watching.keyboard.press("j")
    expect(row(watching, 0)).to_be_focused()

    watching.evaluate("document.querySelectorAll('.stripe').forEach((one) => one.toggleAttribute('data-blank', true))")
    watching.keyboard.press("j")

    expect(row(watching, 1)).to_be_focused()
