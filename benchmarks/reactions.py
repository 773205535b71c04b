"""Reactions: what it costs a sender that its receivers are watched, beside a bare call. `make bench-reactions`, or

    python -m benchmarks.reactions [--json path]

Two signals with the same receivers, which do nothing; one of them is observed. Neither is recorded, so that nothing
but the watching is between them: the clocks, and what is done once a signal. They are sent in turns, many short rounds,
and what counts is the time of this thread's processor. What is noted is made into words later, by the publisher.

The exit status is 1 if the sender was answered otherwise, never because it was slow.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from . import cores
from .report import Row, table, write

ROUNDS = 60
SENDS = 200
RECEIVERS = (1, 4, 16)


def measure() -> Iterator[Row]:
    import django

    django.setup()
    with cores.on(cores.SERVER):
        for count in RECEIVERS:
            yield _compare(count)


def _compare(count: int) -> Row:
    plain, observed = _signal(count), _signal(count)
    _observe(observed)
    took: list[tuple[float, float]] = []
    for number in range(ROUNDS):
        # Whoever comes second finds the caches warm.
        pair = (plain, observed) if number % 2 else (observed, plain)
        times = {signal: _microseconds(signal) for signal in pair}
        took.append((times[plain], times[observed]))
    bare, watched = (median(times) for times in zip(*took, strict=True))
    return {
        "bench": "reactions",
        "receivers": count,
        "bare_us": round(bare, 2),
        "observed_us": round(watched, 2),
        "receiver_us": round(median(mine - theirs for theirs, mine in took) / count, 2),
        "ratio": round(median(mine / theirs for theirs, mine in took), 2),
        "same": _answers(plain) == _answers(observed),
    }


def _signal(count: int) -> Any:
    from django.dispatch import Signal

    signal = Signal()
    for number in range(count):
        signal.connect(_receiver(number), weak=False)
    return signal


def _receiver(number: int) -> Any:
    def receive(sender: Any, **arguments: Any) -> int:
        return number

    return receive


def _observe(signal: Any) -> None:
    from events.attachment import Attachment, attached
    from events.observation import observe

    attached[signal] = Attachment(signal=signal, type="benchmark")
    if not observe(signal):
        raise SystemExit("The signal cannot be observed.")


def _microseconds(signal: Any) -> float:
    started = time.thread_time()
    for _ in range(SENDS):
        signal.send(sender=None, order=42, note="hello")
    return (time.thread_time() - started) / SENDS * 1e6


def _answers(signal: Any) -> list[int]:
    return [response for _, response in signal.send(sender=None)]


def show(rows: list[Row]) -> str:
    return table(
        rows,
        [
            ("receivers", lambda row: str(row["receivers"])),
            ("bare µs", lambda row: f"{row['bare_us']:.1f}"),
            ("observed µs", lambda row: f"{row['observed_us']:.1f}"),
            ("a receiver µs", lambda row: f"{row['receiver_us']:.2f}"),
            ("ratio", lambda row: f"{row['ratio']:.1f}"),
        ],
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reactions")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    rows = list(measure())
    print(show(rows))
    if chosen.json:
        write(rows, chosen.json)
    return 0 if all(row["same"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
