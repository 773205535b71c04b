"""events.log: the contract that the log keeps on every database."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from events import log
from events.event import Event, Head, new_id, now
from events.models import EventRow, StreamRow
from events.numbering import number
from events.streams import MAIN


def an_event(note="", **changes):
    time = now()
    given = {
        "id": new_id(time),
        "stream": MAIN,
        "type": "shop.order_paid",
        "source": "/shop",
        "time": time,
        "data": f'{{"note":"{note}"}}',
    }
    return Event(**given | changes)


def append(*events):
    return [log.append(event, using="default") for event in events]


def append_and_number(count):
    events = [an_event(str(n)) for n in range(1, count + 1)]
    with transaction.atomic():
        append(*events)
    return events, number(MAIN, using="default")


def stretch(page):
    return page.start, page.stop, page.oldest, [entry.position for entry in page.entries]


@pytest.fixture(autouse=True)
def database(transactional_db):
    return connections["default"]


def test_a_row_holds_what_the_event_holds():
    event = an_event(sender="shop.Order", subject="shop.order/7", correlation_id="c", causation_id="d", origin="web-1")
    [row_id] = append(event)

    row = EventRow.objects.get(pk=row_id)
    assert (row.event_id, row.stream, row.position, row.type) == (event.id, MAIN, None, event.type)
    assert (row.source, row.sender, row.subject, row.time) == ("/shop", "shop.Order", "shop.order/7", event.time)
    assert (row.correlation_id, row.causation_id, row.origin) == ("c", "d", "web-1")
    assert row.text == event.encode()


@pytest.mark.parametrize("microsecond", [0, 5])
def test_the_admin_finds_an_event_by_its_time(microsecond):
    time = datetime(2026, 11, 22, 10, 0, 0, microsecond, tzinfo=UTC)
    append(an_event(time=time))

    assert EventRow.objects.filter(time__gte=time, time__lte=time).count() == 1


def test_rows_have_rising_ids():
    ids = append(*[an_event() for _ in range(5)])

    assert ids == sorted(set(ids))


@pytest.mark.parametrize("text", ["Łódź 😀 \u2028", "%s %(a)s %", "'; DROP TABLE signalcast_event; --", "\\u0000"])
def test_text_comes_back_as_it_was(text):
    event = an_event(sender=text)
    append(event)
    number(MAIN, using="default")

    assert EventRow.objects.get().sender == text
    assert log.read(MAIN, 1, 1).entries[0].attributes["sender"] == text


def test_an_event_is_found_by_its_id_once_it_has_a_position():
    event = an_event("found")
    append(an_event(), event)
    assert log.find(MAIN, event.id) is None

    number(MAIN, using="default")

    found = log.find(MAIN, event.id)
    assert found.line == log.read(MAIN, 2, 1).entries[0].line
    assert log.find("other", event.id) is None
    assert log.find(MAIN, new_id(now())) is None


def test_an_event_is_appended_once_and_a_failure_spares_the_transaction():
    event = an_event()
    with transaction.atomic():
        append(event)
        with pytest.raises(DatabaseError):
            append(event)
        append(an_event())

    assert EventRow.objects.count() == 2


def test_a_stream_that_nobody_opened_has_no_epoch():
    assert log.head(MAIN) == Head(epoch="", position=0)
    assert stretch(log.read(MAIN, 1, 10)) == (1, 1, 1, [])


def test_a_stream_is_opened_once_and_keeps_its_epoch():
    log.open_stream(MAIN)
    epoch = log.head(MAIN).epoch
    log.open_stream(MAIN)

    assert len(epoch) == 32
    assert log.head(MAIN) == Head(epoch=epoch, position=0)


def test_streams_have_positions_and_epochs_of_their_own():
    append(an_event(stream="a"), an_event(stream="b"), an_event(stream="b"))
    a, b = number("a", using="default"), number("b", using="default")

    assert [len(numbered.entries) for numbered in (a, b)] == [1, 2]
    assert a.epoch != b.epoch
    assert (log.head("a").position, log.head("b").position) == (1, 2)
    assert log.read("a", 1, 10).entries[0].attributes["source"].endswith(f"/a/{a.epoch}")


def test_what_waits_for_its_position_cannot_be_read():
    append(an_event())

    assert log.read(MAIN, 1, 10).entries == []
    assert log.head(MAIN).position == 0


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        (1, 10, (1, 6, 1, [1, 2, 3, 4, 5])),
        (1, 2, (1, 3, 1, [1, 2])),
        (4, 2, (4, 6, 1, [4, 5])),
        (5, 100, (5, 6, 1, [5])),
        (6, 10, (6, 6, 1, [])),
        (100, 10, (100, 100, 1, [])),
        (3, 0, (3, 3, 1, [])),
    ],
)
def test_a_page_covers_what_it_says(start, limit, expected):
    append_and_number(5)

    page = log.read(MAIN, start, limit)
    assert stretch(page) == expected
    assert page.head.position == 5


def test_what_is_read_later_is_what_was_published_live_to_the_byte():
    _, numbered = append_and_number(3)

    page = log.read(MAIN, 1, 10)
    assert [entry.line for entry in page.entries] == [entry.line for entry in numbered.entries]
    assert page.head.epoch == numbered.epoch


def test_pruning_takes_the_oldest_first_and_leaves_the_rest():
    append_and_number(5)

    assert log.prune(MAIN, 3) == 2
    assert stretch(log.read(MAIN, 1, 10)) == (1, 6, 3, [3, 4, 5])
    assert log.head(MAIN).position == 5


@pytest.mark.parametrize(("batch", "statements"), [(1, 5), (2, 3), (1000, 1)])
def test_pruning_everything_leaves_the_head(batch, statements):
    append_and_number(5)

    with CaptureQueriesContext(connection) as queries:
        assert log.prune(MAIN, 10**12, batch=batch) == 5
    assert len([query for query in queries if query["sql"].startswith("DELETE FROM signalcast_event")]) == statements
    assert stretch(log.read(MAIN, 1, 10)) == (1, 6, 6, [])
    assert log.prune(MAIN, 100) == 0


def test_what_comes_after_everything_was_pruned_stands_behind_it():
    append_and_number(2)
    log.prune(MAIN, 3)
    append(an_event())

    assert [entry.position for entry in number(MAIN, using="default").entries] == [3]


def test_what_waits_for_its_position_is_never_pruned():
    append_and_number(2)
    append(an_event())

    assert log.prune(MAIN, 1000) == 2
    assert EventRow.objects.get().position is None


def test_pruning_one_stream_leaves_the_others():
    append(an_event(stream="a"), an_event(stream="b"))
    number("a", using="default"), number("b", using="default")

    assert log.prune("a", 10) == 1
    assert EventRow.objects.get().stream == "b"


def test_two_rows_cannot_have_the_same_position():
    append_and_number(2)

    with pytest.raises(DatabaseError):
        EventRow.objects.filter(position=1).update(position=F("position") + 1)


def test_an_older_process_that_knows_fewer_columns_can_still_append():
    event = an_event()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO signalcast_event (event_id, text) VALUES (%s, %s)",
            [event.id, event.encode()],
        )

    assert [entry.id for entry in number(MAIN, using="default").entries] == [event.id]


class Replica:
    """A router that must not be asked."""

    def db_for_read(self, model, **hints):
        raise AssertionError("the log is read from its primary")


def test_the_log_is_read_from_its_primary(settings):
    append_and_number(1)
    settings.DATABASE_ROUTERS = [Replica()]

    assert log.read(MAIN, 1, 1).entries
    assert log.head(MAIN).position == 1


def test_rows_have_names_for_the_admin():
    append_and_number(1)

    assert str(StreamRow.objects.get()) == MAIN
    assert str(EventRow.objects.get()) == EventRow.objects.get().event_id


def test_a_chain_is_the_events_with_its_correlation_id_and_the_one_with_which_it_began():
    append_and_number(2)
    root = log.read(MAIN, 1, 1).entries[0].id
    append(an_event(correlation_id=root), an_event(), an_event(correlation_id="another"), an_event(correlation_id=root))
    number(MAIN, using="default")
    append(an_event(correlation_id=root))

    chain = log.chain(MAIN, root, 100)

    assert [entry.position for entry in chain] == [1, 3, 6]
    assert [entry.line for entry in chain] == [log.read(MAIN, p, 1).entries[0].line for p in (1, 3, 6)]
    assert [entry.position for entry in log.chain(MAIN, root, 2)] == [1, 3]
    assert log.chain(MAIN, "", 100) == []


def test_a_chain_is_looked_up_by_an_index():
    with CaptureQueriesContext(connection) as asked:
        log.chain(MAIN, "a chain", 100)
    statement = next(query["sql"] for query in asked if "correlation_id" in query["sql"])

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table as small as this one is read as a whole otherwise.
            cursor.execute("SET enable_seqscan = off")
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + statement)
        plan = str(cursor.fetchall())
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = on")

    assert "signalcast_event_chain" in plan
