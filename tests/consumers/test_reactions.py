"""What is known of one event's receivers, put together from all that was noted of it."""

import json

from consumers import reactions
from consumers.reactions import lines_of, merged
from consumers.sight import FULL, Sight
from events.event import Note

MASKED = Sight("without personal data", personal=False)


def reaction(receiver, outcome="ok", **more):
    return {"receiver": f"shop.receivers.{receiver}", "outcome": outcome} | more


def note(cursor, position=1, kind="reactions", **told):
    text = json.dumps({"pos": position, "id": f"event {position}"} | told, separators=(",", ":"))
    return Note(cursor=cursor, kind=kind, position=position, event_id=f"event {position}", type="shop.sold", text=text)


def test_of_one_note_the_line_is_as_it_was_told():
    one = note(1, method="send", reactions=[reaction("book")])

    assert merged([one], FULL) == one.text
    assert merged([], FULL) == ""


def test_the_later_of_two_reactions_of_a_receiver_holds_and_all_stand_in_their_order():
    notes = [
        note(7, reactions=[reaction("mail", order=2), reaction("crm", "raised", order=3)]),
        note(3, method="asend", ms=1.5, reactions=[reaction("book", order=1), reaction("mail", "cancelled", order=2)]),
    ]

    line = json.loads(merged(notes, FULL))

    assert [(each["receiver"], each["outcome"]) for each in line.pop("reactions")] == [
        ("shop.receivers.book", "ok"),
        ("shop.receivers.mail", "ok"),
        ("shop.receivers.crm", "raised"),
    ]
    assert line == {"pos": 1, "id": "event 1", "method": "asend", "ms": 1.5}


def test_a_receiver_that_is_connected_twice_has_two_places():
    twice = [reaction("book", order=1), reaction("book", "ignored", why="sender")]

    line = json.loads(
        merged([note(1, reactions=twice), note(2, reactions=[reaction("book", "raised", order=1)])], FULL)
    )

    assert sorted(each["outcome"] for each in line["reactions"]) == ["ignored", "raised"]


def test_what_is_known_wins_over_what_is_not():
    line = json.loads(merged([note(1, unknown=True), note(2, reactions=[reaction("mail")])], FULL))

    assert "unknown" not in line and len(line["reactions"]) == 1


def test_exceptions_are_masked_before_anything_is_put_together():
    notes = [
        note(cursor, reactions=[reaction(name, "raised", error="E: mei", traceback="mei")])
        for cursor, name in ((1, "a"), (2, "b"))
    ]

    line = merged(notes, MASKED)

    assert "mei" not in line
    assert [each["error"] for each in json.loads(line)["reactions"]] == ["E", "E"]


def test_there_is_a_line_for_each_event_in_the_order_of_positions_and_none_for_ghosts():
    notes = [note(1, 9, reactions=[]), note(2, 4, reactions=[]), note(3, 9, reactions=[]), note(4, None, kind="ghost")]

    assert [json.loads(line)["pos"] for line in lines_of(notes, FULL)] == [4, 9]


def test_lines_are_bounded(monkeypatch):
    monkeypatch.setattr(reactions, "MAX_BYTES", 250)
    notes = [note(position, position, reactions=[reaction("x" * 30)]) for position in range(1, 9)]

    lines = lines_of(notes, FULL)

    assert 1 <= len(lines) <= 2
