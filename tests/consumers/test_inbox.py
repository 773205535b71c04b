"""What a client says is heard in order, and the socket is not read while too much of it waits."""

import asyncio

import pytest

from consumers.inbox import MOST, Inbox


class Socket:
    """Notes whether it is read."""

    is_read = True

    def pauseProducing(self):
        self.is_read = False

    def resumeProducing(self):
        self.is_read = True


async def test_messages_are_heard_in_the_order_in_which_they_came():
    inbox = Inbox(Socket())
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)

    for number in range(5):
        inbox.put_nowait(number)

    assert await waiting == 0
    assert [await inbox.get() for _ in range(4)] == [1, 2, 3, 4]


async def test_a_full_inbox_stops_the_socket_until_there_is_room():
    socket = Socket()
    inbox = Inbox(socket)
    for number in range(MOST - 1):
        inbox.put_nowait(number)
    assert socket.is_read

    # One read may bring many.
    for number in range(MOST - 1, MOST + 10):
        inbox.put_nowait(number)
    assert not socket.is_read

    heard = []
    while not socket.is_read:
        heard.append(await inbox.get())
    assert len(heard) == 11
    assert heard + [await inbox.get() for _ in range(MOST - 1)] == list(range(MOST + 10))


async def test_who_stops_waiting_takes_nothing_with_him():
    inbox = Inbox(Socket())
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    inbox.put_nowait("here")

    assert await inbox.get() == "here"
