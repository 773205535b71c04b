"""Rounds: at once where it is quiet, less often under load."""

import asyncio
from time import monotonic

import pytest

from consumers.rounds import MAX_REST, Rounds

from .conftest import until


class Audience:
    """Notes when each round begins and ends; a round takes as long as it is told to."""

    def __init__(self, seconds=0.0):
        self.seconds = seconds
        self.told = []

    def tell(self):
        began = monotonic()
        while monotonic() - began < self.seconds:
            pass
        self.told.append((began, monotonic()))


async def test_a_lone_event_is_told_at_once():
    audience = Audience()

    Rounds(audience.tell).ask()

    assert len(audience.told) == 1


async def test_what_comes_while_it_rests_goes_with_the_next_round():
    audience = Audience(seconds=0.005)
    rounds = Rounds(audience.tell)

    for _ in range(20):
        rounds.ask()
    await until(lambda: len(audience.told) == 2)

    rounds.ask()
    await until(lambda: len(audience.told) == 3)

    (began, ended), (again, _), _ = audience.told
    assert again - ended >= min(ended - began, MAX_REST) * 0.9


async def test_it_rests_no_longer_than_ten_milliseconds():
    audience = Audience(seconds=MAX_REST * 50)
    rounds = Rounds(audience.tell)
    rounds.ask()
    audience.seconds = 0.0

    async with asyncio.timeout(MAX_REST * 45):
        rounds.ask()
        await until(lambda: len(audience.told) == 2)


async def test_a_round_that_fails_is_not_the_last():
    audience = Audience()
    failures = [RuntimeError("a bug")]

    def tell():
        if failures:
            raise failures.pop()
        audience.tell()

    rounds = Rounds(tell)
    with pytest.raises(RuntimeError):
        rounds.ask()
    rounds.ask()

    await until(lambda: len(audience.told) == 1)


async def test_none_is_made_after_the_end():
    audience = Audience(seconds=0.005)
    rounds = Rounds(audience.tell)
    rounds.ask()
    rounds.ask()

    rounds.stop()

    # Timers run in order: the round's would have run before this one.
    await asyncio.sleep(MAX_REST)
    assert len(audience.told) == 1
