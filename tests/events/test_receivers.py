"""events.receivers: however a signal is sent, and by whom, it is recorded once."""

import asyncio
import threading

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.dispatch import Signal
from django.utils.functional import SimpleLazyObject

from academy.models import Course, Order
from events import detach, log
from events.process import publisher
from events.receivers import record


class Broken(Exception):
    pass


def test_the_caller_gets_what_receivers_answer(order_paid, transactional_db):
    def answer(**arguments):
        return 42

    order_paid.connect(answer)

    assert order_paid.send(sender=None) == [(answer, 42)]


@pytest.mark.parametrize("is_first", [True, False], ids=["before us", "after us"])
@pytest.mark.parametrize("robust", [True, False], ids=["send_robust", "send"])
def test_a_neighbour_that_raises_changes_nothing_for_us_and_we_nothing_for_it(stream, notes, is_first, robust):
    def neighbour(**arguments):
        raise Broken

    signal = stream()
    if is_first:
        detach(signal)
        signal.connect(neighbour)
        stream(signal)
    else:
        signal.connect(neighbour)

    if robust:
        assert isinstance(dict(signal.send_robust(sender=None, note="a"))[neighbour], Broken)
    else:
        with pytest.raises(Broken):
            signal.send(sender=None, note="a")

    assert notes() == ["a"]


class Unhashable(type):
    """A class of this kind cannot be the key of anything."""

    __hash__ = None


class Shop(metaclass=Unhashable):
    pass


def test_a_sender_of_a_class_without_a_hash_is_known_by_its_name(order_paid, read_log):
    order_paid.send(sender=Shop())

    assert read_log()[0]["sender"] == f"{__name__}.Shop"


def test_a_sender_that_does_not_say_what_it_is_is_not_named(order_paid, read_log):
    class Silent(type):
        @property
        def __module__(cls):
            raise Broken

    order_paid.send(sender=Silent("Shop", (), {})())

    assert "sender" not in read_log()[0]


@pytest.mark.parametrize("sender", [[], Course(), None], ids=["no hash", "unsaved", "no weak reference"])
@pytest.mark.parametrize("caches", [False, True], ids=["plain", "caching"])
def test_who_sends_what_nobody_receives_need_not_be_the_key_of_anything(stream, notes, sender, caches):
    signal = stream(Signal(use_caching=caches))

    assert signal.send(sender=sender, note="a") == []
    assert signal.send_robust(sender=sender, note="b") == []
    assert async_to_sync(signal.asend)(sender=sender, note="c") == []
    assert async_to_sync(signal.asend_robust)(sender=sender, note="d") == []
    assert notes() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("sender", [[], Course(), None, "shop"], ids=["no hash", "unsaved", "None", "a string"])
def test_a_signal_that_caches_reaches_its_receivers_whoever_sends_it(stream, notes, sender):
    signal = stream(Signal(use_caching=True))
    told = []

    def receive(note, **arguments):
        told.append(note)

    signal.connect(receive)
    for note in ("a", "b"):
        signal.send(sender=sender, note=note)

    assert told == notes() == ["a", "b"]


def test_what_a_signal_remembers_of_a_sender_is_forgotten_as_before(stream, notes):
    def first(**arguments):
        pass

    def second(**arguments):
        pass

    signal = stream(Signal(use_caching=True))
    told = []
    for change in (signal.send, signal.connect, signal.disconnect):
        for receiver in (first, second):
            if change != signal.send:
                change(receiver)
            told.append([each.__name__ for each, _ in signal.send(sender=Course, note="a")])

    assert told == [[], [], ["first"], ["first", "second"], ["second"], []]
    assert len(notes()) == 6


def in_a_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


async def in_a_loop(method, **arguments):
    result = method(**arguments)
    return await result if asyncio.iscoroutine(result) else result


