"""events.stencil: a payload is filled in just as it would be made, or not at all."""

import datetime
import enum
from decimal import Decimal
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from academy.models import Course, Enrollment, Order
from events.payload import describe
from events.stencil import fill

LIMIT = 400
AT = datetime.datetime(2026, 12, 1, 9, 30, tzinfo=datetime.UTC)


class Size(enum.Enum):
    SMALL = "small"


texts = st.one_of(
    st.sampled_from(
        ["", "Nora", "é", "🎉", "\0", "\ud800", "50 %s", "<0>", '"<1>"', "a\nb", "\u2028", "x" * 70, "x" * 500]
    ),
    st.text(max_size=8),
)
numbers = st.one_of(
    st.integers(), st.sampled_from([2**63 - 1, 2**63, -(2**63), 10**1300, 10**5000]), st.floats(), st.decimals()
)
times = st.one_of(st.datetimes(), st.datetimes(timezones=st.just(datetime.UTC)), st.dates(), st.times(), st.uuids())
leaves = st.one_of(texts, numbers, times, st.booleans(), st.none())
others = st.one_of(st.sampled_from([Size.SMALL, SafeString("safe"), b"x"]), st.lists(texts, max_size=2))
orders = st.builds(Order, pk=leaves, student_name=leaves, course_title=leaves | others, amount=leaves)
instances = st.one_of(
    orders,
    orders.map(lambda order: SimpleLazyObject(lambda: order)),
    st.builds(lambda order: (lazy := SimpleLazyObject(lambda: order)) and bool(lazy.pk) is None or lazy, orders),
    st.builds(User, pk=leaves),
    st.builds(Enrollment, pk=leaves, grade=leaves),
)
names = st.sampled_from(["order", "user", "note", "password", "created", "not usual", "n" * 150])
arguments = st.dictionaries(names, st.one_of(leaves, instances, others), max_size=4)
paths = st.sampled_from([(), ("note",), ("order.fields.course_title", "user"), ("order.pk",), ("nobody",)])


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
@given(arguments, paths)
def test_whatever_is_filled_in_says_what_would_be_described(arguments, personal):
    expected = describe(arguments, limit=LIMIT, personal=personal)

    # Twice: what cuts a stencil, and what finds one.
    for _ in range(2):
        assert fill(arguments, limit=LIMIT, personal=personal) in (None, expected)


def an_order(**changes):
    return Order(
        **{"pk": 42, "student_name": "Nora", "course_title": "Typography I", "amount": Decimal("129.00")} | changes
    )


USUAL = [
    {},
    {"note": "hello"},
    {"order": an_order()},
    {"order": an_order(), "user": User(pk=7), "created": True, "update_fields": None, "using": "default"},
    {"course": Course(pk="x", title="", price=Decimal(9))},
    {"user": User()},
    {"at": AT, "on": AT.date(), "time": AT.time(), "id": UUID(int=1), "amount": Decimal("1.50"), "rate": 0.5},
    {"paid": False, "empty": "", "percent": "50 %s", "name": "Łukasz <0> 🎉"},
]


@pytest.mark.parametrize("arguments", USUAL)
@pytest.mark.parametrize("personal", [(), ("order.fields.course_title", "note")])
def test_what_is_plain_is_filled_in(arguments, personal):
    expected = describe(arguments, limit=LIMIT, personal=personal)

    assert [fill(arguments, limit=LIMIT, personal=personal) for _ in range(2)] == [expected, expected]


def test_a_lazy_object_is_what_it_was_made_of():
    user = SimpleLazyObject(lambda: User(pk=7))
    assert fill({"user": user}, limit=LIMIT) is None
    assert user.pk == 7

    assert fill({"user": user}, limit=LIMIT) == describe({"user": user}, limit=LIMIT)


