"""events.summary: a line for people, from the data alone."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.summary import MAX_LENGTH, one_line, summarise

ORDER = {"model": "academy.order", "pk": 42, "fields": {"student": "Nora", "title": "Typography I", "amount": "129.00"}}

AWKWARD = "\0\n\x9f\ud800\udfff\ufdd0\ufffe\U0010ffff"


def is_allowed(character):
    """Whether a CloudEvents string may hold it: no controls, no surrogates, no noncharacters."""
    code = ord(character)
    is_noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    return unicodedata.category(character) not in ("Cc", "Cs") and not is_noncharacter


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({}, ""),
        ({"order": ORDER, "note": "hello"}, "order 42: Nora, Typography I, 129.00 · note hello"),
        ({"order": ORDER | {"fields": {}}}, "order 42"),
        ({"user": {"model": "auth.user", "pk": 7}}, "user 7"),
        ({"user": None, "mark": 1}, "mark 1"),
        ({"paid": True, "late": False}, "paid · not late"),
        ({"tags": ["a", "b"], "more": {"a": 1}}, "tags (2) · more (1)"),
        ({"password": {"$mark": "masked"}}, "password (masked)"),
        ({"request": {"$mark": "unsupported", "type": "x.Request"}, "user": {"$mark": "lazy"}, "mark": 1}, "mark 1"),
        ({"token": {"model": "shop.token", "pk": {"$mark": "masked"}}}, "token"),
    ],
)
def test_what_an_event_is_about_is_a_line_for_people(data, line):
    assert summarise(data) == line


@pytest.mark.parametrize("fields", [None, 5, "text", [1], {"a": {"b": 1}}])
def test_data_that_only_looks_like_a_reference_does_no_harm(fields):
    assert summarise({"order": {"model": "shop.order", "pk": 1, "fields": fields}}) == "order 1"


def test_a_long_line_is_cut_and_says_so():
    line = one_line("x" * 10_000)

    assert len(line) == MAX_LENGTH
    assert line.endswith("x…")


def test_line_breaks_and_escapes_are_spaces():
    assert one_line("a\r\nERROR x\x1b[2J\u2028b") == "a ERROR x [2J b"


@given(st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from(AWKWARD)), max_size=500))
def test_a_line_holds_only_what_the_standard_allows(text):
    line = one_line(text)

    assert len(line) <= MAX_LENGTH
    assert all(map(is_allowed, line))
