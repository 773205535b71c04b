"""The browser: whether the dashboard stays smooth and small on a busy stream. `make bench-browser`, or

    python -m benchmarks.browser [--rate 1000] [--seconds 20] [--held 100000] [--json path]

A real Chromium has the dashboard of a real `manage.py serve` open, and another process sends. The page first gets as
many events as it holds at most, then goes on at the given pace: while its reader only watches, and while the reader
scrolls, opens events and filters. Both times what it holds is exported, and compared with what was sent.

The exit status is 1 if an event is missing, doubled or out of order, never because it was slow.
"""

import argparse
import itertools
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

from .page import Page, page
from .report import Row, table, write
from .school import School, school
from .systems import ours, prepared

# What the page keeps at most.
CAPACITY = 100_000
# Between two frames, in milliseconds: the display shows 60 a second.
LATE = 25


def measure(rate: int, seconds: int, held: int) -> Iterator[Row]:
    with ExitStack() as stack:
        # As `make run` has it: SQLite, and no Valkey.
        folder = stack.enter_context(TemporaryDirectory(prefix="signalcast-benchmark-"))
        running = ours(stack, prepared(DATABASE_URL=f"sqlite:///{folder}/db.sqlite3", REDIS_URL=""))
        sender = stack.enter_context(school(running.environment))
        bench = Bench(stack.enter_context(page(running)), sender)
        bench.fill(held)
        for reader in READERS:
            yield bench.run(reader, rate, seconds)


class Bench:
    """A page, and who sends to it."""

    def __init__(self, page: Page, school: School) -> None:
        self._page = page
        self._school = school
        self._sent = page.position

    def fill(self, count: int) -> None:
        print(f"Sending {count:,} events ...", file=sys.stderr, flush=True)
        self._school.begin(count)
        self._school.done()
        self._sent += count
        self._page.wait_for(self._sent)

    def run(self, reader: str, rate: int, seconds: int) -> Row:
        print(f"The reader {reader}, for {seconds} s ...", file=sys.stderr, flush=True)
        with self._page.metered() as found:
            self._school.begin(rate * seconds, rate)
            READERS[reader](self._page, seconds)
            took = self._school.done()
        self._sent += rate * seconds
        self._page.wait_for(self._sent)
        row = {"bench": "browser", "system": "signalcast", "reader": reader, "clients": 1, "events": rate * seconds}
        return row | {"wall_s": round(took, 1)} | _smoothness(**found) | self._page.weight() | self._loss()

    def _loss(self) -> Row:
        """Of the newest events, as many as the page keeps."""
        found = self._page.exported()
        wanted = range(max(1, self._sent - CAPACITY + 1), self._sent + 1)
        return {
            "held": len(found),
            "lost": len(set(wanted) - set(found)) + self._page.missed,
            "doubled": len(found) - len(set(found)),
            "out_of_order": sum(after < before for before, after in itertools.pairwise(found)),
        }


def _smoothness(frames: list[float], tasks: list[float], busy: float, **_: Any) -> Row:
    percentiles = quantiles(frames, n=100)
    return {
        "frames": len(frames),
        "p50_ms": round(percentiles[49], 1),
        "p99_ms": round(percentiles[98], 1),
        "max_ms": round(max(frames), 1),
        "late_frames": sum(frame > LATE for frame in frames),
        "long_tasks": len(tasks),
        "longest_task_ms": round(max(tasks, default=0)),
        "busy": round(busy, 3),
    }


# -- Readers ---------------------------------------------------------------------------------------------------------


def _watches(page: Page, seconds: int) -> None:
    page.tab.wait_for_timeout(1000 * seconds)


def _works(page: Page, seconds: int) -> None:
    """One thing after another, for so long."""
    deadline = time.monotonic() + seconds
    for act in itertools.cycle([_scroll, _read, _filter]):
        act(page)
        page.tab.keyboard.press("l")
        if time.monotonic() >= deadline:
            return


def _scroll(page: Page) -> None:
    """Down for a second, and half the way up."""
    page.tab.locator("#list").hover()
    for distance in [400] * 20 + [-400] * 10:
        page.tab.mouse.wheel(0, distance)
        page.tab.wait_for_timeout(50)


def _read(page: Page) -> None:
    """An event, and the ten before it."""
    page.tab.locator(".rows .row:visible").nth(5).click()
    for _ in range(10):
        page.tab.keyboard.press("j")
        page.tab.wait_for_timeout(100)
    page.tab.keyboard.press("Escape")


def _filter(page: Page) -> None:
    """By type, then by text, in everything that the page holds."""
    for query in ("type:order_*", '"receipt 99"', ""):
        page.tab.fill("#q", query)
        page.tab.wait_for_timeout(500)
    page.tab.locator("#q").blur()


READERS = {"watches": _watches, "works": _works}

# -- The report ------------------------------------------------------------------------------------------------------


def is_whole(row: Row) -> bool:
    return not (row["lost"] or row["doubled"] or row["out_of_order"])


def show(rows: list[Row]) -> str:
    return table(
        rows,
        [
            ("reader", lambda row: row["reader"]),
            ("events", lambda row: f"{row['events']:,}"),
            ("seconds", lambda row: f"{row['wall_s']:.1f}"),
            ("held", lambda row: f"{row['held']:,}"),
            ("lost", lambda row: f"{row['lost']:,}"),
            ("frames", lambda row: f"{row['frames']:,}"),
            ("p50 ms", lambda row: f"{row['p50_ms']:.1f}"),
            ("p99 ms", lambda row: f"{row['p99_ms']:.1f}"),
            ("max ms", lambda row: f"{row['max_ms']:.1f}"),
            ("late", lambda row: f"{row['late_frames']:,}"),
            ("long tasks", lambda row: f"{row['long_tasks']:,}"),
            ("longest ms", lambda row: f"{row['longest_task_ms']:,}"),
            ("busy", lambda row: f"{row['busy']:.0%}"),
            ("heap MB", lambda row: f"{row['heap_mb']:.1f}"),
            ("outside MB", lambda row: f"{row['outside_mb']:.1f}"),
            ("process MB", lambda row: f"{row['process_mb']:.0f}"),
        ],
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser")
    parser.add_argument("--rate", type=int, default=1000, help="events a second")
    parser.add_argument("--seconds", type=int, default=20, help="for each reader")
    parser.add_argument("--held", type=int, default=CAPACITY, help="events that the page gets before")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    chosen = parser.parse_args()
    rows = list(measure(chosen.rate, chosen.seconds, chosen.held))
    print(show(rows))
    if chosen.json:
        write(rows, chosen.json)
    return 0 if all(map(is_whole, rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
