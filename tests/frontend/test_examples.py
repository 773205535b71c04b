"""The commands that the empty page prints."""

import shlex
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.dispatch import Signal

from events.attachment import Attachment
from frontend.examples import examples, python, snake


def attachment(type: str, path: str | None = "academy.signals.order_paid") -> Attachment:
    return Attachment(signal=Signal(), type=type, path=path)


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


def test_a_signal_that_has_a_row_is_preferred(seeded):
    shown = examples([attachment("auth.user_logged_in"), attachment("academy.order_paid")])

    assert "academy.Order:" in shown["shell"] or "auth.User:" in shown["shell"]


@pytest.mark.parametrize("type", ["academy.order_paid", "academy.nothing_known", "nowhere.at_all"])
def test_without_a_row_to_send_a_note_is_sent(db, type):
    shown = examples([attachment(type)])

    assert shlex.split(shown["shell"])[1:] == ["manage.py", "emit", type, "note=hello"]
    assert shown["code"].splitlines()[-1] == 'order_paid.send(sender=None, note="hello")'


def test_a_missing_table_is_no_reason_for_a_broken_page(db, monkeypatch):
    monkeypatch.setattr("academy.models.Order._meta.db_table", "no_such_table")

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
