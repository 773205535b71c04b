"""events.payload: what a signal said, as the data of an event."""

import json
import time
import uuid
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import models
from django.test.utils import isolate_apps
from django.utils.functional import SimpleLazyObject

from academy.models import Course, Order
from events.payload import compute, describe

LIMIT = 65_536


def data_of(*, limit=LIMIT, **arguments):
    payload = describe(arguments, limit=limit)
    assert len(payload.text) <= limit
    return json.loads(payload.text)


def an_order(**changes):
    return Order(pk=42, student_name="Nora", course_title="Typography I", amount=Decimal("129.00"), **changes)


def test_arguments_appear_under_their_own_names_with_their_types():
    assert data_of(mark=1, note="hello", paid=True, user=None, rate=0.5) == {
        "mark": 1,
        "note": "hello",
        "paid": True,
        "user": None,
        "rate": 0.5,
    }


def test_without_arguments_there_is_an_empty_object():
    assert describe({}, limit=LIMIT).text == "{}"


def test_a_model_instance_is_a_reference_with_the_fields_it_declares_and_no_other():
    fields = {"student_name": "Nora", "course_title": "Typography I", "amount": "129.00"}

    assert data_of(order=an_order(student_id=7)) == {"order": {"model": "academy.order", "pk": 42, "fields": fields}}


def test_a_model_that_declares_nothing_shows_nothing_but_its_key():
    assert data_of(user=User(pk=7, username="nora", email="n@x.example")) == {"user": {"model": "auth.user", "pk": 7}}


def test_an_instance_that_was_never_saved_has_no_key():
    payload = describe({"user": User()}, limit=LIMIT)

    assert json.loads(payload.text)["user"]["pk"] is None
    assert payload.subject == ""


def test_a_foreign_key_is_a_reference_and_with_fields_only_if_it_is_loaded(monkeypatch):
    monkeypatch.setattr(Order, "event_fields", ("course", "course_id", "student"))
    course = Course(pk=3, title="Typography I", price=Decimal("129.00"))

    unloaded = data_of(order=an_order(course_id=3))["order"]["fields"]
    loaded = data_of(order=an_order(course=course))["order"]["fields"]

    assert unloaded == {"course": {"model": "academy.course", "pk": 3}, "course_id": 3, "student": None}
    assert loaded["course"]["fields"] == {"title": "Typography I", "price": "129.00"}


def test_fields_that_are_deferred_unknown_or_secret_are_marks(monkeypatch, db):
    monkeypatch.setattr(Order, "event_fields", ("amount", "nonsense"))
    monkeypatch.setattr(User, "event_fields", ("username", "password"), raising=False)
    user = User.objects.create(username="nora", password="hash")
    order = an_order()
    del order.__dict__["amount"]

    shown = data_of(order=order, user=User.objects.defer("username").get(pk=user.pk))

    assert shown["order"]["fields"] == {"amount": {"$mark": "deferred"}, "nonsense": {"$mark": "unknown-field"}}
    assert shown["user"]["fields"] == {"username": {"$mark": "deferred"}, "password": {"$mark": "masked"}}


def test_a_key_that_is_a_secret_is_masked_and_is_no_subject():
    payload = describe({"session": Session(session_key="s3cret")}, limit=LIMIT)

    assert json.loads(payload.text)["session"]["pk"] == {"$mark": "masked"}
    assert "s3cret" not in payload.text + payload.subject + payload.summary


@isolate_apps("academy", "django.contrib.sessions", "django.contrib.contenttypes")
def test_what_a_token_is_known_by_is_a_secret_wherever_it_stands():
    class Token(models.Model):
        event_fields = ("key",)
        key = models.CharField(primary_key=True)

        class Meta:
            app_label = "academy"

    class Invitation(models.Model):
        event_fields = ("grants", "grants_id")
        grants = models.OneToOneField(Token, primary_key=True, on_delete=models.CASCADE)

        class Meta:
            app_label = "academy"

    class Visit(models.Model):
        pk = models.CompositePrimaryKey("session", "number")
        session = models.ForeignKey(Session, on_delete=models.CASCADE)
        number = models.IntegerField()

        class Meta:
            app_label = "academy"

    masked = {"$mark": "masked"}
    granted = {"grants": {"model": "academy.token", "pk": masked}, "grants_id": masked}
    for instance, pk, fields in (
        (Token("s3cret"), masked, {"key": masked}),
        (Invitation(grants_id="s3cret"), masked, granted),
        (Visit(session_id="s3cret", number=1), masked, None),
    ):
        payload = describe({"instance": instance}, limit=LIMIT)

        shown = json.loads(payload.text)["instance"]
        assert (shown["pk"], shown.get("fields"), payload.subject) == (pk, fields, "")
        assert "s3cret" not in payload.text + payload.summary
        assert compute(lambda **_: {}, None, {"instance": instance}, limit=LIMIT).subject == ""


@isolate_apps("academy")
def test_the_number_of_a_token_is_no_secret():
    class Token(models.Model):
        class Meta:
            app_label = "academy"

    assert data_of(instance=Token(pk=3)) == {"instance": {"model": "academy.token", "pk": 3}}


@isolate_apps("academy")
def test_a_foreign_key_to_another_field_names_that_field():
    class Country(models.Model):
        code = models.CharField(unique=True)

        class Meta:
            app_label = "academy"

    class Town(models.Model):
        event_fields = ("country",)
        country = models.ForeignKey(Country, to_field="code", on_delete=models.CASCADE)

        class Meta:
            app_label = "academy"

    assert data_of(town=Town(country_id="pl"))["town"]["fields"]["country"] == {
        "model": "academy.country",
        "code": "pl",
    }


