"""events.observation: what receivers do is seen, and the sender gets what it would get if nobody looked."""

import asyncio
import functools
import gc
import json
import weakref
from functools import partial
from types import CellType, FunctionType, SimpleNamespace

import django
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection, connections
from django.db.models.signals import ModelSignal, post_save
from django.dispatch import Signal, dispatcher

from academy.models import Certificate, Course, Order
from events import detach, log, observation
from events.attachment import attached
from events.outcomes import Outcomes
from events.process import publisher
from events.receivers import record
from events.sending import MAX_TRACEBACKS
from events.streams import MAIN

from . import reactions as made
from .reactions import Refused

HERE = "tests.events.reactions"
METHODS = ["send", "send_robust", "asend", "asend_robust"]


@pytest.fixture
def noted(transactional_db):
    """What has been noted, as it is streamed, the oldest first."""

    def noted():
        assert publisher().flush(5)
        return [json.loads(note.text) for note in log.read_notes(MAIN, 0, 1000).notes]

    return noted


@pytest.fixture
def outcomes(noted):
    """Of the only event: who did what."""

    def outcomes():
        [told] = noted()
        return [(each["receiver"].removeprefix(f"{HERE}."), each["outcome"]) for each in told["reactions"]]

    return outcomes


def line_of(function):
    return f"tests/events/reactions.py:{function.__code__.co_firstlineno}"


def send(signal, method, **arguments):
    """However it is sent: what it answers, or the exception."""
    call = getattr(signal, method)
    try:
        return (async_to_sync(call) if method.startswith("a") else call)(sender=None, **arguments)
    except BaseException as error:
        return error


def connected(*receivers, signal=None, **options):
    signal = signal or Signal()
    for receiver in receivers:
        signal.connect(receiver, **options)
    return signal


@pytest.mark.parametrize("method", METHODS)
def test_each_receiver_is_told_of_with_its_place_its_time_and_its_outcome(stream, noted, method):
    signal = stream(connected(made.quick, made.later, made.other))
    send(signal, method)

    [told] = noted()
    first, second, third = told["reactions"]
    assert {name: told[name] for name in ("pos", "method")} == {"pos": 1, "method": method}
    assert told["id"] == log.read(MAIN, 1, 1).entries[0].id
    assert told["ms"] >= first["ms"] >= 0
    del first["ms"], second["ms"], third["ms"]
    assert first == {
        "receiver": f"{HERE}.quick",
        "source": line_of(made.quick),
        "order": 1,
        "async": False,
        "outcome": "ok",
    }
    assert (second["receiver"], second["order"], second["async"]) == (f"{HERE}.other", 2, False)
    assert (third["receiver"], third["order"], third["async"]) == (f"{HERE}.later", 3, True)


def test_of_many_that_raise_the_first_say_where(stream, noted):
    signal = stream()
    for number in range(MAX_TRACEBACKS + 2):
        signal.connect(partial(made.failing), weak=False, dispatch_uid=number)
    signal.send_robust(sender=None)

    told = ["traceback" in each for each in noted()[0]["reactions"]]
    assert told == [True] * MAX_TRACEBACKS + [False] * 2


def test_a_receiver_that_raises_is_told_of_with_its_error_and_those_behind_it_did_not_run(stream, outcomes, noted):
    signal = stream(connected(made.quick, made.failing, made.other, made.later))
    answer = send(signal, "send")

    assert isinstance(answer, Refused)
    assert outcomes() == [("quick", "ok"), ("failing", "raised"), ("other", "not_run"), ("later", "not_run")]
    raised = noted()[0]["reactions"][1]
    assert raised["error"] == "Refused: order 42, password=***"
    assert raised["traceback"] == f"tests/events/reactions.py:{made.failing.__code__.co_firstlineno + 1} in failing"


@pytest.mark.parametrize("method", ["send_robust", "asend_robust"])
def test_a_robust_send_goes_on_and_says_so(stream, outcomes, method):
    signal = stream(connected(made.failing, made.quick, made.failing_later, made.later))
    send(signal, method)

    assert outcomes() == [("failing", "raised"), ("quick", "ok"), ("failing_later", "raised"), ("later", "ok")]


def test_what_is_no_exception_of_the_business_passes_through_and_is_told_of(stream, outcomes):
    answer = send(stream(connected(made.ending, made.quick)), "send_robust")

    assert isinstance(answer, SystemExit) and answer.code == 3
    assert outcomes() == [("ending", "raised"), ("quick", "not_run")]


