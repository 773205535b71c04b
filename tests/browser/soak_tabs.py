"""What takes a browser minutes: lines that die silently, sockets cut under load, sessions that end, a ring that turns;
and what a machine must have time for: a page that was busy, and a thousand events a second.

`make soak` runs it, after the server's own; its name keeps it out of `make test`.
"""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server, serve
from tests.browser.screen import row
from tests.browser.scripted import batch, event
from tests.chaos.relay import Relay

LIVE = 20_000


class Line:
    """A relay between the page and its server, in a thread of its own: it can be cut, or fall silent."""

    def __init__(self, server: Server) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._relay = Relay(server.port)
        self._run(self._relay.start())
        self.url = f"http://127.0.0.1:{self._relay.port}/"

    def cut(self) -> None:
        self._loop.call_soon_threadsafe(self._relay.cut)

    def fall_silent(self) -> None:
        self._loop.call_soon_threadsafe(self._relay.fall_silent)

    def stop(self) -> None:
        self._run(self._relay.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


@pytest.fixture
def line(server) -> Iterator[Line]:
    line = Line(server)
    yield line
    line.stop()


def connected(page, url):
    page.goto(url)
    expect(page.locator(".conn[data-conn=live]")).to_be_visible(timeout=LIVE)
    return page


def test_a_line_that_dies_silently_is_noticed_and_the_page_resumes(page, server, line):
    connected(page, line.url)
    server.manage("shell", "-c", "for n in range(5): order_paid.send(sender=Order, n=n)")
    expect(page.locator("#proof b")).to_have_text("5", timeout=LIVE)

    line.fall_silent()
    server.manage("shell", "-c", "for n in range(7): order_paid.send(sender=Order, n=n)")

    expect(page.locator(".conn__text")).to_contain_text("No word from the server", timeout=25_000)
    expect(page.locator("#proof")).to_contain_text("more may wait")
    expect(page.locator("#proof")).to_have_text("12 sent = stored = shown", timeout=40_000)
    expect(page.locator("#recovered")).to_have_text("7 recovered")
    expect(page.locator("#missed")).to_have_text("0 missed")


def test_sockets_that_are_cut_under_load_lose_and_double_nothing(page, server, line):
    connected(page, line.url)
    sending = threading.Thread(
        target=server.manage, args=("shell", "-c", "for n in range(4000): order_paid.send(sender=Order, n=n)")
    )

    sending.start()
    while sending.is_alive():
        page.wait_for_timeout(700)
        line.cut()
    sending.join()

    expect(page.locator("#proof")).to_have_text("4,000 sent = stored = shown", timeout=60_000)
    expect(page.locator("#missed")).to_have_text("0 missed")
    expect(page.locator("[role=grid]")).to_have_attribute("aria-rowcount", "4001")
    expect(page.locator(".row--gap:visible")).to_have_count(0)


# Nothing else happens on the page until the server has as many events.
BUSY = """(wanted) => {
    for (let head = 0; head < wanted;) {
        const question = new XMLHttpRequest();
        question.open('GET', 'api/events/?last=1', false);
        question.send();
        head = JSON.parse(question.responseText).head;
    }
}"""


def test_a_page_that_was_busy_says_that_it_is_behind_and_then_shows_all(page, server):
    connected(page, server.url)
    page.evaluate("""() => {
        window.said = [];
        const text = document.querySelector('.conn__text');
        new MutationObserver(() => said.push(text.textContent)).observe(text, {childList: true, characterData: true});
    }""")
    sending = threading.Thread(
        target=server.manage, args=("shell", "-c", "for n in range(8000): order_paid.send(sender=Order, n=n)")
    )

    sending.start()
    expect(row(page, 0)).to_be_visible(timeout=LIVE)
    page.evaluate(BUSY, 8000)
    sending.join()

    expect(page.locator("#proof")).to_have_text("8,000 sent = stored = shown", timeout=60_000)
    expect(page.locator("#missed")).to_have_text("0 missed")
    expect(page.locator(".conn__text")).to_have_text("Live")
    assert any(text.startswith("This tab is slow") for text in page.evaluate("said")), page.evaluate("said")


METER = """() => {
    window.frames = [];
    window.long = 0;
    new PerformanceObserver((list) => { long += list.getEntries().length; }).observe({type: 'longtask'});
    let last = performance.now();
    const next = (now) => {
        frames.push(now - last);
        last = now;
        requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
}"""


def test_a_thousand_events_a_second_leave_the_page_smooth_and_small(dashboard, scripted):
    """For 20 s, on a machine that has nothing else to do."""
    scripted.events(1, 50)
    expect(row(dashboard, 0)).to_contain_text("order 50")
    dashboard.evaluate(METER)
    for start in range(51, 20_051, 50):
        scripted.events(start, 50)
        dashboard.wait_for_timeout(max(0, start - dashboard.evaluate("frames.reduce((sum, ms) => sum + ms, 0)")))
    expect(row(dashboard, 0)).to_contain_text("order 20050", timeout=LIVE)

    frames, long_tasks = dashboard.evaluate("[frames.toSorted((a, b) => a - b), long]")
    p95 = frames[int(len(frames) * 0.95)]
    session = dashboard.context.new_cdp_session(dashboard)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    assert (p95 <= 20, long_tasks <= 10, heap <= 40) == (True, True, True), (p95, long_tasks, heap)


def test_a_full_ring_that_turns_over_takes_no_more_memory(dashboard, scripted):
    """Twice as many events as it holds, and once more as many."""

    def send(start: int, count: int) -> None:
        for at in range(start, start + count, 1000):
            scripted.send(batch(at, [event(n) for n in range(at, at + 1000)]))
        expect(row(dashboard, 0)).to_contain_text(f"order {start + count - 1}", timeout=120_000)

    def weight() -> float:
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"]

    session = dashboard.context.new_cdp_session(dashboard)
    send(1, 200_000)
    before = weight()
    send(200_001, 100_000)
    after = weight()

    expect(dashboard.locator("#held")).to_contain_text("let go")
    assert after < 1.1 * before, f"{before / 1e6:.1f} MB became {after / 1e6:.1f} MB"


@pytest.fixture
def closed(seeded, tmp_path):
    yield from serve(seeded, tmp_path, DEBUG="0", SECRET_KEY="a key that only this test knows, and that is long enough")


READER = """
from django.contrib.auth.models import Permission, User
reader = User.objects.create_user("reader", password="a long password")
reader.user_permissions.add(Permission.objects.get(content_type__app_label="signalcast", codename="view_event"))
"""


def test_two_tabs_show_the_same_and_both_learn_that_their_reader_was_signed_out(watched, closed):
    closed.manage("shell", "-c", READER)
    watched.goto(closed.url)
    watched.get_by_label("Username").fill("reader")
    watched.get_by_label("Password").fill("a long password")
    watched.get_by_role("button", name="Sign in").click()
    other = watched.context.new_page()
    other.goto(closed.url)
    for tab in (watched, other):
        expect(tab.locator(".conn[data-conn=live]")).to_be_visible(timeout=20_000)
    closed.manage("shell", "-c", "for n in range(50): order_paid.send(sender=Order, n=n)")
    for tab in (watched, other):
        expect(tab.locator("#proof")).to_have_text("51 sent = stored = shown", timeout=20_000)

    closed.manage("shell", "-c", "from django.contrib.sessions.models import Session; Session.objects.all().delete()")

    for tab in (watched, other):
        expect(tab.locator(".conn__text")).to_have_text("Signed out", timeout=90_000)
        expect(tab.get_by_role("link", name="Sign in")).to_be_visible()
        expect(tab.locator("#retry")).to_be_hidden()
    other.close()
