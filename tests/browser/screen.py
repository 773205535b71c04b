"""What is on the screen: rows by their place, which is not the order of their elements."""

from playwright.sync_api import Locator, Page

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

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


def no_sideways(page: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")
