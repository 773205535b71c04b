"""The page as projects collect static files: plain, with hashes, and with hashes in the imports too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, STATIC_PREFIX
from tests.browser.scripted import ScriptedServer

STORAGES = {
    "plain": "django.contrib.staticfiles.storage.StaticFilesStorage",
    "manifest": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
    "aggregated": "aggregated.Storage",
}

SETTINGS = """
from config.settings import *
STORAGES = {{"staticfiles": {{"BACKEND": "{storage}"}}}}
STATIC_ROOT = "{root}"
"""

AGGREGATED = """
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

class Storage(ManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
"""

RENDER = """
import django
django.setup()
from django.template.loader import render_to_string
config = {"socket": "/ws/", "stream": "main", "login": "/", "user": None, "open": True, "signals": [],
          "examples": {"shell": "", "code": ""}}
print(render_to_string("frontend/dashboard.html", {"config": config}))
"""

TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@pytest.mark.parametrize("kind", STORAGES)
def test_the_page_runs_and_loads_no_module_twice(watched, site, tmp_path, kind):
    root = tmp_path / "static"
    (tmp_path / "aggregated.py").write_text(AGGREGATED)
    (tmp_path / "collected.py").write_text(SETTINGS.format(storage=STORAGES[kind], root=root))
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "collected",
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
        "DEBUG": "0",
    }
    environment["SECRET_KEY"] = "for this test only"
    run("manage.py", "collectstatic", "--noinput", "--verbosity", "0", environment=environment)
    page = run("-c", RENDER, environment=environment)
    asked = serve_from(root, watched, site.url, page)
    scripted = ScriptedServer(watched)

    watched.goto(site.url)

    expect(watched.locator(".conn__text")).to_have_text("Connected")
    modules = [(path.parent, path.name.split(".")[0]) for path in asked if path.suffix == ".js"]
    assert len(modules) == len(set(modules)) > 20
    assert len(scripted.sockets) == 1


def run(*arguments: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def serve_from(root: Path, page, url: str, html: str) -> list[Path]:
    """Answers for the page and its static files from what was collected; returns what is asked for, as it is."""
    asked: list[Path] = []

    def answer(route):
        path = root / route.request.url.removeprefix(f"{url}{STATIC_PREFIX}")
        asked.append(path.relative_to(root))
        if path.is_file():
            route.fulfill(content_type=TYPES[path.suffix], body=path.read_text())
        else:
            route.fulfill(status=404)

    page.route(f"{url}{STATIC_PREFIX}**", answer)
    page.route(url, lambda route: route.fulfill(content_type="text/html", body=html))
    return asked
