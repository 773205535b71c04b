"""What a bench that compares systems says at its end: the table, the rows, the exit status."""

import argparse
import json

import pytest

from benchmarks.command import report

WHOLE = {"bench": "burst", "system": "signalcast", "lost": 0, "doubled": 0, "out_of_order": 0}
COLUMNS = [("system", lambda row: row["system"]), ("lost", lambda row: str(row["lost"]))]


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (WHOLE, 0),
        (WHOLE | {"lost": 1}, 1),
        (WHOLE | {"doubled": 1}, 1),
        (WHOLE | {"out_of_order": 1}, 1),
        (WHOLE | {"system": "channels-core", "lost": 226_500}, 0),
    ],
)
def test_it_fails_if_anything_of_ours_is_amiss_and_shows_what_others_lose(row, status, tmp_path, capsys):
    others = WHOLE | {"system": "nchan"}

    found = report([others, row], COLUMNS, argparse.Namespace(json=tmp_path / "rows.json"))

    assert found == status
    assert json.loads((tmp_path / "rows.json").read_text()) == [others, row]
    assert capsys.readouterr().out.splitlines()[-1].split() == [row["system"], str(row["lost"])]
