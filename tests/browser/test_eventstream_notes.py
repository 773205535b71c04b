"""The client library and what is learnt of events later: it passes notes on, and asks for those that it missed."""

import json

from tests.browser.client import OTHER, events, welcome
from tests.browser.scripted import EPOCH, batch, dump, event, identity, notes, reaction, receiver

LINE = dump(reaction(42, receiver("academy.receivers.enroll_student")))


def test_reactions_and_ghosts_are_passed_on_line_by_line_with_their_cursor(live):
    ghost = dump(event(0, sequence=None, outcome="rolledback"))

    live.receive(notes("reactions", [LINE, LINE], after=7))
    live.receive(notes("ghosts", [ghost], after=8))
    live.receive(notes("reactions", [], after=9))
    live.receive(notes("reactions", [], after=4))  # of a replay

    assert live.get("notes") == [
        ["reactions", [LINE, LINE], 7],
        ["ghosts", [ghost], 8],
        ["reactions", [], 9],
        ["reactions", [], 4],
    ]
    assert live.get("stream.noted") == 9
    assert live.get("stream.position") == 43


def test_ghosts_and_no_reactions_are_asked_for_as_the_page_wants(client):
    client.open(ghosts=True, reactions=False)

    client.accept()

    assert client.sent[0] | {"reactions": False, "ghosts": True} == client.sent[0]


def test_a_client_that_comes_back_asks_for_the_notes_after_those_it_was_told(live):
    live.receive(notes("reactions", [LINE], after=7))

    live.drop()
    live.run(250)
    live.accept()

    resume = {"op": "hello", "stream": "main", "from": 43, "epoch": EPOCH, "tip": identity(42), "window": 4096}
    assert live.sent == [resume | {"reactions_after": 7}]


def test_notes_begin_where_the_welcome_says_until_one_has_come(client):
    client.open()
    client.accept()
    client.receive(welcome(1, reactions_after=70))

    client.drop()
    client.run(250)
    client.accept()

    assert client.sent[0]["reactions_after"] == 70


def test_a_reload_asks_for_the_notes_since_those_that_were_kept_beside_the_position(live):
    live.receive(notes("reactions", [LINE], after=7))
    live.receive(events(43, 1))
    live.run(250)
    assert json.loads(live.get("written")) == {"epoch": EPOCH, "position": 44, "noted": 7}

    live.open(backfill=10)
    live.accept()

    assert live.sent[0] | {"from": 34, "reactions_after": 7} == live.sent[0]


def test_the_notes_of_another_log_begin_anew(live):
    live.receive(notes("reactions", [LINE], after=7))
    live.drop()
    live.run(250)
    live.accept()

    live.receive(welcome(1, epoch=OTHER, head=3, reactions_after=2))
    live.receive(notes("reactions", [], after=2))
    live.receive({"op": "gap", "from": 43, "to": 1, "reason": "epoch"})

    assert live.get("stream.noted") == 2
    assert live.get("gaps") == [{"from": 43, "to": 1, "reason": "epoch"}]


def test_what_this_client_does_not_know_is_passed_over(live):
    live.receive(dump({"op": "weather", "after": 9}) + "\n{}\n{}")
    live.receive({"op": "constructor"})

    live.receive(events(43, 1))

    assert live.get("[stream.name, stream.position, stream.noted ?? null]") == ["live", 44, None]


def test_a_client_that_comes_back_is_told_which_events_may_lack_their_reactions(live):
    live.receive(events(43, 3))
    live.receive(events(46, 2))
    live.receive(batch(48, [], to=90))
    assert live.get("resumes") == []

    live.drop()
    live.run(250)
    live.accept()
    live.receive(welcome(90))

    assert live.get("resumes") == [{"from": 46, "to": 48}]


def test_none_of_another_log_do(live):
    live.drop()
    live.run(250)
    live.accept()
    live.receive(welcome(43, epoch=OTHER))
    live.receive({"op": "gap", "from": 43, "to": 1, "reason": "epoch"})
    live.drop()
    live.run(250)
    live.accept()
    live.receive(welcome(1, epoch=OTHER))

    assert live.get("resumes") == []
