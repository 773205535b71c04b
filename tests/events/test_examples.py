"""events.examples: code and commands that are right when pasted."""

import ast
import shlex
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.dispatch import Signal
from django.utils import timezone

from academy.models import Course, Enrollment, Order
from events.attachment import Attachment
from events.examples import arguments_of, code, examples, in_shell, line, python, shell, snake
from events.management.commands.emit import _argument


def attachment(type: str, path: str | None = "academy.signals.order_paid") -> Attachment:
    return Attachment(signal=Signal(), type=type, path=path)


ORDER_PAID = attachment("academy.order_paid")
COURSE_COMPLETED = attachment("academy.course_completed", "academy.signals.course_completed")
NOTHING_KNOWN = attachment("nowhere.at_all", "nowhere.signals.at_all")


@pytest.fixture
def seeded(db):
    call_command("seed")


def test_a_signal_named_after_a_model_is_shown_with_its_first_row(seeded):
    shown = examples([attachment("academy.order_paid")])

    assert shown["shell"].endswith(" manage.py emit academy.order_paid order=academy.Order:1")
    assert shown["code"].splitlines() == [
        "from academy.models import Order",
        "from academy.signals import order_paid",
        "order_paid.send(sender=Order, order=Order.objects.first())",
    ]


def test_a_row_whose_key_is_personal_is_no_example(seeded, monkeypatch):
    monkeypatch.setattr(Order, "event_personal_fields", ("pk",))
    shown = examples([attachment("academy.order_paid")])

    assert shown["shell"].endswith(" manage.py emit academy.order_paid note=hello")
    assert shown["code"].endswith('order_paid.send(sender=None, note="hello")')


def test_nobody_is_told_to_send_djangos_own_signals_but_with_a_row(seeded):
    User.objects.create(username="ada")
    started = attachment("core.request_started", "django.core.signals.request_started")
    logged_in = attachment("auth.user_logged_in", "django.contrib.auth.signals.user_logged_in")

    assert examples([started]) == {"shell": "", "code": ""}
    assert arguments_of(started, {"properties": {"note": {"examples": ["hello"]}}}) == []
    assert examples([started, logged_in])["code"].endswith(
        "user_logged_in.send(sender=User, user=User.objects.first())"
    )


def test_a_row_whose_key_is_a_secret_is_no_example(db):
    Session.objects.create(session_key="a-key", expire_date=timezone.now())
    shown = examples([attachment("sessions.session_begun", "academy.signals.order_paid")])

    assert shown["shell"].endswith(" manage.py emit sessions.session_begun note=hello")


def test_a_signal_that_has_a_row_is_preferred(seeded):
    shown = examples([attachment("auth.user_logged_in"), attachment("academy.order_paid")])

    assert "academy.Order:" in shown["shell"] or "auth.User:" in shown["shell"]


def test_what_is_documented_counts_for_more_than_a_name(seeded):
    Enrollment.objects.create(student=User.objects.first(), course=Course.objects.first())

    shown = line(COURSE_COMPLETED, arguments_of(COURSE_COMPLETED))

    assert shown == "course_completed.send(sender=Enrollment, enrollment=Enrollment.objects.first())"


def test_what_was_seen_counts_for_more_than_what_is_documented(seeded):
    reference = {"properties": {"model": {"examples": ["academy.course"]}, "pk": {"examples": [1]}}}
    learnt = {
        "properties": {
            "course": reference,
            "how": {"type": "string", "examples": ["card"]},
            "name": {"$comment": "personal"},
            "once": {"examples": [1]},
            "class": {"examples": [1]},
            "sender": {"examples": [1]},
        },
        "required": ["course", "how", "name", "class", "sender"],
    }

    arguments = arguments_of(ORDER_PAID, learnt)

    assert line(ORDER_PAID, arguments) == 'order_paid.send(sender=Course, course=Course.objects.first(), how="card")'
    course = f"academy.Course:{Course.objects.first().pk}"
    assert shell(ORDER_PAID, arguments).endswith(f" emit academy.order_paid course={course} how=card")