@pytest.mark.parametrize("method", ["send", "send_robust", "asend", "asend_robust"])
@pytest.mark.parametrize("place", ["here", "in a thread", "in a loop", "in a thread of a loop"])
def test_however_and_wherever_it_is_sent_there_is_one_event(order_paid, read_log, failed, method, place):
    send = getattr(order_paid, method)
    sync = async_to_sync(send) if method.startswith("a") else send

    def call():
        sync(sender=None, note="a")
        connection.close()

    match place:
        case "here":
            sync(sender=None, note="a")
        case "in a thread":
            in_a_thread(call)
        case "in a loop":
            asyncio.run(in_a_loop(send, sender=None, note="a"))
        case "in a thread of a loop":
            asyncio.run(sync_to_async(call, thread_sensitive=False)())

    is_besteffort = place == "in a loop" and not method.startswith("a")
    assert [event.get("recorded") for event in read_log()] == ["besteffort" if is_besteffort else None]
    assert failed() == {}


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        (None, None),
        (Order, "academy.Order"),
        (Order(pk=1), "academy.Order"),
        (Broken, "tests.events.test_receivers.Broken"),
        (Broken(), "tests.events.test_receivers.Broken"),
        ("checkout", "checkout"),
        ("a\r\nb\0\ud800", "a b"),
        ("x" * 1000, "x" * 199 + "…"),
        (len, "builtins.builtin_function_or_method"),
    ],
    ids=["none", "a model", "an instance", "a class", "an object", "text", "awkward text", "long text", "a function"],
)
def test_a_sender_is_known_by_its_name(order_paid, read_log, sender, name):
    order_paid.send(sender=sender)

    assert read_log()[0].get("sender", "").strip() == (name or "")


def test_a_lazy_sender_is_not_evaluated(order_paid, read_log):
    record(SimpleLazyObject(lambda: 1 / 0), signal=order_paid)

    assert read_log()[0]["sender"] == "django.utils.functional.SimpleLazyObject"


def test_an_event_says_what_was_sent_by_whom_about_what(order_paid, read_log, settings):
    settings.SIGNALCAST = {"SOURCE": "/shop"}
    order_paid.send(sender=Order, order=Order(pk=42, student_name="Nora"), note="hello")

    event = read_log()[0]
    assert (event["type"], event["sender"], event["subject"]) == (
        "shop.order_paid",
        "academy.Order",
        "academy.order/42",
    )
    assert event["source"].startswith("/shop/main/")
    assert event["summary"] == "order 42: Nora · note hello"


def test_saving_any_model_makes_one_event_even_though_the_log_is_written(stream, read_log):
    stream(post_save, type="django.post_save")
    course = Course.objects.create(slug="a", title="A", price=1)

    assert [event["subject"] for event in read_log()] == [f"academy.course/{course.pk}"]


def test_a_signal_that_sends_twice_makes_two_events_each_with_its_reactions(stream, read_log):
    class Twice(Signal):
        def send(self, *arguments, **named):
            super().send(*arguments, **named)
            return super().send(*arguments, **named)

    stream(Twice()).send(sender=None)

    ids = [event["id"] for event in read_log()]
    assert publisher().flush(5)
    assert sorted(note.event_id for note in log.notes_of_events(ids)) == sorted(ids)
    assert len(set(ids)) == 2


def test_arguments_are_as_they_were_when_the_signal_was_sent(order_paid, notes):
    def change(note, **arguments):
        note.append("later")

    order_paid.connect(change)
    order_paid.send(sender=None, note=["then"])

    assert notes() == [["then"]]


def test_a_user_that_nobody_asked_for_is_not_fetched(order_paid, read_log, django_assert_num_queries):
    user = SimpleLazyObject(lambda: User.objects.get())

    with django_assert_num_queries(1):
        order_paid.send(sender=None, user=user, users=User.objects.all())

    assert read_log()[0]["data"]["user"] == {"$mark": "lazy"}
    assert read_log()[0]["degraded"] == "lazy,unsupported"


def test_own_data_that_writes_leaves_the_senders_transaction_usable(stream, read_log):
    signal = stream(data=lambda **arguments: {"course": Course.objects.create(slug="b", title="B", price=1)})

    with transaction.atomic():
        signal.send(sender=None)
        Course.objects.create(slug="a", title="A", price=1)

    assert [course.slug for course in Course.objects.all()] == ["a"]
    assert read_log()[0]["data"] == {"error": {"$mark": "failed", "error": "QueryRefused"}}
