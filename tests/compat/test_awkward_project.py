"""A project that does nearly everything in another way: prefix, users, times, sign-in, and an app labelled `events`."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, build_opener

import psycopg
import pytest
from playwright.sync_api import Page, expect
from websockets.sync.client import connect

from tests.browser.screen import row

from .project import Project

PEOPLE = """
from people.models import Person
for email, may in [("reader@example.com", "signalcast.view_event"), ("stranger@example.com", "events.view_event")]:
    person = Person(email=email, may=may)
    person.set_password("a long password")
    person.save()
"""
MOVE = """
from agenda.models import Event
from agenda.signals import meeting_moved
meeting_moved.send(sender=Event, event=Event.objects.create(title="Budget"))
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Iterator[str]:
    """The address of a database of the project's own."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'db.sqlite3'}"
        return
    name = f"awkward_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def project(python, database, tmp_path_factory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("awkward") / "project"
    shutil.copytree(Path(__file__).parent / "awkward", folder, ignore=shutil.ignore_patterns("__pycache__"))
    project = Project(folder, python, DATABASE_URL=database)
    project.manage("migrate", "--run-syncdb", "--verbosity", "0")
    project.manage("shell", "-c", PEOPLE)
    project.start("--insecure")
    yield project
    project.stop()
    assert "Traceback" not in project.output


class Visitor:
    """A browser without a screen: it keeps cookies, and follows no redirect."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies), NotFollowed())

    def get(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, where it leads to, text."""
        try:
            answer = self.opener.open(f"{self.project.url}{path}", urlencode(data).encode() if data else None, 30)
        except HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers.get("Location", ""), answer.read().decode()

    def sign_in(self, email: str) -> str:
        """Where that leads to."""
        _, _, page = self.get("/site/door/?next=/site/ops/stream/")
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
        status, location, page = self.get("/site/door/", fields | {"username": email, "password": "a long password"})
        assert status == 302, page
        return location

    def first(self, query: str) -> dict:
        """The first event on the websocket."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)
        address = f"{self.project.url.replace('http', 'ws')}/site/ops/stream/ws/?{query}"
        with connect(address, origin=self.project.url, additional_headers={"Cookie": cookies}) as socket:
            return json.loads(socket.recv(timeout=30))


class NotFollowed(HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


@pytest.fixture
def visitor(project) -> Visitor:
    return Visitor(project)


def test_it_is_content_and_has_nothing_to_migrate(project):
    assert "no issues" in project.manage("check", "--fail-level", "WARNING")
    assert "No changes" in project.manage("makemigrations", "signalcast", "--check", "--dry-run")


def test_a_stranger_is_sent_to_the_page_that_login_url_names(visitor):
    assert visitor.get("/site/ops/stream/")[:2] == (302, "/site/door/?next=/site/ops/stream/")


def test_whoever_signs_in_comes_back_to_a_page_whose_addresses_all_work(visitor):
    page = visitor.sign_in("reader@example.com")
    status, _, text = visitor.get(page)
    files = re.findall(r'(?:src|href)="(/[^"?]+)"', text)

    assert (page, status) == ("/site/ops/stream/", 200)
    assert '"socket": "/site/ops/stream/ws/"' in text
    assert '<span class="top__user">reader@example.com</span>' in text
    assert len(files) >= 4
    assert {visitor.get(file)[0] for file in files} == {200}
    pages = {file for file in files if not file.startswith("/site/assets/frontend/")}
    assert pages == {"/site/ops/stream/catalog/"}


def test_the_permission_of_another_app_called_events_opens_nothing(visitor):
    status, _, text = visitor.get(visitor.sign_in("stranger@example.com"))

    assert status == 403
    assert "signalcast.view_event" in text
    assert visitor.first("last=1")["data"]["code"] == 4403


def test_an_event_has_the_other_apps_names_and_the_time_in_utc(project, visitor):
    project.manage("shell", "-c", MOVE)
    visitor.sign_in("reader@example.com")
    event = visitor.first("last=1")

    assert event["type"] == "events.meeting_moved"
    assert event["subject"].startswith("events.event/")
    assert event["data"]["event"]["fields"] == {"title": "Budget"}
    assert event["time"].endswith("Z")
    assert abs(datetime.now(UTC) - datetime.fromisoformat(event["time"])) < timedelta(minutes=10)


def test_its_signals_are_described_with_the_other_apps_names(project, visitor):
    project.manage("shell", "-c", MOVE)
    visitor.sign_in("reader@example.com")

    _, _, page = visitor.get("/site/ops/stream/catalog/")
    _, _, text = visitor.get("/site/ops/stream/api/signals/")

    assert '"signals": "/site/ops/stream/api/signals/"' in page
    (moved,) = json.loads(text)["signals"]
    assert (moved["type"], moved["source"]) == ("events.meeting_moved", "agenda/signals.py:3")
    assert moved["documentation"] == "event"
    assert moved["count"] >= 1
    assert moved["shell"] == "meeting_moved.send(sender=Event, event=Event.objects.first())"


@pytest.mark.only_on("sqlite")
def test_it_is_seen_in_the_browser_by_somebody_who_signed_in_by_e_mail(project, watched: Page):
    watched.goto(f"{project.url}/site/ops/stream/")
    watched.get_by_label("Email").fill("reader@example.com")
    watched.get_by_label("Password").fill("a long password")
    watched.get_by_role("button", name="Sign in").click()
    expect(watched.locator(".conn[data-conn=live]")).to_be_visible(timeout=20_000)

    project.manage("shell", "-c", MOVE)

    expect(row(watched, 0)).to_contain_text("meeting_moved")
    expect(row(watched, 0)).to_contain_text("Budget")
