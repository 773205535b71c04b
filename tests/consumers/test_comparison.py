"""How a value in an event's data is held against the one that a filter names."""

from decimal import Decimal
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.comparison import equal, is_number, number, ordered

NO_NUMBERS = [
    "NaN",
    "-nan",
    "sNaN",
    "Infinity",
    "-inf",
    "",
    "+",
    ".",
    "1e",
    "1_000",
    " 1",
    "1 ",
    "0x10",
    "１",
    "1,5",
    "a",
]
OTHERS = [True, False, None, [], [1], {}, {"a": 1}]
FINITE = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)


@pytest.mark.parametrize(
    "value, wanted",
    [
        ("129.00", 129),
        ("129.00", 129.0),
        ("-0.00", 0),
        ("1E+3", 1000),
        ("0.1", 0.1),
        (0.1, 0.1),
        (2**80, 2**80),
        (5, 5.0),
        ("+.5", 0.5),
        ("a", "a"),
        ("", ""),
        (True, True),
        (None, None),
    ],
)
def test_numbers_are_equal_however_they_are_written_and_all_else_as_it_is(value, wanted):
    assert equal(wanted)(value)


@pytest.mark.parametrize(
    "value, wanted",
    [
        ("129.00", "129"),
        (129, "129"),
        (1, True),
        (True, 1),
        ("true", True),
        (0, None),
        (None, 0),
        ("0.1", 0.1000000000000001),
        (2**80 + 1, 2**80),
        ([], 0),
        ({}, None),
    ],
)
def test_what_is_of_another_kind_or_differs_in_the_last_digit_is_not_equal(value, wanted):
    assert not equal(wanted)(value)


@given(one=FINITE, other=FINITE)
def test_decimals_are_ordered_exactly(one, other):
    answers = [ordered(order, str(other))(str(one)) for order in ("lt", "lte", "gt", "gte")]

    assert answers == [one < other, one <= other, one > other, one >= other]


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_of_json_is_what_is_written_there(value):
    assert is_number(value)
    assert number(value) == Decimal(repr(value))


@pytest.mark.parametrize(
    "value", [*NO_NUMBERS, *OTHERS, "1e99999", "1e999999999", "1e-999999999", "9" * 1001, 10**1000]
)
def test_what_is_no_number_is_neither_more_nor_less_than_one(value):
    assert number(value) is None
    assert not any(ordered(order, 0)(value) for order in ("lt", "lte", "gt", "gte"))
    assert not equal(0)(value)


def test_the_largest_numbers_take_no_time():
    texts = ["1e9999", "-1e9999", "1e-9999", "9" * 1000, "0." + "0" * 997 + "1", "e" * 65_000, "9" * 65_000]
    began = process_time()

    for text in texts:
        for wanted in (1, 10**1000 - 1, "1e9999", "9" * 1000, 0.1):
            ordered("gte", wanted)(text)
            equal(wanted)(text)

    assert process_time() - began < 0.5


def test_a_wanted_number_of_many_digits_costs_no_more_than_another():
    tests = [ordered("gte", 10**999), equal(10**999)]
    began = process_time()

    for test in tests:
        for _ in range(20_000):
            assert not test("129.00")

    assert process_time() - began < 0.3


@pytest.mark.parametrize(
    "value, order, wanted",
    [
        ("2026-11-22T10:00:00+02:00", "lt", "2026-11-22T09:00Z"),
        ("2026-11-22T09:00:00", "gte", "2026-11-22T11:00:00+02:00"),
        ("2026-11-22", "lte", "2026-11-22T00:00:00Z"),
        ("2026-11-22T10:00:00.000001+00:00", "gt", "2026-11-22T10:00Z"),
        ("b", "gt", "a"),
        ("a", "lte", "a"),
        ("9", "gt", "10a"),
        ("10", "gt", "9"),
    ],
)
def test_times_are_ordered_as_times_and_texts_by_their_characters(value, order, wanted):
    assert ordered(order, wanted)(value)
    opposite = {"lt": "gte", "gte": "lt", "gt": "lte", "lte": "gt"}[order]
    assert not ordered(opposite, wanted)(value)


@pytest.mark.parametrize("wanted, value", [("2026-11-22", "zebra"), ("2026-11-22", 3000), (5, "zebra"), ("zebra", 5)])
def test_what_is_of_another_kind_is_neither_before_nor_after(wanted, value):
    assert not any(ordered(order, wanted)(value) for order in ("lt", "lte", "gt", "gte"))


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 2**4097, True, None, "1", []])
def test_what_json_has_no_number_for_is_none(value):
    assert not is_number(value)
