"""The load client, from Python: built from client.c when that has changed, started, and asked what it has heard."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import compiler, cores

PROGRAM = "client"


class Load:
    """Clients that follow, all of them."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def wait_until_ready(self) -> None:
        self._line()

    def result(self) -> dict[str, Any]:
        """What was heard, as soon as everybody has everything, or nobody has heard anything new for `silence` seconds.

        The connections stay open until the context ends.
        """
        found: dict[str, Any] = json.loads(self._line())
        return found

    def _line(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("The load client has given up; see above.")
        return line


@contextmanager
def load(
    dialect: str,
    port: int,
    path: str,
    *,
    clients: int,
    events: int,
    ledger: Path,
    headers: Sequence[str] = (),
    silence: int = 20,
) -> Iterator[Load]:
    numbers = [str(number) for number in (clients, events)]
    command = [str(compiler.binary(PROGRAM)), "-s", str(silence), dialect, str(port), path, *numbers, str(ledger)]
    with cores.on(cores.REST):
        process = subprocess.Popen([*command, *headers], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Load(process)
    finally:
        process.kill()
        process.communicate()


def build() -> None:
    compiler.build(PROGRAM)
