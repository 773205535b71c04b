"""A page of the log: an excerpt, and where it lies. Knows no Django."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from .answer import text_of
from .excerpt import Excerpt, Reading
from .filter import Filter
from .hub import Hub
from .opening import open_at
from .protocol import Gap, Start
from .sight import Sight
from .subscription import LogReplaced

Link = Callable[[Mapping[str, str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants. Without a start, the page that ends at `before`, or at the head, is read backward."""

    filter: Filter
    start: Start | None = None
    before: int | None = None
    epoch: str | None = None
    """The log of which the positions are, if that was said."""
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    excerpt: Excerpt
    epoch: str
    head: int
    oldest: int
    stop: int
    """Where the pages end for now that follow this one: behind the head, or where somebody wants no more."""

    def text(self, link: Link, reactions: Sequence[str] | None = None) -> str:
        """As JSON. `link` makes the address of another page from its place."""
        facts: dict[str, object] = {
            "epoch": self.epoch,
            "from": self.excerpt.start,
            "to": self.excerpt.stop,
            "head": self.head,
            "oldest": self.oldest,
            "previous": link(self._previous) if self.excerpt.start > self.oldest else None,
            "next": link(self._next) if self.excerpt.stop < self.stop else None,
        }
        if gap := self.excerpt.gap:
            facts["gap"] = {"from": gap.start, "to": gap.stop, "reason": gap.reason}
        return text_of(facts, self.excerpt.entries, reactions)

    @property
    def _previous(self) -> Mapping[str, str]:
        return {"before": f"{self.epoch}:{self.excerpt.start}"}

    @property
    def _next(self) -> Mapping[str, str]:
        bound = {"before": f"{self.epoch}:{self.stop}"} if self.stop <= self.head else {}
        return {"after": f"{self.epoch}:{self.excerpt.stop - 1}"} | bound


async def page_of(hub: Hub, asked: Asked, sight: Sight) -> Page:
    """Raises LogReplaced, and what the log raises."""
    page = await (_backward(hub, asked, sight) if asked.start is None else _forward(hub, asked, asked.start, sight))
    if page.epoch != hub.epoch:
        raise LogReplaced
    return page


async def _forward(hub: Hub, asked: Asked, start: Start, sight: Sight) -> Page:
    opening = await open_at(hub, start, asked.filter, sight, epoch=asked.epoch)
    if hub.head < opening.head:
        await hub.catch_up()
    end = opening.head + 1
    stop = min(asked.before or end, end)
    found = await _reading(hub, asked, sight).forward(opening.position, max(stop, opening.position))
    if opening.gap:
        found = replace(found, gap=replace(opening.gap, stop=found.start))
    return Page(excerpt=found, epoch=opening.epoch, head=opening.head, oldest=opening.oldest, stop=stop)


async def _backward(hub: Hub, asked: Asked, sight: Sight) -> Page:
    before = asked.before or 0
    bounds = await hub.bounds()
    if bounds.head.epoch != hub.epoch or bounds.head.position != hub.head or before > hub.head + 1:
        # That look may have begun before the client heard of its newest event, from another process.
        await hub.catch_up()
        bounds = await hub.bounds()
    epoch, end, oldest = bounds.head.epoch, bounds.head.position + 1, bounds.oldest
    if before > end or (asked.epoch and asked.epoch != epoch):
        found = await _reading(hub, asked, sight).backward(end, oldest)
        found = replace(found, gap=Gap(start=before, stop=found.stop, reason="epoch"))
    elif before and before < oldest:
        gap = Gap(start=1, stop=before, reason="retention") if before > 1 else None
        found = Excerpt(start=1, stop=1, entries=(), gap=gap)
    else:
        found = await _reading(hub, asked, sight).backward(before or end, oldest)
    return Page(excerpt=found, epoch=epoch, head=end - 1, oldest=oldest, stop=end)


def _reading(hub: Hub, asked: Asked, sight: Sight) -> Reading:
    return Reading(hub, asked.filter, sight, asked.limit)
