"""A log and a channel layer in memory. They fail, wait and forget when a test says so."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

from events.event import Entry, Head, Note, Notes, Page, rfc3339


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


def line_of(position, *, receiver="academy.receivers.book", size=0, **outcome):
    """What one receiver did with the event at a position."""
    told = {"receiver": receiver, "ms": 1.5, "outcome": "ok", "filling": "x" * size} | outcome
    return json.dumps({"pos": position, "id": entry(position).id, "reactions": [told]}, separators=(",", ":"))


def ghost_line(number, *, type="academy.order_paid", personal="", **more):
    """An event that rolled back."""
    mark = {"personal": personal} if personal else {}
    told = {"specversion": "1.0", "id": f"019ab000-0000-7000-8000-f{number:011x}", "type": type} | mark | more
    told |= {"data": {"number": number}, "outcome": "rolledback"}
    return json.dumps(told, separators=(",", ":"))


class MemoryLog:
    """As the hub wants it; `calls` lists what it was asked."""

    def __init__(self, events=0):
        self.epoch = "one"
        self.held = []
        self.notes = []
        self.noted = 0
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

    def note(self, *positions, **outcome):
        """What receivers did with these events becomes known."""
        for position in positions:
            self._note("reactions", position, line_of(position, **outcome))

    def ghost(self, *numbers, **form):
        for number in numbers:
            self._note("ghost", None, ghost_line(number, **form))

    def _note(self, kind, position, text):
        self.noted += 1
        id = json.loads(text)["id"] if position is None else entry(position, epoch=self.epoch).id
        self.notes.append(
            Note(cursor=self.noted, kind=kind, position=position, event_id=id, type="academy.order_paid", text=text)
        )

    def prune(self, before):
        self.held = [each for each in self.held if each.position >= before]

    def prune_notes(self, before):
        self.notes = [each for each in self.notes if each.cursor >= before]

    def replace(self, epoch, events):
        """Another log in the place of this one."""
        self.epoch, self.held, self.head_position, self.notes, self.noted = epoch, [], 0, [], 0
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
        return await self._answer(self.stale or self._head)

    async def read(self, start, limit):
        self.calls.append((start, limit))
        stop = max(start, min(start + limit, self.head_position + 1))
        oldest = self.held[0].position if self.held else self.head_position + 1
        found = [each for each in self.held if start <= each.position < stop]
        return await self._answer(Page(head=self._head, start=start, stop=stop, oldest=oldest, entries=found))

    async def read_notes(self, after, limit):
        self.calls.append(("notes", after))
        start, stop = after + 1, max(after + 1, min(after + 1 + limit, self.noted + 1))
        oldest = self.notes[0].cursor if self.notes else self.noted + 1
        entries = {each.position: each for each in self.held}
        found = [replace(each, entry=entries.get(each.position)) for each in self.notes if start <= each.cursor < stop]
        return await self._answer(Notes(start=start, stop=stop, oldest=oldest, notes=found))

    async def notes_of(self, start, stop):
        self.calls.append(("notes of", start, stop))
        found = [each for each in self.notes if each.position and start <= each.position < stop]
        return await self._answer(sorted(found, key=lambda each: each.position))

    @property
    def _head(self):
        return Head(epoch=self.epoch, position=self.head_position, noted=self.noted)

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
