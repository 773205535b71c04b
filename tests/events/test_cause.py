"""Which event led to which: a signal that is sent in a receiver carries its cause."""

import asyncio
import contextvars
import gc
import threading
import weakref
from dataclasses import replace

import pytest
from asgiref.sync import ThreadSensitiveContext, async_to_sync, sync_to_async
from django.db import connections
from django.dispatch import Signal

from events.attachment import attached
from events.process import publisher
from events.sending import current


@pytest.fixture
def receipt_sent(stream):
    return stream(type="shop.receipt_sent")


@pytest.fixture
def story(read_log):
    """Each event's note, and the notes of its cause and of the event with which its chain began."""

    def story():
        events = read_log()
        notes = {event["id"]: event["data"].get("note") for event in events}
        return [
            (event["data"]["note"], notes.get(event.get("causationid")), notes.get(event["correlationid"]))
            for event in events
        ]

    return story


def test_what_is_sent_in_a_receiver_has_its_cause_and_its_chain(order_paid, receipt_sent, stream, story):
    mail_sent = stream(type="shop.mail_sent")

    def send_receipt(**arguments):
        receipt_sent.send(sender=None, note="receipt")

    def send_mail(**arguments):
        mail_sent.send(sender=None, note="mail")

    order_paid.connect(send_receipt)
    receipt_sent.connect(send_mail)
    order_paid.send(sender=None, note="order")
    receipt_sent.send(sender=None, note="alone")

    assert story() == [
        ("order", None, "order"),
        ("receipt", "order", "order"),
        ("mail", "receipt", "order"),
        ("alone", None, "alone"),
        ("mail", "alone", "alone"),
    ]


@pytest.mark.parametrize("method", ["send", "send_robust"])
def test_after_a_receiver_that_fails_nothing_has_its_cause(order_paid, receipt_sent, story, method):
    def failing(**arguments):
        raise LookupError

    order_paid.connect(failing)
    if method == "send":
        with pytest.raises(LookupError):
            order_paid.send(sender=None, note="order")
    else:
        order_paid.send_robust(sender=None, note="order")
    receipt_sent.send(sender=None, note="receipt")

    assert story() == [("order", None, "order"), ("receipt", None, "receipt")]
    assert current() is None


def test_asynchronous_receivers_that_run_side_by_side_do_not_take_each_other_s_events_for_causes(
    order_paid, receipt_sent, stream, story
):
    """Django 6.1 has them share one context."""
    mail_sent = stream(type="shop.mail_sent")
    plain = Signal()
    gate = None

    async def first(note, **arguments):
        await receipt_sent.asend(sender=None, note=f"receipt {note}")
        await gate.wait()
        await receipt_sent.asend(sender=None, note=f"second receipt {note}")

    async def second(note, **arguments):
        await asyncio.sleep(0)
        await mail_sent.asend(sender=None, note=f"mail {note}")
        gate.set()

    async def hold(**arguments):
        await asyncio.sleep(0.02)

    for signal in (order_paid, plain):
        signal.connect(first, weak=False)
        signal.connect(second, weak=False)
    receipt_sent.connect(hold, weak=False)
    mail_sent.connect(hold, weak=False)

    async def send():
        nonlocal gate
        for signal, note in ((order_paid, "1"), (plain, "2")):
            gate = asyncio.Event()
            # As in a request. Else in Django 6.1 no two of them may wait for synchronous code: asgiref takes the one
            # context for one task.
            async with ThreadSensitiveContext():
                await signal.asend(sender=None, note=note)
                await sync_to_async(connections.close_all)()
        assert current() is None
        await receipt_sent.asend(sender=None, note="alone")
        await sync_to_async(connections.close_all)()

    asyncio.run(send())

    found = {note: (cause, chain) for note, cause, chain in story()}
    assert found == {
        "1": (None, "1"),
        "receipt 1": ("1", "1"),
        "mail 1": ("1", "1"),
        "second receipt 1": ("1", "1"),
        "receipt 2": (None, "receipt 2"),
        "mail 2": (None, "mail 2"),
        "second receipt 2": (None, "second receipt 2"),
        "alone": (None, "alone"),
    }


@pytest.mark.parametrize("method", ["send", "asend"])
def test_receivers_of_either_kind_pass_it_on_to_threads_and_tasks(order_paid, receipt_sent, story, method):
    def in_a_thread(**arguments):
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=[send_and_close, "thread"])
        thread.start()
        thread.join()

    def send_and_close(note):
        receipt_sent.send(sender=None, note=note)
        connections.close_all()

    async def in_a_task(**arguments):
        await asyncio.create_task(receipt_sent.asend(sender=None, note="task"))
        await sync_to_async(receipt_sent.send)(sender=None, note="sync")

    order_paid.connect(in_a_thread)
    order_paid.connect(in_a_task)
    call = getattr(order_paid, method)
    (async_to_sync(call) if method == "asend" else call)(sender=None, note="order")

    assert sorted(story()) == [
        ("order", None, "order"),
        ("sync", "order", "order"),
        ("task", "order", "order"),
        ("thread", "order", "order"),
    ]


def test_a_signal_that_sends_itself_again_is_its_own_cause_s_effect(order_paid, story):
    def again(note, **arguments):
        if note < 3:
            order_paid.send(sender=None, note=note + 1)

    order_paid.connect(again)
    order_paid.send(sender=None, note=0)

    assert story() == [(0, None, 0), (1, 0, 0), (2, 1, 0), (3, 2, 0)]


async def test_what_leads_to_the_same_again_and_again_is_not_kept(order_paid, transactional_db):
    sent, newest = [], asyncio.Future()
    loop = asyncio.get_running_loop()

    async def pay_again(**arguments):
        sent.append(weakref.ref(current()))
        if len(sent) < 5:
            # In the context of now, as whatever is begun in a receiver.
            loop.call_soon(pay)
        else:
            newest.set_result(contextvars.copy_context())

    def pay():
        loop.create_task(order_paid.asend(sender=None))

    order_paid.connect(pay_again)
    async with asyncio.timeout(10):
        pay()
        context = await newest
    await sync_to_async(publisher().flush)()
    gc.collect()

    assert context.run(current) is sent[4]()
    assert [sending() for sending in sent[:3]] == [None] * 3


def test_a_signal_that_is_not_streamed_hands_its_sender_s_cause_on(order_paid, receipt_sent, story):
    between = Signal()

    def pass_on(**arguments):
        between.send(sender=None)

    def send_receipt(**arguments):
        receipt_sent.send(sender=None, note="receipt")

    order_paid.connect(pass_on)
    between.connect(send_receipt)
    order_paid.send(sender=None, note="order")

    assert story() == [("order", None, "order"), ("receipt", "order", "order")]


def test_what_a_failed_record_would_have_caused_is_caused_by_what_caused_it(order_paid, receipt_sent, stream, story):
    broken = stream(type="shop.broken")
    attached[broken] = replace(attached[broken], personal=7)

    def send_broken(**arguments):
        broken.send(sender=None)

    def send_receipt(**arguments):
        receipt_sent.send(sender=None, note="receipt")

    order_paid.connect(send_broken)
    broken.connect(send_receipt)
    order_paid.send(sender=None, note="order")

    assert story() == [("order", None, "order"), ("receipt", "order", "order")]
