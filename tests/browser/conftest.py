"""A real Chromium, and the real server as a process of its own."""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.client import Client, events, welcome
from tests.browser.joined import join
from tests.browser.screen import row
from tests.browser.scripted import Log, ScriptedServer
from tests.integration.server import free_port

ROOT = Path(__file__).resolve().parents[2]
STATIC, STATIC_PREFIX = ROOT / "frontend" / "static", "static/"
PAGES = ("frontend/app.js", "frontend/catalog/page.js")
# What a page is waited for; on a busy machine everything takes long.
expect.set_options(timeout=20_000)
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="session")
def base_url() -> None:
    """In the place of pytest-base-url's own, of which pytest warns."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        pytest.fail("No Chromium found. Install one (apt-get install chromium), or set CHROMIUM to its path.")
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    return browser_type_launch_args | {
        "executable_path": chromium,
        "headless": True,
        "chromium_sandbox": False,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-quic", *quiet],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    view = {"width": 1280, "height": 800}
    return browser_context_args | {"viewport": view, "locale": "en-GB", "timezone_id": "UTC"}


class Server:
    """The demo in a process of its own, with a database of its own. Stopped, it can be started again."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.folder = folder
        database = f"sqlite:///{folder / 'db.sqlite3'}"
        inherited = {
            name: value for name, value in os.environ.items() if name not in ("DJANGO_SETTINGS_MODULE", "DEBUG")
        }
        self.environment = inherited | {"DATABASE_URL": database, "PORT": str(self.port)} | environment
        self.process: subprocess.Popen[bytes] | None = None

    def manage(self, *arguments: str, text: str = "") -> str:
        """Runs a management command in the project's folder, and returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, input=text, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{self.port}"],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + 30
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "server.log").read_text()
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}static/frontend/tokens.css", timeout=5):
                return True
        except OSError:
            return False

    def kill(self) -> None:
        """As a machine that loses its power would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture(scope="session")
def seeded(tmp_path_factory) -> Path:
    """A database as a first `make run` leaves it: tables, a student, a course and an order."""
    server = Server(tmp_path_factory.mktemp("seeded"))
    server.manage("migrate", "--verbosity", "0")
    server.manage("seed")
    return server.folder / "db.sqlite3"


def serve(seeded: Path, folder: Path, **environment: str) -> Iterator[Server]:
    shutil.copy(seeded, folder / "db.sqlite3")
    server = Server(folder, **environment)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def joined(tmp_path_factory) -> dict[str, str]:
    """The environment of a server that serves each page's modules joined into one script."""
    folder = tmp_path_factory.mktemp("joined")
    for page in PAGES:
        script = folder / page
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(join(STATIC / page))
    return {"DJANGO_SETTINGS_MODULE": "tests.browser.joined_settings", "JOINED": str(folder)}


@pytest.fixture(scope="session")
def site(seeded, joined, tmp_path_factory) -> Iterator[Server]:
    """One server for all tests that only need the page: their websocket is scripted."""
    yield from serve(seeded, tmp_path_factory.mktemp("site"), **joined)


@pytest.fixture
def server(seeded, joined, tmp_path) -> Iterator[Server]:
    """A server of the test's own, to send to, kill and start again."""
    yield from serve(seeded, tmp_path, **joined)


@pytest.fixture
def unjoined(seeded, tmp_path) -> Iterator[Server]:
    """The same, with all modules as they are: what loads them must not be waited for by every test."""
    yield from serve(seeded, tmp_path)


@pytest.fixture
def watched(page: Page, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Fails its test on console errors, page errors, dialogs, policy reports and requests to other hosts."""
    for server in {"server", "unjoined"} & {*request.fixturenames}:
        # So that it is still there when this fixture ends: whatever the page asks of it is answered until then.
        request.getfixturevalue(server)
    bad: list[str] = []

    def said(message):
        # The icon loads when the browser likes, perhaps from a server that a test has killed meanwhile.
        is_cut_off = "WebSocket connection" in message.text or message.location["url"].endswith("/mark.svg")
        if message.type in ("error", "warning") and not is_cut_off:
            bad.append(f"{message.type}: {message.text}")

    def asked(dialog):
        bad.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", said)
    page.on("pageerror", lambda error: bad.append(f"page error: {error}"))
    page.on("dialog", asked)
    page.on("request", lambda request: None if is_ours(request.url) else bad.append(f"off host: {request.url}"))
    page.add_init_script("""
        window.reports = [];
        addEventListener('securitypolicyviolation', ({violatedDirective, blockedURI}) => {
            reports.push(`${violatedDirective} ${blockedURI}`);
        });
    """)
    yield page
    reports = page.evaluate("window.reports ?? []")
    assert bad == []
    assert reports == []


def is_ours(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "blob:"))


@pytest.fixture
def scripted(watched: Page) -> ScriptedServer:
    return ScriptedServer(watched)


@pytest.fixture
def dashboard(watched: Page, site: Server, scripted: ScriptedServer) -> Page:
    """The page, open and welcomed by a scripted server whose log is empty."""
    watched.goto(site.url)
    scripted.wait_for(lambda: scripted.of("hello"))
    expect(watched.locator(".conn__text")).to_have_text("Connected")
    return watched


@pytest.fixture
def log(scripted) -> Log:
    return Log(scripted, 2600)


@pytest.fixture
def board(watched, site, log) -> Page:
    """The page, with the newest 500 of 2,600 events."""
    watched.goto(site.url)
    expect(row(watched, 0)).to_contain_text("order 2600")
    return watched


@pytest.fixture
def modules(watched: Page, site: Server) -> Page:
    """A page of this origin that runs nothing: a place to import single modules into."""
    blank = "<!doctype html><link rel='icon' href='/static/frontend/mark.svg'>"
    watched.route(f"{site.url}blank", lambda route: route.fulfill(content_type="text/html", body=blank))
    watched.goto(f"{site.url}blank")
    return watched


@pytest.fixture
def client(modules) -> Client:
    modules.clock.install(time=0)
    modules.clock.pause_at(1000)
    return Client(modules)


@pytest.fixture
def live(client) -> Client:
    """Connected, with events 1 to 42 behind it."""
    client.open()
    client.accept()
    client.receive(welcome())
    client.receive(events(1, 42))
    return client
