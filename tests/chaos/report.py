"""What a campaign found, as a table for people. The last line is the verdict, and how to have the same again."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from .audit import KINDS, Evidence, Violation
from .follower import Notes
from .schedule import Fault


def report(faults: Sequence[Fault], evidence: Evidence, violations: Sequence[Violation]) -> Iterator[str]:
    """The lines of the table."""
    yield "  faults"
    for kind, count in sorted(Counter(fault.kind for fault in faults).items()):
        yield f"    {kind:<48}{count:>8,}"
    outages = [outage for notes in evidence.clients for outage in notes.outages]
    yield "  the whole"
    for name, value in {
        "transactions' rows that committed": f"{len(evidence.committed):,}",
        "events in the log": f"{evidence.head:,}",
        "of them pruned": f"{evidence.pruned - 1:,}",
        "deliveries": f"{sum(len(notes.got) for notes in evidence.clients):,}",
        "longest outage, as a client saw it": _seconds(max(outages, default=0)),
        "recovery time p50": _seconds(_percentile(outages, 50)),
        "recovery time p99": _seconds(_percentile(outages, 99)),
    }.items():
        yield f"    {name:<48}{value:>8}"
    yield "  clients                       events  connections  gaps  longest outage"
    yield from map(_client, evidence.clients)
    for violation in violations:
        yield f"  VIOLATION: {violation}"


def verdict(violations: Iterable[Violation]) -> str:
    """`0 lost, 0 doubled, …`."""
    counts = Counter[str]()
    for violation in violations:
        counts[violation.kind] += violation.count
    return ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS)


def _client(notes: Notes) -> str:
    outage = _seconds(max(notes.outages, default=0))
    return f"    {notes.name:<24}{len(notes.got):>8,}{notes.connections + 1:>13,}{len(notes.gaps):>6,}{outage:>16}"


def _percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else 0.0


def _seconds(value: float) -> str:
    return f"{value:.1f} s"
