"""The dashboard as it is, in pictures: `make screenshots`, or `python -m tests.screenshots [SECONDS]`.

A server of its own with the example school does business for two minutes, so that the chart is full. Six pages look on:
three sizes, in light and in dark. What they show is written to docs/screenshots, and docs/dashboard.png is one of it.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import ROOT, Server
from tests.screenshots.palette import Palette

SIZES = {1280: 800, 1920: 1080, 390: 844}
THEMES = ("light", "dark")
FOLDER = ROOT / "docs" / "screenshots"
RATE = 8
# A day has its hours: so many signals a second more, for that part of the time.
RUSHES = ((4, 0.2), (9, 0.3), (6, 0.2), (11, 0.3))
WAIT_MS = 60_000
# At once: the next moment the row may be another one.
OPEN_FAILED = """() => {
    const list = document.getElementById('list').getBoundingClientRect();
    const found = [...document.querySelectorAll('.rows .row:not([hidden], [data-ghost]):has(.c-recv[data-failed])')];
    const row = found.find((one) => one.getBoundingClientRect().bottom < list.bottom);
    row?.click();
    return Boolean(row);
}"""
# Of each row, what its receivers did.
ALL_TOLD = (
    "() => [...document.querySelectorAll('.rows .row:not([hidden]) .c-recv__text')].every((one) => one.textContent)"
)
TYPE = "(field, text) => { field.value = text; field.dispatchEvent(new Event('input')); }"

# What "system-ui" is on most desktops looks like one of these; the first that is installed is taken.
SANS = ("Inter", "Cantarell", "Noto Sans", "Liberation Sans")
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
{}</fontconfig>"""
ALIAS = """<match target="pattern"><test name="family"><string>{}</string></test>
<edit name="family" mode="prepend" binding="strong">{}</edit></match>
"""


class School(Server):
    """A server whose school does business beside it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._busy: list[subprocess.Popen[bytes]] = []

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", *arguments]
        self._busy.append(subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL))
        return self._busy[-1]

    def do(self, *arguments: str) -> None:
        assert self.begin(*arguments).wait(600) == 0

    def close(self) -> None:
        for each in self._busy:
            if each.poll() is None:
                each.send_signal(signal.SIGINT)
                each.wait(30)
        self.kill()


def take(seconds: float) -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="signalcast-screenshots-") as place:
        folder = Path(place)
        with started(folder) as server, browser(folder) as chromium:
            palette = Palette(chromium)
            views = {(width, theme): opened(chromium, server, width, theme) for width in SIZES for theme in THEMES}
            for state in ("empty", "live", "detail", "held", "catalog"):
                if state == "live":
                    business(server, seconds)
                for (width, theme), page in views.items():
                    show(page, state)
                    path = FOLDER / f"{state}-{width}-{theme}.png"
                    path.write_bytes(palette.reduced(page.screenshot()))
                    print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB", flush=True)
    (ROOT / "docs" / "dashboard.png").write_bytes((FOLDER / "live-1280-light.png").read_bytes())


def show(page: Page, state: str) -> None:
    """Brings the page into a state."""
    if state == "catalog":
        page.goto(str(page.locator(".tabs a", has_text="Signals").evaluate("(link) => link.href")))
        expect(page.locator(".conn[data-conn=live]")).to_be_visible(timeout=WAIT_MS)
        page.wait_for_timeout(1500)
        return
    page.bring_to_front()
    page.mouse.move(0, 0)
    if state == "empty":
        expect(page.locator("#empty")).to_be_visible(timeout=WAIT_MS)
    elif state == "live":
        page.keyboard.press("l")
        expect(page.locator(".conn[data-conn=live]")).to_be_visible(timeout=WAIT_MS)
    elif state == "detail":
        page.wait_for_function(OPEN_FAILED, timeout=WAIT_MS)
        expect(page.locator("#detail")).to_be_visible()
    elif state == "held":
        page.keyboard.press("Escape")
        page.keyboard.press("l")
        page.locator("#q").evaluate(
            "(field) => { field.value = '-type:user_logged_in'; field.dispatchEvent(new Event('input')); }"
        )
        page.keyboard.press("Space")
        expect(page.locator("#strip b")).to_contain_text("new")
        page.wait_for_timeout(3000)
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement?.blur()")
    page.wait_for_timeout(700)
    if state == "live":
        page.wait_for_function(ALL_TOLD, timeout=WAIT_MS)


def business(server: School, seconds: float) -> None:
    """Does so much, and goes on with some while the pictures are taken."""
    server.begin("simulate", "--rate", str(RATE), "--seconds", "900")
    for rate, part in RUSHES:
        server.do("simulate", "--rate", str(rate), "--seconds", f"{seconds * part:.1f}")


@contextmanager
def started(folder: Path) -> Iterator[School]:
    server = School(folder)
    server.manage("migrate", "--verbosity", "0")
    server.manage("seed")
    server.start()
    try:
        yield server
    finally:
        server.close()


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    fonts = folder / "fonts.conf"
    wanted = "".join(f"<string>{name}</string>" for name in SANS)
    fonts.write_text(FONTS.format("".join(ALIAS.format(name, wanted) for name in ("system-ui", "sans", "sans-serif"))))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"],
            chromium_sandbox=False,
            args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
            env={**os.environ, "FONTCONFIG_FILE": str(fonts)},
        )
        yield chromium
        chromium.close()


def opened(chromium: Browser, server: Server, width: int, theme: str) -> Page:
    page = chromium.new_page(
        viewport={"width": width, "height": SIZES[width]},
        color_scheme=theme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Vienna",
    )
    page.goto(server.url)
    expect(page.locator(".conn__text")).to_have_text("Connected")
    return page


if __name__ == "__main__":
    take(float(sys.argv[1]) if len(sys.argv) > 1 else 120)
