"""events.inventory and `manage.py signals`: all that is known of every streamed signal."""

import gc
import json
from io import BytesIO, StringIO, TextIOWrapper

import pytest
from django.core.management import CommandError, call_command

from academy.models import Course, Order
from academy.signals import order_paid
from events import inventory, log, notes
from events.event import Note
from events.process import publisher
from events.streams import MAIN


@pytest.fixture
def order(transactional_db):
    call_command("seed")
    return Order.objects.get()


@pytest.fixture
def signals(transactional_db):
    def signals(*words):
        out, complaints = StringIO(), StringIO()
        call_command("signals", *words, stdout=out, stderr=complaints)
        return out.getvalue() + complaints.getvalue()

    return signals


def taken(type="academy.order_paid"):
    assert publisher().flush(5)
    return next(known.facts for known in inventory.take().signals if known.type == type)


def note(*reactions):
    """What was noted of the newest event."""
    entry = log.read(MAIN, log.head(MAIN).position, 1).entries[0]
    text = json.dumps({"reactions": reactions})
    noted = Note(kind="reactions", position=entry.position, event_id=entry.id, type=entry.type, text=text)
    notes.write(MAIN, [noted])


def test_before_anything_was_sent_there_is_what_the_sources_say(transactional_db):
    facts = taken()

    assert facts["documentation"].startswith("A student has paid for a course.")
    assert (facts["path"], facts["source"]) == ("academy.signals.order_paid", "academy/signals.py:6")
    assert [each["receiver"] for each in facts["receivers"]][0] == "academy.receivers.enroll_student"
    assert (facts["count"], facts["last_sent"], facts["schema"], facts["arguments"]) == (0, None, None, [])
    assert facts["code"].endswith('order_paid.send(sender=None, note="hello")')


def test_what_was_sent_is_counted_and_its_fields_are_known(order):
    for _ in range(3):
        order_paid.send(sender=Order, order=order, method="card")

    facts = taken()

    assert facts["count"] == 3
    assert facts["last_sent"].endswith("Z") and facts["rate_per_minute"] > 0 and sum(facts["recent"]) == 3
    assert facts["arguments"] == ["order", "method"]
    assert facts["schema"]["properties"]["method"]["examples"] == ["card"]
    assert facts["fields"][0] == {
        "name": "order",
        "path": "order",
        "learnt_as": "academy.order",
        "example": str(order.pk),
    }
    assert facts["shell"] == 'order_paid.send(sender=Order, order=Order.objects.first(), method="card")'


def test_receivers_are_those_of_this_process_and_those_that_were_seen_elsewhere(order):
    order_paid.send(sender=Order, order=order)
    assert publisher().flush(5)
    note(
        {"receiver": "academy.receivers.push_to_crm", "ms": 3.0, "outcome": "raised", "async": False},
        {"receiver": "worker.tasks.count", "source": "worker/tasks.py:9", "ms": 1.0, "outcome": "ok", "async": True},
    )

    facts = taken()

    known = {each["receiver"].rpartition(".")[2]: each for each in facts["receivers"]}
    assert [name for name, each in known.items() if each["state"] == "elsewhere"] == ["count"]
    crm = known["push_to_crm"]
    assert (crm["count"], crm["failures"], crm["p95_ms"], crm["state"]) == (2, 1, 3.0, "connected")
    assert (facts["noted"], facts["failed"]) == (1, 1)


def test_one_that_is_gone_is_told_as_such(order, signals):
    def receive(sender, **arguments):
        """Connected by a weak reference, as is usual, and then forgotten."""

    order_paid.connect(receive)
    order_paid.send(sender=Order, order=order)
    del receive
    gc.collect()
    order_paid.send(sender=Order, order=order)
    assert publisher().flush(5)

    (gone,) = [each for each in taken()["receivers"] if each["state"] == "dead"]

    assert gone["receiver"].endswith("receive") and gone["count"] == 1
    assert "gone: it was connected by a weak reference" in signals("academy.order_paid")


def test_one_that_is_connected_for_several_senders_is_one_receiver(transactional_db, stream):
    def receive(sender, **arguments): ...

    signal = stream(type="shop.sent")
    for sender in (Order, Course):
        signal.connect(receive, sender=sender)
    signal.send(sender=Course)

    (told,) = taken("shop.sent")["receivers"]
    assert (told["sender"], told["count"]) == ("academy.Order, academy.Course", 1)
    signal.connect(receive)
    (told,) = taken("shop.sent")["receivers"]
    assert (told["sender"], told["count"]) == ("", 1)


def test_a_change_is_told(order):
    for _ in range(20):
        order_paid.send(sender=Order, order=order)
    order_paid.send(sender=Order, order=order, coupon="MAY")

    (change,) = taken()["drift"]

    assert (change["field"], change["change"]) == ("coupon", "new")
    assert change["first_seen"].endswith("Z")


def test_only_the_types_that_were_asked_for_are_told(transactional_db):
    found = inventory.take()

    told = found.as_json(["academy.order_paid", "no.such"])

    assert [each["type"] for each in told["signals"]] == ["academy.order_paid"]
    assert "auth.user_logged_in" in found.types


def test_the_command_tells_it_to_people(signals, order):
    for _ in range(20):
        order_paid.send(sender=Order, order=order)
    order_paid.send(sender=Order, order=order, coupon="MAY\u202e\x1b[31m")
    assert publisher().flush(5)

    said = signals("academy.order_paid")

    assert "academy.order_paid  academy/signals.py:6" in said
    assert "Sent 21 times" in said
    assert "  order.amount" in said and "decimal string" in said
    assert "academy.receivers.send_receipt" in said
    assert "new since 20" in said
    assert ">>> order_paid.send(sender=Order, order=Order.objects.first())" in said
    assert "Learnt from the positions 1 to 21." in said
    assert "user_logged_in" not in said
    assert not {"\u202e", "\x1b"} & set(said)


def test_the_command_tells_it_to_a_terminal_that_knows_ascii_alone(transactional_db):
    terminal = TextIOWrapper(BytesIO(), encoding="ascii")

    call_command("signals", "academy.order_paid", stdout=terminal)

    assert r"\u2013" in terminal.buffer.getvalue().decode()


def test_a_signal_that_was_sent_once_was_not_sent_1_times(signals, order):
    order_paid.send(sender=Order, order=order)
    assert publisher().flush(5)

    assert "Sent once, last 20" in signals("academy.order_paid")


def test_the_command_tells_it_to_programs(signals):
    told = json.loads(signals("--json"))

    assert {"academy.order_paid", "auth.user_logged_in"} <= {each["type"] for each in told["signals"]}
    assert (told["learnt"], told["head"]) == (0, 0)


@pytest.mark.parametrize("how", [[], ["--json"]], ids=["people", "programs"])
def test_the_command_says_what_is_not_there_and_what_is(signals, how):
    with pytest.raises(CommandError, match=r"called 'shop\.nothing'; there are: academy\."):
        signals("academy.order_paid", "shop.nothing", *how)


def test_a_signal_that_nobody_receives_and_one_that_was_attached_in_code(signals, stream):
    stream(type="shop.whispered")

    said = signals("shop.whispered")

    assert "nobody receives it" in said and "Not sent yet." in said
    assert ">>>" not in said


def test_many_that_ask_again_cost_little(order, django_assert_max_num_queries):
    order_paid.send(sender=Order, order=order)
    taken()

    with django_assert_max_num_queries(30):
        inventory.take()