def test_a_signal_that_nobody_receives_says_so(order_paid, noted):
    order_paid.send(sender=None)

    assert [told["reactions"] for told in noted()] == [[]]


def test_who_is_connected_for_another_sender_is_told_of_as_ignored(stream, noted):
    signal = stream()
    signal.connect(made.quick, sender=Course)
    signal.connect(made.other)
    signal.send(sender=None)
    signal.send(sender=Course)

    first, second = noted()
    assert [(each["receiver"][len(HERE) + 1 :], each["outcome"], each.get("why")) for each in first["reactions"]] == [
        ("other", "ok", None),
        ("quick", "ignored", "sender"),
    ]
    assert [(each["order"], each["outcome"]) for each in second["reactions"]] == [(1, "ok"), (2, "ok")]


@pytest.mark.parametrize(("sender", "outcome"), [(Order, "ok"), (None, "ignored")])
def test_who_is_connected_for_several_senders_is_told_of_once(stream, outcomes, sender, outcome):
    signal = stream()
    for each in (Course, Order, Certificate):
        signal.connect(made.quick, sender=each)
    signal.send(sender=sender)

    assert outcomes() == [("quick", outcome)]


def test_who_was_collected_is_told_of_as_ignored_and_is_not_kept_alive(stream, noted):
    signal = stream()
    till = made.Till()
    gone = weakref.ref(till)
    signal.connect(till.ring)
    signal.send(sender=None)
    del till
    gc.collect()
    signal.send(sender=None)
    signal.connect(made.quick)
    signal.connect(lambda **arguments: None)
    signal.send(sender=None)

    assert gone() is None
    told = [[(each["outcome"], each.get("why")) for each in told["reactions"]] for told in noted()]
    assert told == [[("ok", None)], [("ignored", "dead")], [("ok", None), ("ignored", "dead"), ("ignored", "dead")]]
    assert noted()[1]["reactions"][0]["receiver"] == f"{HERE}.Till.ring"


def test_who_is_disconnected_is_no_longer_told_of(stream, outcomes):
    signal = stream(connected(made.quick, made.other))
    signal.disconnect(made.other)
    signal.send(sender=None)

    assert outcomes() == [("quick", "ok")]


def test_who_is_disconnected_is_not_kept(stream):
    class Till:
        def __call__(self, **arguments): ...

    till = Till()
    kept = weakref.ref(till)
    signal = stream(connected(till, weak=False))
    signal.send(sender=None)
    signal.disconnect(till)
    assert publisher().flush()
    del till
    gc.collect()

    assert kept() is None


@pytest.mark.parametrize(
    ("receiver", "name", "at"),
    [
        (made.wrapped, "wrapped", made.wrapped.__wrapped__),
        (made.Till().ring, "Till.ring", made.Till.ring),
        (made.Till(), "Till", made.Till.__call__),
        (partial(made.quick, discount=0), "quick", made.quick),
        (partial(made.Till().ring), "Till.ring", made.Till.ring),
        (made.decorated(partial(made.quick, discount=0)), "quick", made.quick),
        (made.decorated(made.Till()), "Till", made.Till.__call__),
        (made.decorated(made.Till().ring), "Till.ring", made.Till.ring),
        (partial(made.wrapped), "wrapped", made.wrapped.__wrapped__),
    ],
    ids=[
        "decorated",
        "a method",
        "an object",
        "a partial",
        "a partial of a method",
        "a decorated partial",
        "a decorated object",
        "a decorated method",
        "a partial of what is decorated",
    ],
)
def test_a_receiver_of_any_kind_is_known_by_its_name_and_place(stream, noted, receiver, name, at):
    stream(connected(receiver, weak=False)).send(sender=None)

    [[told]] = [told["reactions"] for told in noted()]
    assert (told["receiver"], told["source"]) == (f"{HERE}.{name}", line_of(at))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "receivers",
    [
        [],
        [made.quick, made.other],
        [made.quick, made.later, made.wrapped],
        [made.failing, made.quick],
        [made.quick, made.failing_later],
        [made.Till(), made.Awaitable()],
        [made.decorated(made.Till()), made.decorated(partial(made.quick))],
        [made.ending],
    ],
    ids=["nobody", "sync", "both", "failing", "failing later", "objects", "decorated", "ending"],
)
def test_the_sender_gets_what_it_would_get(stream, transactional_db, method, receivers):
    plain = connected(*receivers, weak=False)
    observed = stream(connected(*receivers, weak=False))

    expected, answer = send(plain, method), send(observed, method)

    if isinstance(expected, BaseException):
        assert (type(answer), answer.args) == (type(expected), expected.args)
        return
    assert [receiver for receiver, _ in answer] == [receiver for receiver, _ in expected]
    assert all(mine is theirs for (mine, _), (theirs, _) in zip(answer, expected, strict=True))
    assert [repr(response) for _, response in answer] == [repr(response) for _, response in expected]


