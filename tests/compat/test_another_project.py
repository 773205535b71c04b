"""From `startproject` to an event in the browser, by the README's lines and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import row

from .conftest import ROOT, lines_to_add
from .project import Project

LIVE = 20_000  # ms within which a page is connected


@pytest.fixture(scope="module")
def project(python, started) -> Iterator[Project]:
    project = Project(started, python)
    project.manage("migrate", "--verbosity", "0")
    yield project
    project.stop()


def test_the_readme_asks_for_less_than_ten_lines():
    files = [file for file, _ in lines_to_add()]
    lines = [line for _, added in lines_to_add() for line in added.splitlines() if line.strip()]

    assert files == ["settings.py", "urls.py", "asgi.py"]
    assert len(lines) < 10


def test_there_is_nothing_to_complain_about(project):
    assert "no issues" in project.manage("check", "--fail-level", "WARNING")
    assert "No changes" in project.manage("makemigrations", "--check", "--dry-run")


@pytest.mark.only_on("sqlite")
def test_a_signal_of_somebody_elses_is_seen_in_the_browser(project, watched: Page):
    project.manage(
        "createsuperuser", "--noinput", "--username=maria", "--email=maria@example.com",
        DJANGO_SUPERUSER_PASSWORD="a long password",
    )  # fmt: skip
    project.start()
    watched.goto(f"{project.url}/signals/")
    expect(watched.locator(".conn[data-conn=live]")).to_be_visible(timeout=LIVE)

    other = watched.context.new_page()
    other.goto(f"{project.url}/admin/")
    other.get_by_label("Username").fill("maria")
    other.get_by_label("Password").fill("a long password")
    other.get_by_role("button", name="Log in").click()

    expect(row(watched, 0)).to_contain_text("user_logged_in")
    expect(row(watched, 0)).to_contain_text("auth.User")
    other.goto(f"{project.url}/admin/signalcast/eventrow/")
    expect(other.locator("#result_list tbody tr")).to_contain_text("auth.user_logged_in")
    assert "Traceback" not in project.output


def test_the_path_of_the_checkout_is_nowhere(project):
    said = project.manage("shell", "-c", "import sys; print(sys.path)")

    assert f"'{ROOT}'" not in said
    assert str(Path(project.folder)) in said
