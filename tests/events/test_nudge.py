"""events.nudge: what the group is told, and that nobody waits for it."""

import asyncio
import json
import time

import pytest
from channels.layers import get_channel_layer
from django.conf import settings as django_settings

from events import nudge
from events.event import Entry
from events.nudge import MAX_BYTES, MAX_EVENTS, Nudge, messages
from events.numbering import Numbered
from events.streams import MAIN, group, key, unseal

HERE = f"{__name__}."


class Recorder:
    """A layer that keeps what it is sent."""

    def __init__(self):
        self.sent = []
        self.loops = set()

    async def group_send(self, group, message):
        self.sent.append((group, message))
        self.loops.add(asyncio.get_running_loop())


class Hanging:
    """A layer whose server does not answer."""

    asked = 0

    async def group_send(self, group, message):
        self.asked += 1
        await asyncio.Event().wait()


class Refusing:
    """A layer whose server is not there."""

    async def group_send(self, group, message):
        raise ConnectionRefusedError


class TooLate:
    """A layer that wants a thread, of which the interpreter starts none any more."""

    async def group_send(self, group, message):
        raise RuntimeError("cannot schedule new futures after shutdown")


def numbered(*lines, start=1):
    entries = [Entry(start + n, line) for n, line in enumerate(lines)]
    return Numbered(epoch="e1", entries=entries)


@pytest.fixture
def layer(settings):
    def use(backend):
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend}} if backend else {}
        return get_channel_layer() if backend and "nowhere" not in backend else None

    return use


@pytest.fixture
def send():
    """Sends from a nudge of the test's own."""
    sender = Nudge()
    yield sender.send
    if sender._loop is not None:
        sender._loop.close()


def test_messages_hold_at_most_so_many_events():
    cut = list(messages(numbered(*["{}"] * (2 * MAX_EVENTS + 50), start=7)))

    assert [len(message.lines) for message in cut] == [MAX_EVENTS, MAX_EVENTS, 50]
    assert [message.start for message in cut] == [7, 7 + MAX_EVENTS, 7 + 2 * MAX_EVENTS]


def test_messages_hold_at_most_so_many_bytes():
    cut = list(messages(numbered(*["x" * (MAX_BYTES // 2)] * 3, "y" * 2 * MAX_BYTES, "z")))

    assert [len(message.lines) for message in cut] == [2, 1, 1, 1]
    assert [message.start for message in cut] == [1, 3, 4, 5]


def test_nothing_makes_no_message():
    assert list(messages(numbered())) == []


def test_what_is_sent_is_sealed_with_the_project_s_key_and_holds_the_lines(send, layer):
    recorder = layer(HERE + "Recorder")
    send(numbered('{"a":1}', '{"a":2}', start=5))

    [(name, raw)] = recorder.sent
    message = unseal(raw, key(django_settings.SECRET_KEY))
    assert name == group(MAIN)
    assert (message.stream, message.epoch, message.start) == (MAIN, "e1", 5)
    assert message.lines == ['{"a":1}', '{"a":2}']


def test_all_is_sent_from_one_loop_since_layers_tie_connections_to_theirs(send, layer):
    recorder = layer(HERE + "Recorder")
    for _ in range(3):
        send(numbered("{}"))

    assert len(recorder.sent) == 3
    assert len(recorder.loops) == 1


def test_to_the_in_memory_layer_nothing_is_sent(send, layer):
    memory = layer("channels.layers.InMemoryChannelLayer")
    asyncio.run(memory.group_add(group(MAIN), "somebody"))
    send(numbered("{}"))

    assert not memory.channels


@pytest.mark.parametrize(
    ("backend", "reason"),
    [(HERE + "Refusing", "ConnectionRefusedError"), ("nowhere.Layer", "Cannot import BACKEND")],
)
def test_a_layer_that_cannot_be_reached_is_counted_each_time_and_told_once_in_a_while(
    send, layer, failed, caplog, backend, reason
):
    layer(backend)
    send(numbered("{}"))
    send(numbered("{}"))

    assert failed() == {"group": 2}
    assert caplog.text.count("The channel layer cannot be reached") == caplog.text.count(reason) == 1


def test_a_layer_that_did_not_answer_is_left_alone_for_a_while_and_then_asked_again(
    send, layer, failed, caplog, monkeypatch
):
    monkeypatch.setattr(nudge, "DEADLINE", 0.05)
    hanging = layer(HERE + "Hanging")
    for _ in range(3):
        send(numbered("{}"))
    asked = hanging.asked
    monkeypatch.setattr(nudge, "REST", 0.0)
    sender = Nudge()
    for _ in range(3):
        sender.send(numbered("{}"))
    sender._loop.close()

    assert asked == 1
    assert hanging.asked == 4
    assert failed() == {"group": 6}
    assert caplog.text.count("The channel layer cannot be reached: TimeoutError") == 4


def test_a_layer_that_wants_a_thread_when_the_interpreter_ends_is_no_fault(send, layer, failed, caplog):
    layer(HERE + "TooLate")
    send(numbered("{}"))

    assert failed() == {"group": 1}
    assert caplog.text == ""


def test_a_host_name_is_looked_up_even_when_the_interpreter_ends(monkeypatch):
    loop = nudge._Loop()

    def refuse(*arguments):
        raise RuntimeError("cannot schedule new futures after shutdown")

    monkeypatch.setattr(loop, "run_in_executor", refuse)
    try:
        assert loop.run_until_complete(loop.getaddrinfo("localhost", 6379))
    finally:
        loop.close()


def test_without_a_layer_nothing_is_sent_and_nothing_fails(send, layer, failed):
    layer(None)
    send(numbered("{}"))

    assert failed() == {}


def test_the_deadline_is_a_second():
    assert nudge.DEADLINE == 1.0


def test_a_layer_that_hangs_delays_neither_the_sender_nor_the_positions(layer, order_paid, positions, monkeypatch):
    monkeypatch.setattr(nudge, "DEADLINE", 0.5)
    layer(HERE + "Hanging")
    started = time.perf_counter()
    for _ in range(3):
        order_paid.send(sender=None)

    assert time.perf_counter() - started < 0.25
    assert positions() == [1, 2, 3]


def test_what_is_published_is_what_the_group_is_told(layer, order_paid, read_log):
    recorder = layer(HERE + "Recorder")
    order_paid.send(sender=None, note="hello")
    told = read_log()

    message = unseal(recorder.sent[0][1], key(django_settings.SECRET_KEY))
    assert [json.loads(line) for line in message.lines] == told
