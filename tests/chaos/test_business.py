"""Business goes on for as long as its campaign, and no longer: who sends for nobody would load the machine for ever."""

import os
import subprocess
import sys

from .business import ROOT

CAMPAIGN = """
import os, sys
from pathlib import Path
from tests.chaos.business import starter
emitter = starter(os.environ, "1", Path(sys.argv[1]))("sync", "sync1")
print("started", flush=True)
emitter.wait()
"""


def test_a_campaign_that_is_killed_takes_its_emitters_with_it(tmp_path):
    os.mkfifo(tmp_path / "sync1.txt")
    own = {"DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}", "DJANGO_SETTINGS_MODULE": "tests.chaos.settings"}
    command = [sys.executable, "-c", CAMPAIGN, tmp_path]

    with (
        subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=subprocess.PIPE, text=True) as campaign,
        (tmp_path / "sync1.txt").open() as complaints,
    ):
        started = campaign.stdout.readline()
        campaign.kill()
        # Until the last one that may write there has gone.
        complaints.read()

    assert started == "started\n"