def test_where_a_function_makes_the_payload_its_fields_are_no_arguments(seeded):
    shaped = Attachment(signal=Signal(), type="academy.order_paid", path="academy.signals.order_paid", data=dict)

    assert [each.name for each in arguments_of(shaped, {"properties": {"total": {"examples": [1]}}})] == ["order"]


@pytest.mark.parametrize("label", ["academy.gone", "nonsense", "", None, 7, ["academy.order"]])
def test_a_model_that_is_no_more_is_left_out(seeded, label):
    gone = {"properties": {"model": {"examples": [label]}, "pk": {}}}

    assert [each.name for each in arguments_of(ORDER_PAID, {"properties": {"thing": gone}})] == ["order"]


@pytest.mark.parametrize(
    "text", ['"); import os; ("', "it's", "a\nb", "\u202e", "😀", "true", "$(rm -rf ~)", "a b", "-x", ""]
)
def test_whatever_was_seen_is_quoted_for_python_and_for_the_terminal(db, text):
    arguments = arguments_of(NOTHING_KNOWN, {"properties": {"note": {"examples": [text]}}})

    sent = ast.parse(line(NOTHING_KNOWN, arguments)).body[0].value.keywords[-1]
    word = shlex.split(shell(NOTHING_KNOWN, arguments))[-1]
    assert ast.literal_eval(sent.value) == text
    assert _argument(word) == ("note", text)


def test_the_lines_import_what_they_name(seeded):
    assert code(ORDER_PAID, arguments_of(ORDER_PAID)).splitlines()[:-1] == [
        "from academy.models import Order",
        "from academy.signals import order_paid",
    ]


@pytest.mark.parametrize("other", ["shop.signals.order_paid", "shop.signals.Order"])
def test_the_line_for_the_shell_imports_what_has_no_name_of_its_own_there(seeded, stream, other):
    arguments = arguments_of(ORDER_PAID)
    assert in_shell(ORDER_PAID, arguments) == line(ORDER_PAID, arguments)

    stream(type="shop.order_paid", path=other)

    assert in_shell(ORDER_PAID, arguments) == (
        "from academy.models import Order; from academy.signals import order_paid;"
        " order_paid.send(sender=Order, order=Order.objects.first())"
    )


@pytest.mark.parametrize("type", ["academy.order_paid", "academy.nothing_known", "nowhere.at_all"])
def test_without_a_row_to_send_a_note_is_sent(db, type):
    shown = examples([attachment(type)])

    assert shlex.split(shown["shell"])[1:] == ["manage.py", "emit", type, "note=hello"]
    assert shown["code"].splitlines()[-1] == 'order_paid.send(sender=None, note="hello")'


def test_a_missing_table_is_no_reason_for_a_broken_page(db, monkeypatch):
    monkeypatch.setattr("academy.models.Order._meta.db_table", "no_such_table")

    assert examples([attachment("academy.order_paid")])["shell"].endswith("note=hello")


def test_neither_is_a_manager_that_shows_nobody_s_rows(db, monkeypatch):
    def refuse(manager):
        raise PermissionError("no tenant is active")

    monkeypatch.setattr(type(Order._default_manager), "get_queryset", refuse)

    assert examples([attachment("academy.order_paid")])["shell"].endswith("note=hello")


def test_what_was_attached_in_code_cannot_be_imported_and_is_left_out(db):
    assert examples([attachment("shop.sold", path=None)]) == {"shell": "", "code": ""}


def test_with_nothing_streamed_there_is_nothing_to_show(db):
    assert examples([]) == {"shell": "", "code": ""}


def test_the_interpreter_is_named_as_one_types_it(settings, monkeypatch, tmp_path):
    settings.BASE_DIR = tmp_path
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert python() == str(Path(".venv/bin/python"))

    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    assert python() == "python"


def test_model_names_become_the_names_of_arguments():
    assert [snake(name) for name in ("Order", "OrderItem", "A")] == ["order", "order_item", "a"]
