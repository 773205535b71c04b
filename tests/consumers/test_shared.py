"""A question that many have at the same moment is asked once."""

import asyncio

import pytest

from consumers.shared import Kept, Shared


class Outside:
    """Answers when the test says so."""

    def __init__(self):
        self.asked = []
        self.may_answer = asyncio.Event()
        self.error = None

    def of(self, question):
        async def ask():
            self.asked.append(question)
            await self.may_answer.wait()
            if self.error:
                raise self.error
            return question

        return ask


async def waiting_for(shared, outside, questions):
    tasks = [asyncio.create_task(shared.answer(each, outside.of(each))) for each in questions]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_the_same_question_is_asked_once_and_another_one_too():
    shared, outside = Shared(), Outside()

    tasks = await waiting_for(shared, outside, ["who", "who", "where", "who"])
    outside.may_answer.set()

    assert await asyncio.gather(*tasks) == ["who", "who", "where", "who"]
    assert outside.asked == ["who", "where"]


async def test_who_comes_after_the_answer_asks_again():
    shared, outside = Shared(), Outside()
    outside.may_answer.set()

    for _ in range(2):
        await shared.answer("who", outside.of("who"))

    assert outside.asked == ["who", "who"]


async def test_the_others_get_their_answer_when_the_one_who_asked_leaves():
    shared, outside = Shared(), Outside()
    first, second = await waiting_for(shared, outside, ["who", "who"])

    first.cancel()
    await asyncio.sleep(0)
    outside.may_answer.set()

    assert await second == "who"
    assert first.cancelled()


async def test_what_it_raises_reaches_all():
    shared, outside = Shared(), Outside()
    outside.error = OSError("away")
    tasks = await waiting_for(shared, outside, ["who", "who"])

    outside.may_answer.set()

    for task in tasks:
        with pytest.raises(OSError, match="away"):
            await task


async def test_at_the_end_whatever_is_being_asked_is_broken_off():
    shared, outside = Shared(), Outside()
    (waiting,) = await waiting_for(shared, outside, ["who"])

    await shared.stop()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_an_answer_is_kept_for_a_while_and_asked_for_by_all_at_once():
    outside, now = Outside(), [0.0]
    kept = Kept(outside.of("it"), seconds=2, clock=lambda: now[0])

    tasks = [asyncio.create_task(kept.answer()) for _ in range(3)]
    outside.may_answer.set()
    answers = [await task for task in tasks]
    now[0] = 1.9
    answers.append(await kept.answer())
    assert (answers, outside.asked) == (["it"] * 4, ["it"])

    now[0] = 2.1
    await kept.answer()
    assert outside.asked == ["it", "it"]


async def test_an_error_is_not_kept():
    outside = Outside()
    outside.may_answer.set()
    outside.error = RuntimeError("away")
    kept = Kept(outside.of("it"), seconds=2)

    with pytest.raises(RuntimeError):
        await kept.answer()
    outside.error = None

    assert await kept.answer() == "it"
