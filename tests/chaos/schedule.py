"""What breaks, and when: a schedule that its seed reproduces. Knows no process, and does nothing."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Seconds between two faults, at least and at most.
EVERY = (1.0, 3.0)
# Seconds after business has begun.
FIRST = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """At `at` seconds, this kind of fault, with what there was to choose already chosen."""

    at: float
    kind: str
    choices: dict[str, Any]

    def __str__(self) -> str:
        chosen = ", ".join(f"{name} {value}" for name, value in self.choices.items())
        return f"{self.at:6.1f} s  {self.kind}{f' ({chosen})' if chosen else ''}"


def schedule(seed: int, seconds: float, database: str, kinds: Sequence[str] = ()) -> list[Fault]:
    """Faults for so many seconds, of these kinds or of all. Each comes once before any comes again."""
    rng = random.Random(f"{seed} {database}")
    kinds = kinds or [kind for kind in KINDS if database == "postgresql" or kind not in ONLY_POSTGRESQL]
    faults: list[Fault] = []
    deck: list[str] = []
    at = FIRST
    while at < seconds:
        if not deck:
            deck = rng.sample(kinds, len(kinds))
        kind = deck.pop()
        faults.append(Fault(at=round(at, 2), kind=kind, choices=KINDS[kind](rng, seconds)))
        # In a short campaign they come thick and fast, so that each comes at all.
        at += min(rng.uniform(*EVERY), seconds / (len(kinds) + 1))
    return faults


def _nothing(rng: random.Random, seconds: float) -> dict[str, Any]:
    return {}


def _emitter(rng: random.Random, seconds: float) -> dict[str, Any]:
    return {"emitter": rng.randrange(EMITTERS)}


def _server(rng: random.Random, seconds: float) -> dict[str, Any]:
    return {"server": rng.randrange(SERVERS), "away": round(rng.uniform(0, 1.5), 1)}


def _pause(rng: random.Random, seconds: float) -> dict[str, Any]:
    who = rng.choice([*(f"emitter {n}" for n in range(EMITTERS)), *(f"server {n}" for n in range(SERVERS))])
    return {"who": who, "seconds": round(rng.uniform(0.5, 8), 1)}


def _away(rng: random.Random, seconds: float) -> dict[str, Any]:
    return {"away": round(rng.uniform(0.2, 3), 1)}


def _ten_seconds(rng: random.Random, seconds: float) -> dict[str, Any]:
    return {"seconds": min(10.0, seconds / 4)}


def _restart(rng: random.Random, seconds: float) -> dict[str, Any]:
    return {"mode": rng.choice(["fast", "immediate"]), "away": round(rng.uniform(0, 2), 1)}


def _burst(rng: random.Random, seconds: float) -> dict[str, Any]:
    return {"events": 50_000 if seconds >= 100 else 5000}


def _late(rng: random.Random, seconds: float) -> dict[str, Any]:
    return {"seconds": round(rng.uniform(1, 5), 1)}


def _prune(rng: random.Random, seconds: float) -> dict[str, Any]:
    return {"keep": rng.choice([0, 0.1, 0.5])}


def _relay(rng: random.Random, seconds: float) -> dict[str, Any]:
    return {"server": rng.randrange(SERVERS)}


SERVERS = 2
EMITTERS = 4

KINDS = {
    "kill an emitter": _emitter,
    "end an emitter between commit and publishing": _emitter,
    "kill a server": _server,
    "terminate a server": _server,
    "stop and continue a process": _pause,
    "kill the broker": _away,
    "flush the broker": _nothing,
    "pause the broker": _ten_seconds,
    "restart the database": _restart,
    "cut the clients' connections": _relay,
    "leave connections half open": _relay,
    "send a burst": _burst,
    "commit late": _late,
    "forge messages": _nothing,
    "double messages": _nothing,
    "reorder messages": _nothing,
    "prune": _prune,
}
# What leaves the parts alone, for campaigns in which the product itself is broken.
GENTLE = (
    "cut the clients' connections",
    "send a burst",
    "commit late",
    "forge messages",
    "double messages",
    "prune",
)
ONLY_POSTGRESQL = {"restart the database"}
