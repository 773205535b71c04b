"""events.lessons: what is learnt from the log, once, by however many at the same time."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from academy.signals import order_paid
from events import lessons, log
from events.event import Event, new_id
from events.lessons import Place, learn
from events.models import EventRow, LessonRow, StreamRow
from events.numbering import number
from events.process import publisher
from events.streams import MAIN

BEGAN = datetime(2026, 5, 12, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def database(transactional_db):
    return connections["default"]


def sent(count, data=None, *, type="shop.order_paid", **attributes):
    """So many events more, a second after the other."""
    first = EventRow.objects.count()
    with transaction.atomic():
        for second in range(first, first + count):
            time = BEGAN + timedelta(seconds=second)
            text = json.dumps({"amount": second} if data is None else data)
            event = Event(id=new_id(time), stream=MAIN, type=type, source="/shop", time=time, data=text, **attributes)
            log.append(event, using="default")
    number(MAIN, using="default")


def known(type="shop.order_paid"):
    return learn(MAIN).by_type[type]


def test_what_was_sent_is_learnt_and_what_is_added_later_too():
    sent(3)
    first = learn(MAIN)
    sent(2)
    sent(1, {"name": "Nora"}, type="shop.closed")

    found = learn(MAIN)

    assert first.place == Place(epoch=log.head(MAIN).epoch, start=1, stop=4)
    assert (found.place.stop, found.head, found.oldest) == (7, 6, 1)
    assert found.by_type["shop.order_paid"].tally.count == 5
    assert found.by_type["shop.order_paid"].schema.told()["properties"]["amount"]["maximum"] == 4
    assert found.by_type["shop.closed"].schema.told()["properties"]["name"]["examples"] == ["Nora"]


def test_without_an_event_and_without_a_log_there_is_nothing_to_learn():
    assert learn(MAIN).by_type == {}
    assert LessonRow.objects.count() == 0


def test_it_is_learnt_in_portions_and_once(monkeypatch):
    monkeypatch.setattr(lessons, "PORTION", 10)
    sent(55)

    counts = [known().tally.count, known().tally.count]

    assert counts == [55, 55]


def test_of_a_log_that_is_large_the_newest_events_are_learnt_and_it_says_so(monkeypatch):
    monkeypatch.setattr(lessons, "MOST_EVENTS", 20)
    sent(50)
    first = learn(MAIN)
    sent(50)

    found = learn(MAIN)

    assert (first.place.start, first.place.stop, first.place.skipped) == (31, 51, 0)
    assert (found.place.start, found.place.stop, found.place.skipped) == (31, 101, 30)
    assert found.by_type["shop.order_paid"].tally.count == 40


def test_a_change_has_the_time_of_the_event_that_brought_it():
    sent(20, {"amount": 1})
    sent(1, {"amount": 1, "coupon": "MAY"})
    sent(5, {"amount": 1})

    (change,) = known().schema.changes

    assert (change.field, change.change, change.first_seen) == ("coupon", "new", "2026-05-12T16:00:20.000000Z")


def test_personal_values_do_not_even_reach_the_table():
    sent(3, {"buyer": {"name": "Nora Lindqvist"}, "note": "hello"}, personal="#/buyer/name")

    told = known().schema.told()

    assert told["properties"]["buyer"]["properties"]["name"] == {"$comment": "personal"}
    assert told["properties"]["note"]["examples"] == ["hello"]
    assert not LessonRow.objects.filter(text__contains="Nora").exists()


def test_what_somebody_tries_out_is_no_traffic():
    sent(20)
    sent(1, {"note": "test event"}, origin=lessons.TEST)

    found = known()

    assert found.tally.count == 20
    assert found.schema.changes == []


def test_another_log_is_learnt_from_its_beginning():
    sent(5)
    learn(MAIN)
    EventRow.objects.all().delete()
    StreamRow.objects.update(epoch="another", head=0)
    sent(2, type="shop.closed")

    found = learn(MAIN)

    assert found.by_type.keys() == {"shop.closed"}
    assert found.place == Place(epoch="another", start=1, stop=3)


def test_of_another_log_that_is_still_empty_nothing_is_known():
    sent(5)
    learn(MAIN)
    EventRow.objects.all().delete()
    StreamRow.objects.update(epoch="another", head=0)

    found = learn(MAIN)

    assert (found.place, found.by_type) == (Place(), {})


def test_a_log_that_was_restored_from_before_is_learnt_anew():
    sent(5)
    learn(MAIN)
    EventRow.objects.filter(position__gt=2).delete()
    StreamRow.objects.update(head=2)

    assert known().tally.count == 2


NO_EVENTS = {
    "no JSON": ('"data":{"amount": 1}}', '"data":{'),
    "no time": ('"time":"2026', '"time":"soon'),
    "no type": ('"type":', '"kind":'),
    "a list for a type": ('"type":"shop.order_paid"', '"type":["shop.order_paid"]'),
    "an empty type": ('"type":"shop.order_paid"', '"type":""'),
    "a type that cannot be stored": ('"type":"shop', '"type":"\\ud800'),
    "no end of depth": ('"data":{', f'"data":{100_000 * "["}{100_000 * "]"},"more":{{'),
    "all hidden": ('"time":"', '"personal":"?","time":"'),
}


@pytest.mark.parametrize(("what", "becomes"), NO_EVENTS.values(), ids=NO_EVENTS)
def test_a_row_that_teaches_nothing_is_passed_over(what, becomes):
    sent(3)
    row = EventRow.objects.get(position=2)
    assert what in row.text
    EventRow.objects.filter(pk=row.pk).update(text=row.text.replace(what, becomes))

    found = known().schema

    assert (found.root.seen, found.root.properties["amount"].high) == (2, 2)


def test_however_many_types_there_are_the_table_stays_small(monkeypatch):
    monkeypatch.setattr(lessons, "MAX_TYPES", 10)
    for kind in range(30):
        sent(1, type=f"shop.kind_{kind}")

    learn(MAIN)

    assert LessonRow.objects.count() == 10


def test_many_at_once_learn_every_event_once(monkeypatch):
    monkeypatch.setattr(lessons, "PORTION", 7)
    sent(200)
    started = threading.Barrier(4)
    failures = []

    def ask():
        started.wait(10)
        try:
            learn(MAIN)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    found = known()
    assert failures == []
    assert found.tally.count == 200
    assert found.schema.root.properties["amount"].seen == 200


def test_who_comes_too_late_keeps_nothing_of_it():
    sent(5)
    before = lessons._place(MAIN)
    learn(MAIN)
    late = Place(epoch=log.head(MAIN).epoch, start=1, stop=6)

    assert not lessons._keep(MAIN, before, late, {"shop.order_paid": lessons.Lesson()}, True)

    assert known().tally.count == 5


@pytest.fixture
def read_only(database):
    name = "query_only" if database.vendor == "sqlite" else "default_transaction_read_only"

    def switch(value):
        with database.cursor() as cursor:
            cursor.execute(f"PRAGMA {name} = {value}" if database.vendor == "sqlite" else f"SET {name} = {value}")

    yield lambda: switch("on")
    switch("off")


def test_where_nobody_can_write_what_is_known_is_told_all_the_same(read_only, caplog):
    sent(2)
    learn(MAIN)
    sent(1)
    read_only()

    assert (known().tally.count, learn(MAIN).place.stop) == (2, 3)
    assert "Nothing new could be learnt from the log" in caplog.text


def test_to_ask_again_costs_few_and_short_statements():
    sent(5)
    learn(MAIN)

    with CaptureQueriesContext(connection) as queries:
        learn(MAIN)

    assert len(queries) <= 10
    assert not any(query["sql"].startswith(("INSERT", "UPDATE", "DELETE")) for query in queries)


def test_harmless_nobody_learns_while_a_signal_is_sent():
    learn(MAIN)

    with CaptureQueriesContext(connection) as queries:
        order_paid.send(sender=None, note="hello")
    assert publisher().flush(5)

    assert len(queries) > 0
    assert not [query for query in queries if "signalcast_lesson" in query["sql"]]
    assert learn(MAIN).by_type["academy.order_paid"].tally.count == 1
