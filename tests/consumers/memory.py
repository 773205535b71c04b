"""A log and a channel layer in memory. They fail, wait and forget when a test says so."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from zlib import crc32

from events.event import Entry, Head, Page, rfc3339


def time_of(position):
    """When the event at a position was sent: one a second."""
    return datetime(2026, 11, 22, 10, tzinfo=UTC) + timedelta(seconds=position)


def entry(position, *, epoch="one", type="academy.order_paid", size=0, personal=""):
    """The event at a position. The same position of another epoch is another event."""
    id = f"019ab000-0000-7000-8000-{crc32(epoch.encode()) & 0xFFFF:04x}{position:08x}"
    data = {"number": position, "filling": "x" * size}
    time = rfc3339(time_of(position))
    mark = f',"personal":"{personal}"' if personal else ""
    text = f'{{"specversion":"1.0","id":"{id}","type":"{type}","time":"{time}"{mark},"data":{json.dumps(data)}}}'
    return Entry.of(position, text, source="/signalcast", stream="main", epoch=epoch)


class MemoryLog:
    """As the hub wants it; `calls` lists what it was asked."""

    def __init__(self, events=0):
        self.epoch = "one"
        self.held = []
        self.head_position = 0
        self.interval = 0.001
        self.calls = []
        self.error = None
        self.stale = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.append(events)

    def append(self, events=1, **form):
        added = [entry(self.head_position + 1 + index, epoch=self.epoch, **form) for index in range(events)]
        self.held += added
        self.head_position += events
        return added

    def prune(self, before):
        self.held = [each for each in self.held if each.position >= before]

    def replace(self, epoch, events):
        """Another log in the place of this one."""
        self.epoch, self.held, self.head_position = epoch, [], 0
        self.append(events)

    def restore(self, head, grown=0):
        """The same log, as it was some time ago; since then it has grown by other events."""
        self.held = [each for each in self.held if each.position <= head]
        self.held += [entry(head + 1 + index, epoch="another branch") for index in range(grown)]
        self.head_position = head + grown

    def stay_behind(self, head):
        """One connection still has another log open, with this head: it answers until all are made anew."""
        self.stale = head

    def reconnect(self):
        self.calls.append("reconnect")
        self.stale = None

    def changed(self):
        if self.error:
            raise self.error
        return True

    async def head(self):
        self.calls.append("head")
        return await self._answer(self.stale or Head(epoch=self.epoch, position=self.head_position))

    async def read(self, start, limit):
        self.calls.append((start, limit))
        stop = max(start, min(start + limit, self.head_position + 1))
        oldest = self.held[0].position if self.held else self.head_position + 1
        found = [each for each in self.held if start <= each.position < stop]
        head = Head(epoch=self.epoch, position=self.head_position)
        return await self._answer(Page(head=head, start=start, stop=stop, oldest=oldest, entries=found))

    async def since(self, time):
        self.calls.append(("since", time))
        late = (each.position for each in self.held if datetime.fromisoformat(each.attributes["time"]) >= time)
        return await self._answer(next(late, self.head_position + 1))

    async def _answer(self, answer):
        # What was read is on its way while the world moves on.
        await asyncio.sleep(0)
        await self.may_answer.wait()
        if self.error:
            raise self.error
        return answer


class MemoryLayer:
    """As much of a channel layer as a hub uses; `send` is what a publisher, or a stranger, does to the group."""

    def __init__(self):
        self.groups = {}
        self.mailboxes = {}
        self.added = self.tried = 0
        self.error = None

    def send(self, message, group="signalcast.main"):
        for channel in self.groups.get(group, ()):
            self.mailboxes[channel].put_nowait(message)

    def break_with(self, error):
        """Whoever waits for a message gets the error, and so does who comes, until `error` is None again."""
        self.error = error
        self.groups.clear()
        for mailbox in self.mailboxes.values():
            mailbox.put_nowait(error)

    async def new_channel(self):
        self._complain()
        channel = f"channel{len(self.mailboxes)}"
        self.mailboxes[channel] = asyncio.Queue()
        return channel

    async def receive(self, channel):
        message = await self.mailboxes[channel].get()
        if isinstance(message, Exception):
            raise message
        return message

    async def group_add(self, group, channel):
        self.tried += 1
        self._complain()
        self.added += 1
        self.groups.setdefault(group, set()).add(channel)

    async def group_discard(self, group, channel):
        self.groups.get(group, set()).discard(channel)

    def _complain(self):
        if self.error:
            raise self.error
