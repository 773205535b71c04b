"""What `pip install .` brings: all of the three packages, and nothing else."""

import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from .conftest import ROOT

PACKAGES = ("events", "consumers", "frontend")
# Types are for who changes the scripts.
LEFT_OUT = ("__pycache__", "types")


@pytest.fixture(scope="session")
def content(wheel) -> set[str]:
    with ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_it_holds_every_file_of_the_three_packages_and_no_other(content):
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    sources = {str(path.relative_to(ROOT)) for path in files if not set(path.parts).intersection(LEFT_OUT)}

    assert content == sources


@pytest.mark.parametrize(
    "file",
    [
        "events/migrations/0001_initial.py",
        "events/py.typed",
        "consumers/py.typed",
        "events/management/commands/emit.py",
        "consumers/management/commands/runserver.py",
        "frontend/templates/frontend/dashboard.html",
        "frontend/static/frontend/app.js",
        "frontend/static/frontend/ui/list.js",
    ],
)
def test_it_holds_what_is_no_module_of_a_package_too(content, file):
    assert file in content


def test_what_is_installed_is_imported_from_there(python, tmp_path):
    code = f"import importlib; print(*(importlib.import_module(name).__file__ for name in {PACKAGES}), sep='\\n')"
    said = subprocess.run([python, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    environment = python.parents[1]
    assert all(Path(line).is_relative_to(environment) for line in said.split())