@pytest.mark.parametrize("method", ["asend", "asend_robust"])
@pytest.mark.parametrize("receivers", [[], [made.later]], ids=["nobody", "one"])
def test_a_task_that_outlives_what_began_it_sends_as_it_would(stream, outcomes, method, receivers, until):
    signal = stream(connected(*receivers))

    async def begin():
        return asyncio.create_task(late())

    async def late():
        await ended.wait()
        return await getattr(signal, method)(sender=None, note="late")

    async def serve():
        task = await sync_to_async(async_to_sync(begin))()
        ended.set()
        return await task

    ended = asyncio.Event()
    answer = asyncio.run(serve())

    assert answer == [(receiver, "later") for receiver in receivers]
    assert publisher().flush(5)
    assert outcomes() == [("later", "ok") for _ in receivers]


def test_a_receiver_without_a_name_that_fails_no_longer_breaks_a_robust_send(stream, outcomes):
    broken = made.Broken()
    answer = stream(connected(broken, weak=False)).send_robust(sender=None)

    assert answer[0][0] is broken and isinstance(answer[0][1], KeyError)
    assert outcomes() == [("Broken", "raised")]


def test_who_is_still_at_it_when_the_sender_has_its_answer_is_told_of_once_it_is_done(stream, noted, until):
    release = asyncio.Event()
    signal = stream(connected(made.patient, made.failing_later))

    async def send():
        with pytest.raises(Refused):
            await signal.asend(sender=None, release=release)
        await asyncio.to_thread(until, lambda: noted_in_a_thread(noted))
        before = await asyncio.to_thread(noted_in_a_thread, noted)
        release.set()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
        await sync_to_async(connections.close_all)()
        return before

    [before] = asyncio.run(send())

    assert [each["outcome"] for each in before["reactions"]] in (["raised"], ["cancelled", "raised"])
    if django.VERSION < (6, 1):  # Which lets the others run on.
        after = noted()[1]
        assert (after["id"], after["pos"]) == (before["id"], before["pos"])
        assert [(each["receiver"], each["outcome"], each["order"]) for each in after["reactions"]] == [
            (f"{HERE}.patient", "ok", 1)
        ]


def noted_in_a_thread(noted):
    try:
        return noted()
    finally:
        connection.close()


def test_a_receiver_that_is_cancelled_with_its_sender_says_so(stream, outcomes):
    started, release = asyncio.Event(), asyncio.Event()

    async def waiting(**arguments):
        started.set()
        await release.wait()

    signal = stream(connected(waiting))

    async def send():
        sending = asyncio.create_task(signal.asend(sender=None))
        await started.wait()
        await asyncio.sleep(0.2)  # Django records it in a thread meanwhile.
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await sync_to_async(connections.close_all)()

    asyncio.run(send())

    assert [outcome for _, outcome in outcomes()] == ["cancelled"]


def test_signals_of_any_class_are_observed_and_get_their_class_back(stream, outcomes):
    class Loud(Signal):
        __slots__ = ("volume",)

        def send(self, sender, **arguments):
            return super().send(sender, volume=self.volume, **arguments)

    signal = connected(made.quick, signal=Loud())
    signal.volume = 11
    stream(signal)
    answer = signal.send(sender=None)

    assert isinstance(signal, Loud) and type(signal).__name__ == "Loud" and type(signal) is not Loud
    assert answer == [(made.quick, "quick")]
    assert outcomes() == [("quick", "ok")]
    detach(signal)
    assert type(signal) is Loud


def test_a_class_is_made_once_for_all_signals_of_a_class(stream):
    plain, other, model = stream(), stream(), stream(ModelSignal(use_caching=True))

    assert type(plain) is type(other) is not type(model)
    assert repr(plain).startswith("<django.dispatch.dispatcher.Signal object")


@pytest.mark.parametrize("method", ["asend", "asend_robust"])
def test_who_forgets_to_await_it_is_told_the_method_s_own_name(stream, method):
    with pytest.warns(RuntimeWarning, match=rf"coroutine 'Signal\.{method}' was never awaited"):
        getattr(stream(Signal()), method)(sender=None)
        gc.collect()


