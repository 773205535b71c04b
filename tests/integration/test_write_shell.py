"""`manage.py shell`, `emit` and `prune_events`, as they are typed."""

import json
import sys

import pytest

from academy.catalogue import COURSES, offered_course
from academy.models import Enrollment, Order
from academy.services import complete_course, pay_order, place_order, sign_up, verify_profile
from academy.signals import order_paid
from events import log
from events.process import publisher
from events.streams import MAIN

from .program import manage, start

SEND = 'order_paid.send(sender=Order, order=Order.objects.first(), note="hello")'


@pytest.fixture
def order(transactional_db):
    return place_order(sign_up("mei", "Mei", "Chen"), offered_course(*COURSES[0]))


@pytest.fixture
def shell(database_url):
    def shell(*words, stdin=""):
        return manage("shell", *words, database_url=database_url, stdin=stdin)

    return shell


@pytest.fixture
def emit(database_url):
    return lambda *words: manage("emit", *words, database_url=database_url)


def logged():
    return [json.loads(entry.line) for entry in log.read(MAIN, 1, 100).entries]


@pytest.mark.parametrize("words", [["-c", SEND], []], ids=["-c", "stdin"])
def test_signals_and_models_are_at_hand_in_the_shell(shell, order, words):
    _, complaints, status = shell(*words, stdin="" if words else SEND)

    assert (complaints, status) == ("", 0)
    [event] = logged()
    assert (event["type"], event["subject"]) == ("academy.order_paid", f"academy.order/{order.pk}")
    assert event["data"]["note"] == "hello"


def test_the_shell_says_which_signals_it_imported(shell):
    said, _, _ = shell("-v", "2", stdin="print(order_paid, user_logged_in)")

    assert "Streamed signals: order_paid, course_completed, profile_verified, user_logged_in." in said
    assert "from academy.signals import" in said
    assert said.count("Signal object") == 2


@pytest.mark.parametrize("words", [["--no-imports"], ["-v", "0"]], ids=" ".join)
def test_the_shell_is_quiet_when_asked_to(shell, words):
    said, _, _ = shell(*words, stdin="print(1)")

    assert said == "1\n"


def test_no_imports_means_none(shell):
    _, complaints, status = shell("--no-imports", "-c", "order_paid")

    assert status == 1
    assert "NameError" in complaints


def test_emit_sends_from_a_script(emit, order):
    said, complaints, status = emit("academy.order_paid", f"order=academy.Order:{order.pk}", "note=hello")

    assert (said, complaints, status) == ("Sent academy.order_paid to 4 receivers.\n", "", 0)
    [event] = logged()
    assert (event["sender"], event["data"]["note"]) == ("academy.Order", "hello")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["academy.nothing"], "academy.order_paid"),
        (["academy.order_paid", "order=academy.Order:999"], "There is no academy.Order 999."),
    ],
    ids=["an unknown signal", "an unknown object"],
)
def test_emit_fails_in_one_line_that_lists_what_exists(emit, transactional_db, words, said):
    nothing, complaints, status = emit(*words)

    assert (nothing, status) == ("", 1)
    assert said in complaints
    assert complaints.count("\n") == 1
    assert not Order.objects.exists()


def test_prune_events_deletes_from_a_script(database_url):
    for _ in range(3):
        order_paid.send(sender=None, order=None)
    assert publisher().flush()
    said, complaints, status = manage("prune_events", "--keep", "1", database_url=database_url)

    assert (said, complaints, status) == ("Deleted 2 events. The log begins at position 3.\n", "", 0)
    assert [event["sequence"] for event in logged()] == [f"{3:020}"]


def test_prune_events_fails_in_one_line_that_says_what_to_write(database_url):
    said, complaints, status = manage("prune_events", database_url=database_url)

    assert (said, status) == ("", 1)
    assert complaints == ("CommandError: Nothing says what may go. Write --older-than 30d, --keep 1000000, or both.\n")


@pytest.mark.parametrize("words", [["signals"], ["signals", "--json"]], ids=" ".join)
def test_signals_that_nobody_reads_on_are_not_complained_of(database_url, transactional_db, words):
    with start([sys.executable, "manage.py", *words], database_url) as process:
        process.stdout.close()
        complaints = process.stderr.read()

    assert (complaints, process.returncode) == ("", 141)


ACADEMY = ["academy.order_paid", "academy.course_completed", "academy.profile_verified"]


@pytest.mark.parametrize("type", ACADEMY)
@pytest.mark.parametrize("form", ["shell", "code"])
def test_the_line_that_the_catalog_shows_sends_the_signal_in_the_shell(shell, database_url, order, type, form):
    pay_order(order)
    complete_course(Enrollment.objects.get(), grade=90)
    verify_profile(order.student.profile, method="passport")
    assert publisher().flush(60)
    before = len(logged())
    told, _, _ = manage("signals", "--json", type, database_url=database_url)

    _, complaints, status = shell("-c", json.loads(told)["signals"][0][form])

    assert (complaints, status) == ("", 0)
    [event] = logged()[before:]
    assert event["type"] == type
    assert event["subject"].rpartition("/")[0] in ("academy.order", "academy.enrollment", "academy.profile")
