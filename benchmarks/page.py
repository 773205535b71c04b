"""The page: the dashboard in a real Chromium, driven as its reader does, and weighed from inside."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

from tests.integration.server import ROOT

from .systems import Running

QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
# No sandbox for root, no graphics processor on servers.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", *QUIET]
WINDOW = {"width": 1280, "height": 800}
PATIENCE = 60

# The time that a frame is for, as the browser says: one that was missed makes the next interval twice as long.
METER = """() => {
    const meter = window.meter = {frames: [], tasks: []};
    let last = null;
    const frame = (now) => {
        if (last !== null) meter.frames.push(now - last);
        last = now;
        meter.next = requestAnimationFrame(frame);
    };
    meter.next = requestAnimationFrame(frame);
    meter.observer = new PerformanceObserver((list) => {
        for (const {duration} of list.getEntries()) meter.tasks.push(duration);
    });
    meter.observer.observe({type: 'longtask'});
}"""
READING = """() => {
    cancelAnimationFrame(meter.next);
    meter.tasks.push(...meter.observer.takeRecords().map(({duration}) => duration));
    meter.observer.disconnect();
    return meter;
}"""


class Page:
    def __init__(self, browser: Browser, tab: Tab) -> None:
        self.tab = tab
        self._browser = browser.new_browser_cdp_session()
        self._inside = tab.context.new_cdp_session(tab)
        self._inside.send("Performance.enable")

    @property
    def position(self) -> int:
        """The newest event that it has, as it says itself."""
        return int((self.tab.text_content(".conn__pos b") or "0").replace(",", ""))

    @property
    def missed(self) -> int:
        """How many events it says that it never got."""
        found = re.match(r"([\d,]+) (missed|not shown)", self.tab.text_content("#missed") or "")
        return int(found[1].replace(",", "")) if found else 0

    def wait_for(self, position: int) -> bool:
        """Whether it has this event in the end."""
        deadline = time.monotonic() + PATIENCE
        while self.position < position and time.monotonic() < deadline:
            self.tab.wait_for_timeout(100)
        return self.position >= position

    @contextmanager
    def metered(self) -> Iterator[dict[str, Any]]:
        """Afterwards: `frames` and `tasks`, in milliseconds, and the share of time in which its thread was `busy`."""
        found: dict[str, Any] = {}
        self.tab.evaluate(METER)
        before, started = self._metrics()["TaskDuration"], time.monotonic()
        yield found
        found["busy"] = (self._metrics()["TaskDuration"] - before) / (time.monotonic() - started)
        found |= self.tab.evaluate(READING)

    def weight(self) -> dict[str, float]:
        """In MB, without garbage: its JavaScript heap, what that refers to outside, what its process has for itself."""
        for _ in range(2):
            self._inside.send("HeapProfiler.collectGarbage")
        heap = self._inside.send("Runtime.getHeapUsage")
        return {
            "heap_mb": round(self._metrics()["JSHeapUsedSize"] / 1e6, 1),
            "outside_mb": round(heap.get("backingStorageSize", 0) / 1e6, 1),
            "process_mb": round(max(map(_private_bytes, self._renderers())) / 1e6),
        }

    def exported(self) -> list[int]:
        """The positions in the file that it makes of what it shows."""
        with self.tab.expect_download() as download:
            self.tab.keyboard.press("x")
        with Path(download.value.path()).open() as lines:
            return [int(json.loads(line)["sequence"]) for line in lines]

    def _metrics(self) -> dict[str, float]:
        return {each["name"]: each["value"] for each in self._inside.send("Performance.getMetrics")["metrics"]}

    def _renderers(self) -> list[int]:
        """This page's process, and perhaps a spare one."""
        found = self._browser.send("SystemInfo.getProcessInfo")["processInfo"]
        return [each["id"] for each in found if each["type"] == "renderer"]


@contextmanager
def page(running: Running) -> Iterator[Page]:
    """Signed in, and connected."""
    url = f"http://127.0.0.1:{running.port}/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium(), headless=True, chromium_sandbox=False, args=ARGUMENTS
        )
        context = browser.new_context(viewport=WINDOW, locale="en-GB", timezone_id="UTC", accept_downloads=True)
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in _cookies(running)])
        tab = context.new_page()
        tab.goto(url)
        tab.wait_for_selector(".conn[data-conn=live]")
        yield Page(browser, tab)
        browser.close()


def _cookies(running: Running) -> Iterator[tuple[str, str]]:
    for header in running.headers:
        if header.startswith("Cookie: "):
            name, _, value = header.removeprefix("Cookie: ").partition("=")
            yield name, value


def _chromium() -> str:
    environment = os.environ | {"PYTHON": sys.executable}
    done = subprocess.run(
        [ROOT / "tests" / "chromium.sh"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()


def _private_bytes(pid: int) -> int:
    """What the process has in memory and shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
