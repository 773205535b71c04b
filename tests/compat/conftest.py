"""The wheel, and an interpreter that has it installed and cannot see the checkout."""

import re
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.browser.conftest import base_url, browser_context_args, browser_type_launch_args, watched  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
# Neither sources nor words: what a build, a tool or a demo has left in the checkout.
LEFT_BEHIND = shutil.ignore_patterns(".*", "__pycache__", "db.sqlite3*", "build", "dist", "*.egg-info", "node_modules")

BLOCK = re.compile(r"^```python\n# mysite/(\w+\.py)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def lines_to_add() -> list[tuple[str, str]]:
    """What the README has somebody write into which file."""
    readme = (ROOT / "README.md").read_text()
    section = readme.partition("\n## Add it to your project\n")[2].partition("\n## ")[0]
    return BLOCK.findall(section)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """What `pip install .` installs, built from a copy, since a build writes beside its sources."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "checkout", ignore=LEFT_BEHIND)
    build = ["wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, folder / "checkout"]
    subprocess.run([*PIP, *build], check=True, timeout=120)
    shutil.rmtree(folder / "checkout")
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def python(wheel, tmp_path_factory) -> Path:
    """The interpreter of a fresh environment with Signalcast in it. What it depends on is borrowed from ours."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    subprocess.run([*PIP, "--python", python, "install", "--no-index", "--no-deps", wheel], check=True, timeout=120)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text("\n".join(site.getsitepackages()))
    return python


@pytest.fixture(scope="session")
def started(python, tmp_path_factory) -> Path:
    """The folder of a project that `startproject` made, with the README's lines in it."""
    folder = tmp_path_factory.mktemp("started")
    subprocess.run([python, "-m", "django", "startproject", "mysite", "."], cwd=folder, check=True, timeout=120)
    for file, lines in lines_to_add():
        with (folder / "mysite" / file).open("a") as source:
            source.write(lines)
    return folder
