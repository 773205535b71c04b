"""Arrivals, from Python: clients that connect, say hello where that is usual, and stay. See arrive.c."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import compiler, cores
from .systems import Running

PROGRAM = "arrive"


@contextmanager
def arrivals(running: Running, clients: int, in_flight: int) -> Iterator[dict[str, Any]]:
    """What became of them, once all have arrived, or nobody does any more. They stay until the context ends."""
    compiler.build(PROGRAM)
    words = [running.dialect, running.port, running.path, clients, in_flight, *running.headers]
    with cores.on(cores.REST):
        process = subprocess.Popen(
            [compiler.binary(PROGRAM), *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    try:
        said = process.stdout.readline()
        if not said:
            raise SystemExit("Nobody arrives; see above.")
        found: dict[str, Any] = json.loads(said)
        yield found
    finally:
        process.kill()
        process.communicate()
