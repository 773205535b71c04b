"""Where a client begins: what it asked for, held against what the log has. Knows no Django."""

from dataclasses import dataclass

from events.event import Entry

from .excerpt import MAX_LOOKED_BYTES, Excerpt, Reading
from .filter import EVERYTHING, Filter
from .hub import Hub
from .protocol import Gap, Last, Since, Start
from .sight import FULL, Sight, stand_in
from .subscription import SCAN, LogReplaced, Pruned


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the client is told first. A gap leads from `start` to the position where the stream begins for it."""

    epoch: str
    start: int
    tip: str | None
    head: int
    oldest: int
    gap: Gap | None

    @property
    def position(self) -> int:
        return self.gap.stop if self.gap else self.start


async def open_at(
    hub: Hub, start: Start, filter: Filter, sight: Sight = FULL, *, epoch: str | None = None, tip: str | None = None
) -> Opening:
    """Find the place of a client that wants the stream from `start` on.

    One that resumes says of which log its position is (`epoch`), and the id of the event before it (`tip`). Where
    either does not match, what it has is of another log: it is told so, and starts over from the oldest event.

    Raises LogReplaced if that happens meanwhile.
    """
    # Before the bounds: what it finds lies within them.
    since = await hub.since(start.time) if isinstance(start, Since) else 0
    bounds = await hub.recent_bounds()
    if isinstance(start, int) and start > bounds.head.position + 1:
        # That look may have begun before the client heard of its newest event, from another process; and so may one
        # that is under way.
        await hub.catch_up()
        bounds = await hub.bounds()
    if bounds.head.epoch != hub.epoch or bounds.head.position < hub.head:
        await hub.catch_up()
        bounds = await hub.bounds()
    life = hub.life
    head, oldest = bounds.head.position, bounds.oldest
    if isinstance(start, Since):
        position = await _unseen(hub, sight, min(max(since, oldest), head + 1), oldest)
    else:
        position = await _position(hub, start, filter, sight, head=head, oldest=oldest)
    before = await _entry(hub, position - 1) if oldest < position <= head + 1 else None
    gap = None
    if _is_of_another_log(hub, position, head, epoch, tip, before):
        gap = Gap(start=position, stop=oldest, reason="epoch")
    elif position < oldest:
        gap = Gap(start=position, stop=oldest, reason="retention")
    if before and not sight.knows([before]):
        await sight.learn([before])
    tip = sight.tip(before) if before else None
    if life != hub.life:
        raise LogReplaced
    return Opening(epoch=hub.epoch, start=position, tip=tip, head=head, oldest=oldest, gap=gap)


async def _position(hub: Hub, start: Start, filter: Filter, sight: Sight, *, head: int, oldest: int) -> int:
    match start:
        case int():
            return start
        case "earliest":
            return oldest
        case Last(count) if filter is EVERYTHING and sight.sees_every_event:
            return max(oldest, head + 1 - count)
        case Last(count):
            return await _last(hub, filter, sight, count, oldest, head)
    return head + 1


async def _last(hub: Hub, filter: Filter, sight: Sight, count: int, oldest: int, head: int) -> int:
    """The position of the last event but `count - 1` that matches, or how far back they were looked for."""
    if count == 0:
        return head + 1
    reading = Reading(hub, filter, sight, count, MAX_LOOKED_BYTES)
    return (await _backward(hub, reading, head + 1, oldest)).start


async def _unseen(hub: Hub, sight: Sight, position: int, oldest: int) -> int:
    """The position, or an earlier one, between which nothing is seen: it would tell when what is not seen was sent."""
    if sight.sees_every_event or position <= oldest:
        return position
    low = max(oldest, (position - 1) // SCAN * SCAN)
    newest = (await _backward(hub, Reading(hub, EVERYTHING, sight, 1), position, low)).entries
    return newest[-1].position + 1 if newest else low


async def _backward(hub: Hub, reading: Reading, stop: int, oldest: int) -> Excerpt:
    if hub.head < stop - 1:  # Counting from where this process happens to be would find other events.
        await hub.catch_up()
    return await reading.backward(stop, oldest)


async def _entry(hub: Hub, position: int) -> Entry | None:
    if position > hub.head:  # The client is ahead of this process: another one told it.
        await hub.catch_up()
    try:
        return next(iter(await hub.entries(position, position + 1)), None)
    except Pruned:
        return None


def _is_of_another_log(
    hub: Hub, position: int, head: int, epoch: str | None, tip: str | None, before: Entry | None
) -> bool:
    if epoch is not None and epoch != hub.epoch:
        return True
    if position > head + 1:
        return True
    return tip is not None and before is not None and tip not in (before.id, stand_in(before.id))