@isolate_apps("academy")
def test_a_foreign_key_to_a_secret_is_masked():
    class Device(models.Model):
        token = models.CharField(unique=True)

        class Meta:
            app_label = "academy"

    class Reading(models.Model):
        event_fields = ("device",)
        device = models.ForeignKey(Device, to_field="token", on_delete=models.CASCADE)

        class Meta:
            app_label = "academy"

    assert data_of(reading=Reading(device_id="s3cret"))["reading"]["fields"]["device"] == {
        "model": "academy.device",
        "token": {"$mark": "masked"},
    }


@isolate_apps("academy")
def test_a_key_of_several_fields_is_a_list():
    class Seat(models.Model):
        pk = models.CompositePrimaryKey("row", "number")
        row = models.IntegerField()
        number = models.IntegerField()

        class Meta:
            app_label = "academy"

    assert data_of(seat=Seat(row=3, number=4))["seat"]["pk"] == [3, 4]


@pytest.mark.parametrize(
    ("arguments", "subject"),
    [
        ({"note": "hello"}, ""),
        ({"note": "hello", "order": an_order(), "user": User(pk=7)}, "academy.order/42"),
        ({"user": User(pk=uuid.UUID(int=7))}, "auth.user/00000000-0000-0000-0000-000000000007"),
        ({"user": User(pk="a\nb\ud800")}, "auth.user/a b\ufffd"),
        ({"user": User(pk=10**5000)}, ""),
    ],
    ids=["none", "the first", "a UUID", "control characters", "too large"],
)
def test_the_subject_is_the_first_instance(arguments, subject):
    assert describe(arguments, limit=LIMIT).subject == subject


def test_a_lazy_object_that_was_not_evaluated_is_passed_over():
    lazy = SimpleLazyObject(lambda: 1 / 0)

    assert describe({"user": lazy, "order": an_order()}, limit=LIMIT).subject == "academy.order/42"


def test_what_was_degraded_is_told():
    payload = describe({"a": "\0", "b": float("nan"), "c": "\0"}, limit=LIMIT)

    assert payload.degraded == "not-a-number,nul"


def test_an_argument_that_does_not_fit_is_replaced_and_the_others_stay():
    shown = data_of(first=1, blob="x" * 60_000, second="y" * 60_000, last=2)

    assert (shown["first"], shown["last"]) == (1, 2)
    assert shown["blob"] == "x" * 60_000
    assert shown["second"]["$mark"] == "too-large"


def test_data_of_exactly_the_limit_is_whole_and_of_one_byte_more_is_not():
    assert data_of(limit=300, note="x" * 289) == {"note": "x" * 289}
    assert data_of(limit=300, note="x" * 290)["note"]["$mark"] == "too-large"


def test_what_stands_between_the_arguments_counts_as_well():
    arguments = {f"argument{n}": n for n in range(10, 30)}

    for limit in range(50, 400):
        data_of(limit=limit, **arguments)


def test_escapes_count_as_bytes():
    assert data_of(smiles="😀" * 10_000)["smiles"] == {"$mark": "too-large", "bytes": 120_011}


def test_when_even_the_marks_do_not_fit_one_mark_stands_for_all():
    assert data_of(**{f"argument{n}": n for n in range(100_000)}) == {"$mark": "too-large", "arguments": 100_000}


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": "x" * 10_000_000},
        {"items": [0] * 1_000_000},
        {"mapping": dict.fromkeys(range(1_000_000))},
        {"nested": [[["x" * 1000] * 1000] * 1000] * 1000},
        {f"argument{n}": n for n in range(100_000)},
        {"x" * 10_000_000: 1},
        {"number": 10**100_000},
    ],
    ids=["text", "list", "dict", "nested", "arguments", "name", "number"],
)
def test_the_largest_arguments_cost_little(arguments):
    started = time.process_time()
    payload = describe(arguments, limit=LIMIT)

    assert time.process_time() - started < 0.5
    assert "too-large" in payload.degraded
    assert len(payload.text) <= LIMIT


def test_names_that_become_the_same_stay_apart():
    assert data_of(**{"a\0": 1, "a␀": 2}) == {"a␀": 1, "a␀ (str)": 2}


def test_own_data_replaces_the_arguments_and_keeps_the_subject():
    payload = compute(
        lambda sender, order, **rest: {"total": order.amount, 1: rest}, Order, {"order": an_order()}, limit=LIMIT
    )

    assert json.loads(payload.text) == {"total": "129.00", "1": {}}
    assert payload.subject == "academy.order/42"


@pytest.mark.parametrize("made", [None, 7, "text", [1]])
def test_own_data_that_is_no_mapping_is_a_mark(made):
    payload = compute(lambda **arguments: made, None, {}, limit=LIMIT)

    assert json.loads(payload.text)["error"]["$mark"] == "failed"
    assert payload.degraded == "failed"


def test_own_data_that_raises_is_a_mark_with_the_name_of_the_error_and_not_its_words():
    def failing(**arguments):
        raise LookupError("s3cret")

    payload = compute(failing, None, {"order": an_order()}, limit=LIMIT)

    assert json.loads(payload.text) == {"error": {"$mark": "failed", "error": "LookupError"}}
    assert "s3cret" not in payload.text + payload.summary


def test_own_data_may_not_query(db):
    payload = compute(lambda **arguments: {"users": User.objects.count()}, None, {}, limit=LIMIT)

    assert json.loads(payload.text) == {"error": {"$mark": "failed", "error": "QueryRefused"}}
