"""The audit: what clients noted, held against the log, and the log against the business. No I/O.

It knows the promises, and none of the code that keeps them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .follower import Notes


@dataclass(frozen=True, slots=True)
class Logged:
    """An event as the log has it, or had it before it was pruned."""

    id: str
    type: str
    mark: str


@dataclass(slots=True, kw_only=True)
class Evidence:
    """What is there when all is quiet again."""

    committed: set[str]
    """The marks of the business rows: these transactions committed."""
    log: dict[int, Logged]
    head: int
    pruned: int
    """Everything before this position was pruned, and nothing else."""
    pending: int
    """Rows that have no position yet."""
    sent: set[str] = field(default_factory=set)
    """Marks that were sent without a transaction of their own: these may be in the log."""
    promised: set[str] = field(default_factory=set)
    """Those of which the write side said that it has them: these must be."""
    clients: list[Notes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken, by whom, and how often."""

    kind: str
    where: str
    count: int
    example: str

    def __str__(self) -> str:
        return f"{self.count:,} {self.kind} ({self.where}), e.g. {self.example}"


KINDS = ("lost", "doubled", "out of order", "never committed", "altered", "against the protocol")


def audit(evidence: Evidence) -> list[Violation]:
    """Every broken promise. An empty list is the proof that there is none."""
    found = [*_log(evidence)]
    lines: dict[int, int] = {}
    for notes in evidence.clients:
        found += _client(notes, evidence, lines)
    return [Violation(kind, where, len(examples), str(examples[0])) for kind, where, examples in found if examples]


Finding = tuple[str, str, list[object]]


def _log(evidence: Evidence) -> Iterator[Finding]:
    marks = Counter(event.mark for event in evidence.log.values())
    yield "lost", "holes in the log", [*sorted(set(range(1, evidence.head + 1)) - evidence.log.keys())]
    yield "never committed", "positions beyond the head", [*sorted(p for p in evidence.log if p > evidence.head)]
    yield "lost", "rows without a position", ["what waits"] * evidence.pending
    yield "lost", "committed, and not in the log", [*sorted(evidence.committed - marks.keys())]
    yield "lost", "promised, and not in the log", [*sorted(evidence.promised - marks.keys())]
    allowed = evidence.committed | evidence.sent
    yield "never committed", "in the log", [*sorted(marks.keys() - allowed)]
    yield "doubled", "in the log", [mark for mark, count in marks.items() if count > 1]
    yield "out of order", "one sender's in the log", [*_turned_around(evidence)]


def _turned_around(evidence: Evidence) -> Iterator[str]:
    """Events that stand before one that the same sender had sent earlier."""
    newest: dict[str, int] = defaultdict(int)
    for _, event in sorted(evidence.log.items()):
        sender, _, number = event.mark.rpartition(":")
        if event.mark in evidence.committed:
            if int(number) < newest[sender]:
                yield event.mark
            newest[sender] = max(newest[sender], int(number))


def _client(notes: Notes, evidence: Evidence, lines: dict[int, int]) -> Iterator[Finding]:
    positions = [position for position, _, _ in notes.got]
    counts = Counter(positions)
    wanted = {
        position
        for position, event in evidence.log.items()
        if position >= (notes.start or 1) and notes.wants(event.type) and not _is_excused(position, notes, evidence)
    }
    yield "lost", notes.name, [*sorted(wanted - counts.keys())]
    yield "doubled", notes.name, [position for position, count in counts.items() if count > 1]
    yield "out of order", notes.name, [b for a, b in zip(positions, positions[1:], strict=False) if b < a]
    yield "never committed", notes.name, [p for p in counts if p not in evidence.log]
    yield "altered", notes.name, [*_altered(notes, evidence, lines)]
    yield "against the protocol", notes.name, [*notes.faults, *_false_gaps(notes, evidence)]


def _is_excused(position: int, notes: Notes, evidence: Evidence) -> bool:
    return position < evidence.pruned and any(start <= position < stop for start, stop, _ in notes.gaps)


def _altered(notes: Notes, evidence: Evidence, lines: dict[int, int]) -> Iterable[int]:
    """Events that are not those of the log, that others saw with other bytes, or that were not asked for."""
    for position, id, line in notes.got:
        event = evidence.log.get(position)
        if event and (event.id != id or lines.setdefault(position, line) != line or not notes.wants(event.type)):
            yield position


def _false_gaps(notes: Notes, evidence: Evidence) -> Iterator[str]:
    for start, stop, reason in notes.gaps:
        if reason != "retention" or not start < stop <= evidence.pruned:
            yield f"a gap [{start}, {stop}) of the reason {reason}, where [1, {evidence.pruned}) was pruned"
