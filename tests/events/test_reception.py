"""events.reception: how receivers did, as the notes tell."""

import json

import pytest

from events.event import Note
from events.reception import receptions


def note(*reactions, cursor=1, event="e1", kind="reactions"):
    text = json.dumps({"pos": 1, "id": event, "reactions": list(reactions)})
    return Note(cursor=cursor, kind=kind, position=1, event_id=event, type="shop.order_paid", text=text)


def ran(name, ms, outcome="ok", **more):
    return {"receiver": name, "source": "shop/receivers.py:3", "async": False, "ms": ms, "outcome": outcome, **more}


def test_runs_failures_and_times_are_told_of_each_receiver():
    notes = [note(ran("a", ms), ran("b", 1.0, "raised" if ms % 2 else "ok"), event=f"e{ms}") for ms in range(100)]

    reception = receptions(notes)["shop.order_paid"]

    assert (reception.count, reception.failures) == (100, 50)
    a, b = reception.by_receiver["a"], reception.by_receiver["b"]
    assert (a.count, a.failures, a.within(0.5), a.within(0.95)) == (100, 0, 49, 94)
    assert (b.count, b.failures, a.source) == (100, 50, "shop/receivers.py:3")


def test_what_did_not_run_is_no_run():
    others = [{"receiver": name, "outcome": name} for name in ("not_run", "ignored", "cancelled")]

    reception = receptions([note(*others)])["shop.order_paid"]

    assert [record.count for record in reception.by_receiver.values()] == [0, 0, 0]
    assert reception.by_receiver["ignored"].within(0.5) is None


def test_of_two_notes_of_an_event_the_later_counts_and_nothing_twice():
    first = note(ran("a", 1.0), {"receiver": "b", "outcome": "not_run"}, cursor=1)
    second = note(ran("b", 9.0, "raised"), cursor=2)

    reception = receptions([second, first])["shop.order_paid"]

    assert (reception.count, reception.failures) == (1, 1)
    assert reception.by_receiver["a"].count == reception.by_receiver["b"].count == 1
    assert reception.by_receiver["b"].failures == 1


def test_half_of_two_runs_were_over_within_the_shorter():
    record = receptions([note(ran("a", 1.0)), note(ran("a", 900.0), event="e2")])["shop.order_paid"].by_receiver["a"]

    assert (record.within(0.5), record.within(0.95)) == (1.0, 900.0)


def test_receivers_of_one_name_are_counted_each():
    first, second = ran("a", 1.0, "raised", order=1), ran("a", 2.0, order=2) | {"async": True}
    ignored = {"receiver": "a", "source": "shop/receivers.py:3", "outcome": "ignored", "why": "sender"}

    reception = receptions([note(first, second, ignored)])["shop.order_paid"]

    record = reception.by_receiver["a"]
    assert (reception.failures, record.count, record.failures) == (1, 2, 1)
    assert record.is_async


def test_ghosts_and_unknown_reactions_say_nothing_of_receivers():
    unknown = Note(cursor=1, kind="reactions", position=1, event_id="e", type="t", text='{"unknown": true}')

    found = receptions([note(ran("a", 1.0), kind="ghost"), unknown])

    assert found.keys() == {"t"}
    assert found["t"].by_receiver == {}


@pytest.mark.parametrize("text", ["", "[", "[]", "null", '{"reactions": [1, {}, null]}', '{"reactions": {"a": 1}}'])
def test_whatever_stands_in_the_table_is_endured(text):
    notes = [Note(cursor=1, kind="reactions", position=1, event_id="e", type="t", text=text)]

    assert receptions(notes)["t"].by_receiver == {}
