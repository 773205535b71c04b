"""consumers.membership: one channel in one group, whatever the layer does."""

import asyncio
from contextlib import asynccontextmanager

from consumers import membership
from consumers.membership import Member

from .conftest import until
from .memory import MemoryLayer

GROUP = "signalcast.main"


@asynccontextmanager
async def member(layer, **parts):
    """A member for as long as the context lasts: what it accepted, and how often it was told that it missed some."""
    accepted, missed = [], []
    others = asyncio.all_tasks()
    work = asyncio.create_task(
        Member(layer, GROUP, accept=accepted.append, missed=lambda: missed.append(1), **parts).run()
    )
    try:
        yield accepted, missed
    finally:
        work.cancel()
        async with asyncio.timeout(5):
            await asyncio.gather(work, return_exceptions=True)
        assert asyncio.all_tasks() == others, "a member left a task behind"


async def joined(layer):
    await until(lambda: layer.groups.get(GROUP))


async def test_a_member_gets_what_is_sent_to_the_group_and_leaves_it_at_the_end():
    layer = MemoryLayer()

    async with member(layer) as (accepted, _):
        await joined(layer)
        layer.send({"type": "stream.events"})
        await until(lambda: accepted == [{"type": "stream.events"}])

    assert not layer.groups[GROUP]


async def test_a_membership_is_renewed_since_layers_forget():
    layer = MemoryLayer()

    async with member(layer, renew=0.001):
        await until(lambda: layer.added > 3)
        layer.groups.clear()
        await joined(layer)


async def test_a_layer_that_cannot_be_reached_for_renewal_is_asked_again(caplog):
    layer = MemoryLayer()

    async with member(layer, renew=0.001):
        await joined(layer)
        layer.error = ConnectionError("gone")
        layer.groups.clear()
        added = layer.tried
        await until(lambda: layer.tried > added + 3)
        layer.error = None
        await joined(layer)

    assert caplog.text == ""


async def test_a_member_keeps_its_channel_and_says_after_each_failure_that_messages_may_be_missing(monkeypatch):
    monkeypatch.setattr(membership, "MIN_BACKOFF", 0.001)
    layer = MemoryLayer()

    async with member(layer) as (accepted, missed):
        for failures in range(1, 4):
            await until(lambda expected=failures: len(missed) == expected)
            layer.break_with(ConnectionError("gone"))
            layer.error = None
            await joined(layer)
            layer.send(failures)
            await until(lambda expected=failures: accepted[-1:] == [expected])

    assert len(layer.mailboxes) == 1


async def test_a_failure_after_a_long_time_of_health_is_a_first_one(monkeypatch, caplog):
    monkeypatch.setattr(membership, "MIN_BACKOFF", 0.001)
    # Each failure in a row doubles the pause: after sixteen it would be a minute.
    monkeypatch.setattr(membership, "MAX_BACKOFF", 60.0)
    monkeypatch.setattr(membership, "WELL_SECONDS", 0.0)
    layer = MemoryLayer()

    async with member(layer) as (_, missed):
        for failures in range(1, 20):
            await until(lambda expected=failures: len(missed) == expected)
            layer.break_with(ConnectionError("idle for too long"))
            layer.error = None

    assert caplog.text.count("The channel layer cannot be reached: ConnectionError: idle for too long") >= 18


class Deaf(MemoryLayer):
    """A layer that loses the first cancellations."""

    lost = 0

    async def receive(self, channel):
        while self.lost < 3:
            try:
                return await super().receive(channel)
            except asyncio.CancelledError:
                self.lost += 1
        return await super().receive(channel)


class Silent(MemoryLayer):
    """A layer whose server answers nobody."""

    async def group_discard(self, group, channel):
        await asyncio.Event().wait()

    group_add = group_discard


async def test_a_member_ends_though_the_layer_loses_cancellations():
    layer = Deaf()

    async with member(layer):
        await joined(layer)

    assert not layer.groups[GROUP]


async def test_a_server_that_answers_nobody_holds_a_member_for_a_moment_only(monkeypatch, caplog):
    monkeypatch.setattr(membership, "JOIN_SECONDS", 0.01)
    monkeypatch.setattr(membership, "LEAVE_SECONDS", 0.01)

    async with member(Silent()):
        await until(lambda: "The channel layer cannot be reached: TimeoutError" in caplog.text)
