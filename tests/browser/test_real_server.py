"""From send() to a row on the screen, through the real server and its real log."""

import os
import pty
import select
import subprocess
import sys
import time
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Server, serve
from tests.browser.screen import row, rows, summaries

LIVE = 10_000  # ms within which a page is connected


def connected(page: Page, server: Server) -> Page:
    page.goto(server.url)
    expect(page.locator(".conn[data-conn=live]")).to_be_visible(timeout=LIVE)
    return page


class Shell:
    """`manage.py shell` at a terminal, as somebody would use it."""

    def __init__(self, server: Server) -> None:
        self.keyboard, terminal = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "shell"],
            cwd=ROOT, env=server.environment, stdin=terminal, stdout=terminal, stderr=terminal,
        )  # fmt: skip
        os.close(terminal)
        self.wait_for(">>> ")

    def type(self, line: str) -> None:
        os.write(self.keyboard, f"{line}\n".encode())

    def wait_for(self, text: str) -> None:
        said = ""
        while text not in said:
            ready, _, _ = select.select([self.keyboard], [], [], 30)
            assert ready, f"The shell has said only: {said}"
            said += os.read(self.keyboard, 4096).decode(errors="replace")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.keyboard)


@pytest.fixture
def shell(server):
    with closing(Shell(server)) as shell:
        yield shell


def send(server: Server, code: str) -> None:
    """Runs code in `manage.py shell`, in which the signals and models are imported already."""
    server.manage("shell", "-c", code)


def test_a_signal_sent_from_a_shell_is_a_row_within_a_second(watched, server, shell):
    page = connected(watched, server)

    def until_it_is_a_row(count):
        started = time.monotonic()
        shell.type("order_paid.send(sender=Order, order=Order.objects.first(), note='from the shell')")
        expect(rows(page)).to_have_count(count)
        return time.monotonic() - started

    # The machine may be busy with something else, though not each time.
    assert any(until_it_is_a_row(count) < 1 for count in range(1, 11))
    row(page, 0).click()
    expect(page.locator("#payload")).to_contain_text('"note": "from the shell"')


def test_the_command_that_the_empty_page_prints_makes_a_row(watched, server):
    page = connected(watched, server)
    command = page.locator("#example-shell").inner_text()

    subprocess.run(command, shell=True, cwd=ROOT, env=server.environment, check=True, capture_output=True, timeout=60)

    expect(row(page, 0)).to_contain_text("order_paid")
    expect(rows(page)).to_have_count(1)


def test_the_code_that_the_empty_page_prints_makes_a_row(watched, server):
    page = connected(watched, server)
    code = page.locator("#example-code").inner_text()

    send(server, code)

    expect(row(page, 0)).to_contain_text("order_paid")


def test_a_server_that_was_killed_and_started_again_left_no_gap(watched, server):
    page = connected(watched, server)
    send(server, "for n in range(5): order_paid.send(sender=Order, n=n)")
    expect(rows(page)).to_have_count(5)

    server.kill()
    expect(page.locator(".conn__text")).to_contain_text("Reconnecting")
    expect(page.locator("#proof")).to_contain_text("more may wait")
    send(server, "for n in range(5, 12): order_paid.send(sender=Order, n=n)")
    server.start()

    expect(page.locator("#recovered")).to_have_text("7 recovered", timeout=20_000)
    expect(page.locator("#missed")).to_have_text("0 missed")
    expect(page.locator("#proof")).to_have_text("12 sent = stored = shown")
    expect(rows(page)).to_have_count(12)
    assert positions(page) == list(range(12, 0, -1))


def test_a_page_that_is_reloaded_shows_what_was_there(watched, server):
    send(server, "for n in range(30): order_paid.send(sender=Order, n=n)")
    page = connected(watched, server)
    expect(page.locator("#held")).to_contain_text("30 held")

    page.reload()

    expect(page.locator("#held")).to_contain_text("30 held")
    expect(page.locator("#missed")).to_have_text("0 missed")


def test_two_thousand_events_in_one_loop_all_arrive_once_and_in_order(watched, server):
    page = connected(watched, server)
    send(server, "for n in range(2000): order_paid.send(sender=Order, n=n)")

    expect(page.locator("#proof")).to_have_text("2,000 sent = stored = shown", timeout=30_000)
    expect(page.locator("#held")).to_contain_text("2,000 held")
    # The footer is drawn when it may be, and the list when it may be.
    expect(row(page, 0)).to_contain_text("n 1999")
    shown = positions(page)
    assert shown == list(range(2000, 2000 - len(shown), -1))