def test_no_other_signal_is_touched(order_paid):
    assert "send" not in vars(type(Signal())) or type(Signal()) is Signal
    assert type(Signal()) is Signal
    assert Signal.send.__module__ == "django.dispatch.dispatcher"


def test_a_model_s_signal_with_its_cache_is_observed(stream, noted):
    signal = stream(post_save, type="django.post_save")
    signal.connect(made.quick, sender=Course)
    try:
        Course.objects.create(slug="a", title="A", price=1)
        Course.objects.create(slug="b", title="B", price=1)
    finally:
        signal.disconnect(made.quick, sender=Course)

    told = [[each["receiver"] for each in told["reactions"] if each["outcome"] == "ok"] for told in noted()]
    assert told == [[f"{HERE}.quick"], [f"{HERE}.quick"]]


def test_a_signal_whose_class_calls_in_an_order_of_its_own_is_told_of_in_that_order(stream, outcomes):
    class Backwards(Signal):
        def _live_receivers(self, sender):
            sync, later = super()._live_receivers(sender)
            return sync[::-1], later

    stream(connected(made.quick, made.other, signal=Backwards())).send(sender=None)

    assert outcomes() == [("other", "ok"), ("quick", "ok")]


def test_a_class_that_lets_nobody_take_its_place_is_streamed_and_its_reactions_are_unknown(stream, noted):
    class Stubborn(Signal):
        def __setattr__(self, name, value):
            if name == "__class__":
                raise TypeError("never")
            super().__setattr__(name, value)

    signal = stream(connected(made.quick, signal=Stubborn()))

    assert signal.send(sender=None)[1:] == [(made.quick, "quick")]
    [told] = noted()
    assert (told["pos"], told["unknown"], "reactions" in told) == (1, True, False)


@pytest.mark.parametrize("live", [[], ([], [], []), None, (None, None)], ids=repr)
def test_where_django_looks_unfamiliar_signals_are_sent_all_the_same(stream, noted, live):
    class Strange(Signal):
        def _live_receivers(self, sender):
            return live

        def send(self, sender, **arguments):
            self._live_receivers(sender)
            return [(receiver, receiver(signal=self, sender=sender, **arguments)) for receiver in (record, made.quick)]

    assert stream(Strange()).send(sender=None) == [(made.quick, "quick")]
    assert [told.get("unknown") for told in noted()] == [True]


@pytest.mark.parametrize("change", [lambda *entry: (entry[0], None, *entry[1:]), lambda *entry: (*entry[:-1], "now")])
def test_a_django_that_holds_receivers_otherwise_is_asked_for_them(monkeypatch, change):
    connect = Signal.connect

    def otherwise(self, *arguments, **named):
        connect(self, *arguments, **named)
        self.receivers = [change(*entry) for entry in self.receivers]

    assert observation._way_of_django() is Signal._live_receivers
    monkeypatch.setattr(Signal, "connect", otherwise)
    assert observation._way_of_django() is None


@pytest.mark.parametrize("live", [[], ([], [], []), None], ids=repr)
def test_a_django_that_finds_receivers_otherwise_is_asked_for_them(monkeypatch, live):
    way = FunctionType((lambda self, sender: live).__code__, vars(dispatcher), closure=(CellType(live),))
    monkeypatch.setattr(Signal, "_live_receivers", way)

    assert observation._way_of_django() is None


def test_an_error_tracker_that_was_here_first_is_asked_for_them(monkeypatch):
    before = Signal._live_receivers
    monkeypatch.setattr(Signal, "_live_receivers", lambda signal, sender: before(signal, sender))

    assert observation._way_of_django() is None


def test_django_tidies_up_behind_who_was_collected_whoever_sends_next(stream, outcomes):
    def received(**arguments):
        return "gone"

    signal = connected(made.quick)
    signal.connect(received, sender=Course)
    stream(signal)
    del received
    gc.collect()
    signal.send(sender=None)

    assert (len(signal.receivers), signal._dead_receivers) == (2, False)
    assert [outcome for _, outcome in outcomes()] == ["ok", "ignored"]


def test_entries_of_another_shape_leave_receivers_known_by_what_is_called(stream, noted):
    signal = stream(connected(made.quick))
    signal.receivers = SimpleNamespaces(signal.receivers)
    signal.send(sender=None)

    assert [each["outcome"] for each in noted()[0]["reactions"]] == ["ok"]


