"""What the log's own operations cost, in a process that has a core to itself. It says so as JSON.

    python -m benchmarks.costs

Nobody else writes: publishers leave their part to it. Times are medians.
"""

import json
import random
import time
from collections.abc import Callable
from statistics import median

from .report import Row
from .school import sender

ROUNDS = 25
# To a round, and so to a publisher's pass.
SENDS = 40
LOOKS = 200
PAGE = 100


def measure() -> Row:
    from events import log
    from events.event import Page
    from events.numbering import is_pending, number
    from events.streams import MAIN

    head = log.head(MAIN).position
    anywhere = random.Random(1)
    send = sender()

    def page_at(start: int) -> Page:
        found = log.read(MAIN, start, PAGE)
        assert [entry.position for entry in found.entries] == list(range(start, start + PAGE))
        return found

    def one_pass() -> None:
        if is_pending(MAIN, using="default", first=0):
            number(MAIN, using="default", first=0)

    sends, passes = [], []
    for _ in range(ROUNDS + 1):
        sends += [_microseconds(send) for _ in range(SENDS)]
        passes.append(_microseconds(one_pass))
    return {
        # What the first round finds is cold.
        "send_us": round(median(sends[SENDS:]), 1),
        "pass_us": round(median(passes[1:]), 1),
        "idle_pass_us": _median(one_pass),
        "head_us": _median(lambda: log.head(MAIN)),
        "newest_us": _median(lambda: page_at(log.head(MAIN).position - PAGE + 1)),
        "middle_us": _median(lambda: page_at(anywhere.randint(1, head - PAGE))),
        "lost": head + len(sends) - log.head(MAIN).position,
    }


def _median(act: Callable[[], object]) -> float:
    return round(median(_microseconds(act) for _ in range(LOOKS)), 1)


def _microseconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1e6


def main() -> None:
    import django

    django.setup()
    from django.conf import settings

    settings.SIGNALCAST = settings.SIGNALCAST | {"PUBLISHER": "off"}
    print(json.dumps(measure()))


if __name__ == "__main__":
    main()
