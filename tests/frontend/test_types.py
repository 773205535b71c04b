"""The types that the scripts' comments give, by TypeScript's checker."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKER = ROOT / "node_modules" / ".bin" / "tsc"

pytestmark = pytest.mark.node


def check(folder):
    return subprocess.run([CHECKER, "--project", folder / "jsconfig.json"], capture_output=True, text=True)


def test_every_script_keeps_to_the_types_of_its_comments():
    checked = check(ROOT)

    assert checked.returncode == 0, checked.stdout


def test_a_script_that_does_not_is_found(tmp_path):
    shutil.copy(ROOT / "jsconfig.json", tmp_path)
    shutil.copytree(ROOT / "frontend", tmp_path / "frontend")
    script = tmp_path / "frontend" / "static" / "frontend" / "lib" / "backoff.js"
    script.write_text(script.read_text().replace("this.#tries = 0", "this.#tries = 'none'"))

    checked = check(tmp_path)

    assert checked.returncode != 0
    assert "backoff.js" in checked.stdout
