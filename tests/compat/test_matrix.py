"""tests.compat.matrix: which interpreters are found, and what is said if one is missing."""

import sys

import pytest

from . import matrix


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A PATH on which there are only programs of the test's own. Adds one that answers so."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))

    def add(name, answer, folder=tmp_path):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{answer}\n")
        (folder / name).chmod(0o755)
        return str(folder / name)

    add.pyenv = tmp_path / "pyenv" / "versions"
    return add


def test_what_is_on_the_path_and_pyenvs_are_found_in_order(path):
    newest = path("python3.99", "echo 3 99 1 final")
    pyenvs = path("python3", "echo 3 98 0 final", path.pyenv / "3.98.0" / "bin")

    found = matrix.interpreters()

    assert (found[3, 98, 0], found[3, 99, 1]) == (pyenvs, newest)
    assert list(found) == sorted(found)
    assert sys.version_info[:3] in found


def test_what_is_too_old_unfinished_or_broken_is_left_out(path):
    path("python3.10", "echo 3 10 13 final")
    path("python3.97", "echo 3 97 0 beta")
    path("python3.98", "exit 1")
    path("python3-config", "echo 3 99 0 final")

    assert list(matrix.interpreters()) == [sys.version_info[:3]]


def test_a_python_that_is_missing_is_named(path, capsys):
    assert matrix.main() == 1

    said, complaint = capsys.readouterr()
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}." in said
    assert "Missing: Python 3.1" in complaint