def test_what_is_rolled_back_is_shown_as_that_and_never_as_an_event(watched, server):
    page = connected(watched, server)
    send(
        server,
        "from django.db import transaction\n"
        "with transaction.atomic():\n"
        "    order_paid.send(sender=Order, note='undone')\n"
        "    transaction.set_rollback(True)\n"
        "order_paid.send(sender=Order, note='kept')\n",
    )

    undone = rows(page).filter(has_text="rolled back")
    expect(rows(page)).to_have_count(2)
    expect(undone).to_have_count(1)
    expect(undone).to_contain_text("undone")
    rows(page).filter(has_not_text="rolled back").click()
    expect(page.locator("#payload")).to_contain_text("kept")
    page.reload()
    expect(rows(page)).to_have_count(1)


def test_a_hostile_payload_is_shown_and_does_nothing(watched, server):
    page = connected(watched, server)
    send(
        server,
        "bad = '<img src=x onerror=alert(1)></script>' + chr(0x202e) + chr(0) + chr(0xd800)\n"
        "deep = []\n"
        "for _ in range(200): deep = [deep]\n"
        "order_paid.send(sender=Order, **{'__proto__': bad, 'text': bad, 'big': 2**63, 'nan': float('nan'),"
        " 'deep': deep, 'password': 'hunter2', 'huge': 'x' * 200_000})",
    )

    expect(rows(page)).to_have_count(1)
    row(page, 0).click()
    expect(page.locator("#payload")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#payload")).to_contain_text("9223372036854775808")
    assert page.locator(".json__mark").count() >= 3
    assert "hunter2" not in page.content()
    assert page.locator("img").count() == 0


def test_holding_goes_on_counting_what_arrives(watched, server):
    send(server, "order_paid.send(sender=Order)")
    page = connected(watched, server)
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("Space")
    send(server, "for n in range(20): order_paid.send(sender=Order, n=n)")

    expect(page.locator("#strip")).to_contain_text("20 new")
    expect(rows(page)).to_have_count(1)

    page.keyboard.press("l")
    expect(rows(page)).to_have_count(21)


def test_the_page_carries_its_policy(page, server):
    response = page.goto(server.url)

    assert response.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert response.headers["cache-control"] == "no-store"


@pytest.fixture
def closed(seeded, tmp_path):
    """A server as in production: nobody is let in without signing in."""
    yield from serve(seeded, tmp_path, DEBUG="0", SECRET_KEY="a key that only this test knows, and that is long enough")


PEOPLE = """
from django.contrib.auth.models import Permission, User
reader = User.objects.create_user("reader", password="a long password")
reader.user_permissions.add(Permission.objects.get(content_type__app_label="signalcast", codename="view_event"))
User.objects.create_user("stranger", password="a long password")
"""


def sign_in(page: Page, server: Server, name: str) -> None:
    page.goto(server.url)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Sign in").click()


def test_with_debug_off_nobody_sees_anything_before_signing_in(watched, closed):
    closed.manage("shell", "-c", PEOPLE)
    watched.goto(closed.url)
    expect(watched.get_by_role("heading", name="Sign in")).to_be_visible()
    assert watched.url == f"{closed.url}accounts/login/?next=/"

    sign_in(watched, closed, "reader")
    expect(watched.locator(".conn[data-conn=live]")).to_be_visible(timeout=LIVE)
    expect(watched.locator(".top__user")).to_have_text("reader")
    closed.manage("shell", "-c", "order_paid.send(sender=Order)")
    expect(row(watched, 0)).to_contain_text("order_paid")
    expect(row(watched, 1)).to_contain_text("user_logged_in")

    watched.get_by_role("button", name="Sign out").click()
    expect(watched.get_by_role("heading", name="Sign in")).to_be_visible()
    # All of it, its icon too, before its server goes.
    watched.wait_for_load_state("networkidle")


def test_whoever_lacks_the_permission_is_told_so(page, closed):
    closed.manage("shell", "-c", PEOPLE)

    sign_in(page, closed, "stranger")

    expect(page.get_by_role("heading", name="You may not see this stream")).to_be_visible()
    expect(page.locator("main")).to_contain_text("signalcast.view_event")


def test_a_wrong_password_is_said(page, closed):
    sign_in(page, closed, "reader")

    expect(page.get_by_role("alert")).to_be_visible()


def positions(page: Page) -> list[int]:
    """Of the rows on the screen, from the top; each row is opened by its order alone."""
    count = len(summaries(page))
    found = []
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    for _ in range(count):
        text = page.locator("#detail-meta").inner_text()
        found.append(int(text.split("pos ")[1].replace(",", "")))
        page.keyboard.press("j")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    return found
