"""
Break everything that can break, while business goes on, and prove that nothing was lost, doubled or turned around:

    python -m tests.chaos --seconds 300 --seed 7
    python -m tests.chaos --mutants

The seconds are for all databases together; the seed reproduces the schedule. With --mutants the product is broken on
purpose, in one way after the other, and each must be noticed. Ends with 3 if a promise was broken.
"""

import argparse
import os
import random
import subprocess
import sys
from typing import Any

import django

DATABASES = ("postgresql", "sqlite")
MUTANT_SECONDS = 6.0
# What a campaign ends with that found something. (Python itself ends with 1 when it breaks down.)
VIOLATED = 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Prove the promises under faults.")
    parser.add_argument("--seconds", type=float, default=300, help="for all databases together; 300 by default")
    parser.add_argument("--seed", type=int, default=random.randrange(100_000), help="a random one by default")
    parser.add_argument("--database", choices=DATABASES, help="this one alone")
    parser.add_argument("--mutant", default="", metavar="NAME", help="with the product broken in this way")
    parser.add_argument("--mutants", action="store_true", help="one campaign with each way to break the product")
    options = parser.parse_args()
    if options.mutants:
        return _mutants(options.seed)
    if options.database or options.mutant:
        return _here(options.database or DATABASES[0], options.seconds, options.seed, options.mutant)
    share = options.seconds / len(DATABASES)
    failed = [name for name in DATABASES if _apart(name, share, options.seed).returncode]
    again = f"make chaos DURATION={options.seconds:g} SEED={options.seed}"
    print(
        f"FAILED on {' and '.join(failed)}" if failed else "passed: nothing lost, nothing twice, in order", f"({again})"
    )
    return VIOLATED if failed else 0


def _here(database: str, seconds: float, seed: int, mutant: str) -> int:
    # Not before it is known that Django is wanted.
    from .campaign import campaign
    from .report import report, verdict

    print(f"chaos on {database}, {seconds:g} s, seed {seed}{f', {mutant}' if mutant else ''}", flush=True)
    faults, evidence, violations = campaign(database, seconds=seconds, seed=seed, mutant=mutant)
    print(*report(faults, evidence, violations), sep="\n")
    print(f"{'FAILED' if violations else 'passed'} on {database}: {verdict(violations)}", flush=True)
    return VIOLATED if violations else 0


def _apart(
    database: str, seconds: float, seed: int, mutant: str = "", **options: Any
) -> "subprocess.CompletedProcess[str]":
    """In a process of its own, since Django knows one set of databases only."""
    command = [sys.executable, "-m", "tests.chaos", "--database", database, "--seconds", str(seconds)]
    return subprocess.run([*command, "--seed", str(seed), "--mutant", mutant], text=True, **options)


def _mutants(seed: int) -> int:
    """A campaign that passes with a mutant, or breaks down, has not noticed it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.chaos.settings"
    django.setup()
    # It knows the product's tables, and so must wait for that.
    from .mutants import MUTANTS

    missed = 0
    for name in MUTANTS:
        done = _apart("postgresql", MUTANT_SECONDS, seed, name, stdout=subprocess.PIPE)
        noticed = done.returncode == VIOLATED
        missed += not noticed
        last = done.stdout.splitlines()[-1] if done.stdout else "no campaign"
        print(f"  {'noticed' if noticed else 'MISSED ':<9}{name:<24}{last}", flush=True)
    print(
        f"{'FAILED' if missed else 'passed'}: {len(MUTANTS) - missed} of {len(MUTANTS)} mutants noticed (seed {seed})"
    )
    return VIOLATED if missed else 0


if __name__ == "__main__":
    sys.exit(main())
