"""What is on the screen: rows by their place, which is not the order of their elements."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# To tell of what passes, element by element, takes longer than to look.
AXE = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
# All that is another in the dark.
CONTRAST = AXE | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}

SUMMARIES = """[...document.querySelectorAll('.rows .row:not([hidden])')]
    .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
    .map((row) => row.querySelector('.c-summary')?.textContent ?? row.textContent)"""


def rows(page: Page) -> Locator:
    """All rows that are drawn, in no order."""
    return page.locator(".rows .row:visible")


def row(page: Page, index: int) -> Locator:
    """The row at this place, 0 being the newest."""
    return page.locator(f'.rows .row[aria-rowindex="{index + 2}"]:visible')


def summaries(page: Page) -> list[str]:
    """What the drawn rows say, from the top."""
    return page.evaluate(SUMMARIES)


def boxes(page: Page) -> list[dict[str, float]]:
    """Where each drawn row is, all of them at one moment."""
    return page.evaluate(
        "[...document.querySelectorAll('.rows .row:not([hidden])')].map((row) => row.getBoundingClientRect().toJSON())"
    )


def no_sideways(page: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def barriers(page: Page) -> str:
    """What keeps people from using the page, as far as a program can tell, in light and in dark."""
    reports = []
    for scheme, options in (("light", AXE), ("dark", CONTRAST)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options=options)
        reports += [found.generate_report()] if found.violations_count else []
    return "\n".join(reports)