class SimpleNamespaces(list):
    """Receivers in which nobody finds anything, but Django."""

    def __eq__(self, other):
        raise RuntimeError(SimpleNamespace())

    __hash__ = None


def test_asking_whether_somebody_listens_counts_as_nothing(stream, outcomes):
    def asking(signal, **arguments):
        assert signal.has_listeners()

    signal = connected(asking, made.quick, weak=False)
    stream(signal)
    assert signal.has_listeners()
    signal.send(sender=None)

    assert [outcome for _, outcome in outcomes()] == ["ok", "ok"]


def test_an_exception_whose_text_asks_the_database_is_known_by_its_type(stream, noted):
    class Curious(Exception):
        def __str__(self):
            return str(Course.objects.count())

    def asking(**arguments):
        raise Curious

    signal = stream(connected(asking))
    with pytest.raises(Curious):
        signal.send(sender=None)

    assert noted()[0]["reactions"][0]["error"] == "Curious"


def test_no_exception_and_nothing_of_it_is_kept(stream, noted):
    class Large:
        pass

    kept = []

    def failing(**arguments):
        local = Large()
        kept.append(weakref.ref(local))
        raise Refused

    send(stream(connected(failing)), "send")
    gc.collect()

    assert kept[0]() is None
    assert noted()[0]["reactions"][0]["error"] == "Refused"


def test_a_hundred_receivers_are_told_of_and_the_number_of_the_others(stream, noted):
    receivers = [lambda **arguments: None for _ in range(130)]
    stream(connected(*receivers)).send(sender=None)

    [told] = noted()
    assert (len(told["reactions"]), told["more"]) == (100, 30)


def test_of_very_many_those_that_raised_are_told_of_first(stream, noted):
    signal = stream()
    for number in range(130):
        receiver = made.failing if number in (1, 120) else made.quick
        signal.connect(partial(receiver), weak=False, dispatch_uid=number)
    signal.send_robust(sender=None)

    [told] = noted()
    assert (len(told["reactions"]), told["more"]) == (100, 30)
    orders = [each["order"] for each in told["reactions"]]
    assert [each["order"] for each in told["reactions"] if each["outcome"] == "raised"] == [2, 121]
    assert orders == [*range(1, 100), 121]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("is_first", [True, False], ids=["theirs first", "ours first"])
def test_other_instrumentation_sees_what_it_would_see_and_we_see_through_it(
    stream, outcomes, monkeypatch, method, is_first
):
    seen = []
    before = Signal._live_receivers

    def theirs(self, sender):
        """As error trackers do it: each synchronous receiver within a span. They do it for every signal."""
        sync, later = before(self, sender)
        return [spanned(receiver) if self is signal else receiver for receiver in sync], later

    def spanned(receiver):
        @functools.wraps(receiver)
        def wrapper(*arguments, **named):
            seen.append(f"{receiver.__module__}.{receiver.__qualname__}")
            return receiver(*arguments, **named)

        return wrapper

    signal = connected(made.quick, made.failing)
    if is_first:
        monkeypatch.setattr(Signal, "_live_receivers", theirs)
    stream(signal)
    monkeypatch.setattr(Signal, "_live_receivers", theirs)
    answer = send(signal, method)

    assert seen == ["events.receivers.record", f"{HERE}.quick", f"{HERE}.failing"]
    assert outcomes() == [("quick", "ok"), ("failing", "raised")]
    if "robust" in method:
        assert [receiver.__wrapped__ for receiver, _ in answer] == [made.quick, made.failing]
    else:
        assert isinstance(answer, Refused)


@pytest.mark.parametrize("method", METHODS)
def test_when_what_receivers_did_cannot_be_handed_over_the_sender_has_its_answer(
    stream, transactional_db, monkeypatch, failed, caplog, method
):
    signal = stream(connected(made.quick))
    monkeypatch.setattr(Outcomes, "add", lambda outcomes, outcome: 1 / 0)

    assert send(signal, method) == [(made.quick, "quick")]
    assert failed() == {"note": 1}
    assert "could not be handed over" in caplog.text


def test_detaching_while_it_is_sent_is_survived(stream, transactional_db):
    signal = Signal()

    def leaving(signal, **arguments):
        detach(signal)
        return "left"

    signal.connect(leaving)
    signal.connect(made.quick)
    stream(signal)

    assert signal.send(sender=None) == [(leaving, "left"), (made.quick, "quick")]
    assert signal not in attached
