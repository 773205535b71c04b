"""consumers.probe: questions to what may be slow, away or hanging."""

import asyncio

import pytest

from consumers import probe
from consumers.probe import Probe


class Outside:
    """Answers when the test says so."""

    def __init__(self):
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.error = None

    async def ask(self):
        self.asked += 1
        await self.may_answer.wait()
        if self.error:
            raise self.error
        return self.asked


async def waiting_for(question, people):
    tasks = [asyncio.create_task(question.answer()) for _ in range(people)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_it_is_asked_once_for_all_who_want_to_know_at_that_moment():
    outside = Outside()
    question = Probe(outside.ask)

    first, *others = await waiting_for(question, 20)
    first.cancel()
    outside.may_answer.set()

    assert await asyncio.gather(*others) == [1] * 19
    assert await question.answer() == 2


async def test_what_it_raises_reaches_everybody():
    outside = Outside()
    outside.error = OSError("away")
    outside.may_answer.set()
    question = Probe(outside.ask)

    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            await question.answer()


async def test_what_hangs_is_given_up_and_asked_again_only_when_it_has_ended(monkeypatch):
    monkeypatch.setattr(probe, "SECONDS", 0.01)
    outside = Outside()
    outside.error = OSError("nobody hears this any more")
    question = Probe(outside.ask)

    for _ in range(3):
        with pytest.raises(TimeoutError):
            await question.answer()
    assert outside.asked == 1
    outside.may_answer.set()
    outside.error = None
    monkeypatch.setattr(probe, "SECONDS", 5)

    assert {await question.answer(), await question.answer()} & {2}
