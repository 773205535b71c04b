"""The command line of a bench that compares systems: which of them, where the rows go, what the exit status is."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .load import build
from .report import Column, Row, table, write
from .run import is_whole
from .systems import System, installed, left_out


def parser(bench: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=f"python -m benchmarks.{bench}")
    made.add_argument("--systems", nargs="+", choices=[system.name for system in installed()], help="all, without it")
    made.add_argument("--json", type=Path, help="also write the rows to this file")
    return made


def systems(chosen: argparse.Namespace) -> list[System]:
    """Those that were chosen, in the order in which they are listed. Builds the load client for them."""
    build()
    if chosen.systems:
        return [system for system in installed() if system.name in chosen.systems]
    for line in left_out():
        print(line, file=sys.stderr)
    return installed()


def report(
    rows: Iterable[Row],
    columns: Sequence[Column],
    chosen: argparse.Namespace,
    is_whole: Callable[[Row], bool] = is_whole,
) -> int:
    """Shows the rows when all are there. The exit status: 1 if one of ours is not whole."""
    found = list(rows)
    print(table(found, columns))
    if chosen.json:
        write(found, chosen.json)
    return 0 if all(map(is_whole, found)) else 1
