"""The compiler: the load clients are C programs, and made again when their source has changed."""

import os
import subprocess
from pathlib import Path

_SOURCES = Path(__file__).parent


def binary(program: str) -> Path:
    return _SOURCES.parent / "build" / "benchmarks" / program


def build(program: str) -> None:
    source, made = _SOURCES / f"{program}.c", binary(program)
    if made.exists() and made.stat().st_mtime > source.stat().st_mtime:
        return
    made.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-Wall", "-Wextra", "-o", made, source], check=True)
