"""All benches but the one that goes up to 10,000 clients, one after the other. `make bench`, or

    python -m benchmarks [--json path]

Each shows its table as it would alone. The exit status is 1 if one of them missed something, never because it was slow.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from .report import Row, write

BENCHES = [
    "fanout",
    "latency",
    "burst",
    "send",
    "reactions",
    "replay",
    "memory",
    "connect",
    "end_to_end",
    "drops",
    "browser",
]


def run(bench: str, path: Path) -> tuple[int, list[Row]]:
    """Its exit status and its rows, none if it gave up."""
    print(f"\n{bench}", flush=True)
    started = time.monotonic()
    status = subprocess.run([sys.executable, "-m", f"benchmarks.{bench}", "--json", str(path)]).returncode
    print(f"{bench} took {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return status, json.loads(path.read_text()) if path.exists() else []


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--json", type=Path, help="also write the rows of all of them to this file")
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="signalcast-benchmark-") as folder:
        done = {bench: run(bench, Path(folder) / f"{bench}.json") for bench in BENCHES}
    if chosen.json:
        write([row for _, rows in done.values() for row in rows], chosen.json)
    missed = [bench for bench, (status, _) in done.items() if status]
    print(f"\nMissed something: {', '.join(missed)}." if missed else "\nNothing was missed.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
