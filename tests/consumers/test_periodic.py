"""consumers.periodic: again and again, whatever happens."""

import asyncio

import pytest

from consumers.periodic import every

from .conftest import until


async def test_what_raises_is_logged_and_done_again(caplog):
    done = []

    def fail():
        done.append(None)
        raise OSError("not this time")

    task = asyncio.create_task(every(0.001, fail))
    await until(lambda: len(done) == 3)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert caplog.text.count("OSError: not this time") >= 2


async def test_what_it_returns_is_awaited():
    done = asyncio.Event()

    async def finish():
        done.set()

    task = asyncio.create_task(every(0.001, finish))
    async with asyncio.timeout(5):
        await done.wait()
    task.cancel()
