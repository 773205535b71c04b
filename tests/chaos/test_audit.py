"""The audit sees each way in which a promise can be broken, and nothing where all were kept."""

from dataclasses import replace

import pytest

from .audit import Evidence, Logged, audit
from .follower import Notes

EVENTS = {position: Logged(f"id{position}", "paid", f"sync1:{position}") for position in range(1, 11)}


def notes(*positions, name="a client", **options):
    """Of a client that got these, as the log has them."""
    taken = Notes(name, start=1, **options)
    taken.got = [(position, f"id{position}", position) for position in positions]
    return taken


def evidence(*clients, **changes):
    whole = Evidence(
        committed={event.mark for event in EVENTS.values()}, log=dict(EVENTS), head=10, pruned=1, pending=0
    )
    return replace(whole, clients=list(clients), **changes)


def kinds(found):
    return [(violation.kind, violation.where, violation.count) for violation in audit(found)]


def without(*positions):
    return {position: event for position, event in EVENTS.items() if position not in positions}


def test_where_everything_came_once_and_in_order_there_is_nothing_to_say():
    assert audit(evidence(notes(*range(1, 11)), notes(*range(1, 11)))) == []


def test_an_event_that_did_not_come_is_lost():
    assert kinds(evidence(notes(1, 2, 3, 5, 6, 7, 8, 9, 10))) == [("lost", "a client", 1)]


def test_the_last_ones_count_too_and_those_before_a_late_beginning_do_not():
    late = notes(*range(4, 9))
    late.start = 4

    assert kinds(evidence(late)) == [("lost", "a client", 2)]


def test_who_has_a_filter_misses_only_what_matches():
    log = EVENTS | {5: Logged("id5", "completed", "sync1:5")}
    picky = notes(1, 2, 3, 4, 6, 7, 8, 9, wants=lambda type: type == "paid")

    assert kinds(evidence(picky, log=log)) == [("lost", "a client", 1)]


def test_what_a_filter_should_have_kept_back_is_altered():
    nothing = notes(*range(1, 11), wants=lambda type: False)

    assert kinds(evidence(nothing)) == [("altered", "a client", 10)]


def test_what_came_twice_is_doubled():
    assert kinds(evidence(notes(*range(1, 11), 10))) == [("doubled", "a client", 1)]


def test_what_came_before_its_turn_is_out_of_order():
    assert kinds(evidence(notes(1, 3, 2, *range(4, 11)))) == [("out of order", "a client", 1)]


def test_what_the_log_never_had_was_never_committed():
    assert kinds(evidence(notes(*range(1, 12)))) == [("never committed", "a client", 1)]


@pytest.mark.parametrize("place", [(4, "id4", 99), (4, "another", 4)], ids=["other bytes", "another event"])
def test_an_event_that_is_not_what_others_got_is_altered(place):
    other = notes(*range(1, 11), name="another client")
    other.got[3] = place

    assert kinds(evidence(notes(*range(1, 11)), other)) == [("altered", "another client", 1)]


def test_what_was_pruned_need_not_come_if_the_client_was_told():
    told = notes(*range(5, 11))
    told.gaps = [(1, 5, "retention")]

    assert kinds(evidence(told, pruned=5)) == []
    assert kinds(evidence(notes(*range(5, 11)), pruned=5)) == [("lost", "a client", 4)]


@pytest.mark.parametrize("gap", [(1, 6, "retention"), (1, 5, "epoch"), (5, 1, "retention")])
def test_a_gap_that_tells_something_else_is_against_the_protocol(gap):
    told = notes(*range(1, 11))
    told.gaps = [gap]

    assert kinds(evidence(told, pruned=5)) == [("against the protocol", "a client", 1)]


def test_a_message_that_no_client_understands_is_against_the_protocol():
    confused = notes(*range(1, 11))
    confused.faults = ["a batch from 3 instead of 2"]

    assert kinds(evidence(confused)) == [("against the protocol", "a client", 1)]


def test_what_was_committed_and_is_not_in_the_log_is_lost():
    assert kinds(evidence(committed={*evidence().committed, "sync1:11"})) == [
        ("lost", "committed, and not in the log", 1)
    ]


def test_what_was_rolled_back_and_is_in_the_log_was_never_committed():
    assert kinds(evidence(committed=evidence().committed - {"sync1:10"})) == [("never committed", "in the log", 1)]


def test_what_was_sent_without_a_transaction_may_be_there_and_what_was_promised_must():
    log = EVENTS | {10: Logged("id10", "paid", "~async1:1")}
    committed = evidence().committed - {"sync1:10"}

    assert kinds(evidence(log=log, committed=committed, sent={"~async1:1", "~async1:2"})) == []
    assert kinds(evidence(log=log, committed=committed, sent={"~async1:1"}, promised={"~async1:3"})) == [
        ("lost", "promised, and not in the log", 1)
    ]


def test_a_hole_in_the_log_is_loss_and_so_is_what_waits_for_ever():
    committed = evidence().committed - {"sync1:4"}

    assert kinds(evidence(log=without(4), committed=committed)) == [("lost", "holes in the log", 1)]
    assert kinds(evidence(pending=2)) == [("lost", "rows without a position", 2)]


def test_a_signal_that_is_there_twice_is_doubled():
    log = EVENTS | {11: Logged("id11", "paid", "sync1:10")}

    assert kinds(evidence(log=log, head=11)) == [("doubled", "in the log", 1)]


def test_what_one_sender_sent_first_stands_first():
    log = EVENTS | {3: EVENTS[4], 4: EVENTS[3]}

    assert kinds(evidence(log=log)) == [("out of order", "one sender's in the log", 1)]
