"""Half a minute of everything that can break: exactly once, in order, on both databases. `make chaos` takes longer."""

import subprocess
import sys
from pathlib import Path

from .__main__ import VIOLATED

ROOT = Path(__file__).resolve().parents[2]


def chaos(*options):
    command = [sys.executable, "-m", "tests.chaos", "--seed", "1", *options]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)


def test_half_a_minute_of_faults_lose_nothing_double_nothing_and_keep_the_order():
    done = chaos("--seconds", "30")

    assert done.returncode == 0, done.stdout


def test_with_a_product_that_is_broken_the_same_campaign_notices():
    done = chaos("--seconds", "1", "--mutant", "no-repair")

    assert done.returncode == VIOLATED, done.stdout