def test_a_stencil_follows_what_a_model_declares(monkeypatch):
    assert fill({"order": an_order()}, limit=LIMIT) is not None

    monkeypatch.setattr(Order, "event_fields", ("amount",))

    # Once it is made by others; from then on there is another stencil.
    assert [fill({"order": an_order()}, limit=LIMIT) for _ in range(2)] == [
        None,
        describe({"order": an_order()}, limit=LIMIT),
    ]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"note": "hello"}, {"note": "a\0b"}),
        ({"note": "hello"}, {"note": "\ud800"}),
        ({"note": "hello"}, {"note": "a\nb"}),
        ({"note": "hello"}, {"note": "x" * LIMIT}),
        ({"note": "hello"}, {"note": "é" * (LIMIT // 2)}),
        ({"note": "hello"}, {"note": ""}),
        ({"n" * 90 + str(number): 1 for number in range(3)}, {"n" * 90 + str(number): 2 for number in range(3)}),
        ({"paid": True}, {"paid": False}),
        ({"count": 1}, {"count": 2**5000}),
        ({"rate": 0.5}, {"rate": float("nan")}),
        ({"amount": Decimal(1)}, {"amount": Decimal("nan")}),
        ({"order": an_order(pk="a")}, {"order": an_order(pk="a\nb")}),
        ({"order": an_order()}, {"order": an_order(student_name="")}),
        ({"order": an_order()}, {"order": Order.from_db("default", ["id"], [7])}),
        ({"order": an_order(course_title=["a"])}, {"order": an_order(course_title=["b"])}),
    ],
)
def test_a_stencil_that_was_cut_for_others_says_nothing_of_theirs(first, then):
    fill(first, limit=LIMIT)

    assert fill(then, limit=LIMIT) in (None, describe(then, limit=LIMIT))


def test_what_an_instance_leads_to_and_its_secrets_are_nobody_else_s(monkeypatch):
    monkeypatch.setattr(Order, "event_fields", ("student", "amount"))
    monkeypatch.setattr(User, "event_fields", ("username", "password"), raising=False)

    for number in (1, 2, 3):
        user = User(pk=number, username=f"user {number}", password=f"hash {number}")
        for arguments in ({"user": user}, {"order": an_order(student=user)}):
            assert fill(arguments, limit=LIMIT) in (None, describe(arguments, limit=LIMIT))


def test_what_is_declared_in_a_list_may_grow(monkeypatch):
    monkeypatch.setattr("events.stencil._outlines", {})
    monkeypatch.setattr(Order, "event_fields", fields := ["amount"])
    assert fill({"order": an_order()}, limit=LIMIT)

    fields.append("student_name")

    expected = describe({"order": an_order()}, limit=LIMIT)
    assert [fill({"order": an_order()}, limit=LIMIT) for _ in range(2)] == [None, expected]


@pytest.mark.parametrize(
    "arguments",
    [
        {"items": ["a"]},
        {"not usual": 1},
        {"password": "x"},
        {"note": "a\0b"},
        {"note": "x" * LIMIT},
        {"count": 2**70},
        {"rate": float("nan")},
        {"amount": Decimal("nan")},
        {"order": Order.from_db("default", ["id"], [7])},
    ],
)
def test_what_is_not_plain_is_left_to_others(arguments):
    assert [fill(arguments, limit=LIMIT) for _ in range(2)] == [None, None]


def test_outlines_are_bounded(monkeypatch):
    monkeypatch.setattr("events.stencil.MAX_OUTLINES", 3)
    monkeypatch.setattr("events.stencil.MAX_STENCILS", 3)
    monkeypatch.setattr("events.stencil._outlines", outlines := {})

    for number in range(10):
        assert fill({f"name{number}": 1}, limit=LIMIT)
        assert len(outlines) <= 3
    for leaf in ("a", 1, 1.5, AT, AT.date(), AT.time(), UUID(int=1), None):
        assert fill({"user": User(pk=leaf)}, limit=LIMIT)
        assert all(len(outline.stencils) <= 3 for outline in outlines.values())
