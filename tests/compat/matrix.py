"""The tests on the oldest and on the newest Python that is found here, and so on Django 5.2 and on the newest Django.

Run by `make test-compat`. Environments are made beside the usual one, and kept.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements" / "test.txt"
# Django 5.2 is the newest for the first of them, and no longer so from the second on.
OLDEST, NEWER = (3, 11), (3, 12)
PARTS = [f"tests/{part}" for part in ("events", "consumers", "frontend", "academy", "integration", "compat")]
ON_POSTGRESQL = ["tests/events", "tests/integration", "tests/compat/test_awkward_project.py"]
OURS = ("DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL")
ABOUT = "import sys; print(*sys.version_info[:3], sys.version_info.releaselevel)"

Version = tuple[int, int, int]


def interpreters() -> dict[Version, str]:
    """The released Pythons that Signalcast runs on: those on the PATH, pyenv's, and the one that runs this."""
    folders = [*os.get_exec_path(), *map(str, (_pyenv() / "versions").glob("*/bin")), str(Path(sys.executable).parent)]
    paths = [path for folder in folders for path in Path(folder).glob("python3*") if _is_python(path.name)]
    found: dict[Version, str] = {}
    for path in paths:
        version = _version(path)
        if version and version[:2] >= OLDEST:
            found[version] = str(path)
    return dict(sorted(found.items()))


def environment(version: Version, python: str) -> str:
    """The interpreter of an environment for this Python that has all requirements."""
    if version == sys.version_info[:3]:
        return sys.executable
    folder = ROOT / f".venv-compat-{version[0]}.{version[1]}"
    own, stamp = folder / "bin" / "python", folder / "requirements.txt"
    if _version(own) != version or not stamp.exists() or stamp.read_bytes() != REQUIREMENTS.read_bytes():
        print(f"Installing what the tests need in {folder.name} ...", flush=True)
        subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
        subprocess.run([own, *install, REQUIREMENTS], check=True)
        shutil.copy(REQUIREMENTS, stamp)
    return str(own)


def run(python: str) -> bool:
    """Whether all tests have passed there."""
    pytest = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    commands = [[*pytest, *PARTS], [python, "-m", "tests.postgresql", *pytest, *ON_POSTGRESQL]]
    statuses = [subprocess.run(command, cwd=ROOT, env=clean).returncode for command in commands]
    return not any(statuses)


def main() -> int:
    found = interpreters()
    print("Found:", *(f"  Python {_dotted(version)}  {path}" for version, path in found.items()), sep="\n")
    if not found or min(found)[:2] > OLDEST or max(found)[:2] < NEWER:
        missing = (
            "3.11, for Django 5.2" if not found or min(found)[:2] > OLDEST else "3.12 or newer, for the newest Django"
        )
        print(f"Missing: Python {missing}. Install it, e.g. with pyenv or uv, or put it on the PATH.", file=sys.stderr)
        return 1
    oldest = max(version for version in found if version[:2] == OLDEST)
    results = []
    for version in (oldest, max(found)):
        python = environment(version, found[version])
        django = subprocess.check_output([python, "-m", "django", "--version"], text=True).strip()
        title = f"Python {_dotted(version)}, Django {django}"
        print(f"\n{title}\n", flush=True)
        started = time.monotonic()
        passed = run(python)
        results.append((passed, f"{title}: {'passed' if passed else 'FAILED'} in {time.monotonic() - started:.0f} s"))
    print("", *(line for _, line in results), sep="\n")
    return 0 if all(passed for passed, _ in results) else 1


def _pyenv() -> Path:
    return Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")


def _is_python(name: str) -> bool:
    return bool(re.fullmatch(r"python3(\.\d+)?", name))


def _version(python: Path) -> Version | None:
    """None if it does not start, or is no final release."""
    try:
        said = subprocess.run([python, "-c", ABOUT], capture_output=True, text=True, timeout=20).stdout.split()
    except OSError:
        return None
    if len(said) != 4 or said[3] != "final":
        return None
    return int(said[0]), int(said[1]), int(said[2])


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    sys.exit(main())
