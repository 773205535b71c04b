"""consumers.membership: a channel is a member of its group for as long as the context lasts."""

import asyncio

import pytest

from consumers.membership import member

from .conftest import until
from .memory import MemoryLayer

GROUP = "signalcast.main"


async def test_a_member_gets_what_is_sent_to_the_group_and_leaves_it_at_the_end():
    layer = MemoryLayer()

    async with member(layer, GROUP) as channel, asyncio.timeout(5):
        layer.send({"type": "stream.events"})
        assert await layer.receive(channel) == {"type": "stream.events"}

    assert not layer.groups[GROUP]


async def test_a_membership_is_renewed_since_layers_forget(monkeypatch):
    monkeypatch.setattr("consumers.membership.RENEW_SECONDS", 0.001)
    layer = MemoryLayer()

    async with member(layer, GROUP):
        await until(lambda: layer.added > 3)


async def test_nothing_runs_on_after_a_member_that_failed():
    layer = MemoryLayer()
    others = asyncio.all_tasks()

    with pytest.raises(ConnectionError):
        async with member(layer, GROUP):
            raise ConnectionError("gone")

    assert asyncio.all_tasks() == others
