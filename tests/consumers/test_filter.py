"""Filters: the CloudEvents dialects, held against an evaluator that is naive on purpose."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers import filter as filters
from consumers.filter import EVERYTHING, InvalidFilter, of_types, parse

EVENT = {"type": "academy.order_paid", "subject": "academy.order/42", "sender": "academy.Order", "data": {"a": 1}}

NAMES = st.sampled_from(["type", "subject", "sender", "summary", "origin"])
WORDS = st.text(alphabet="ab.", min_size=1, max_size=3)
EVENTS = st.dictionaries(NAMES, st.text(alphabet="ab.", max_size=4))
COMPARISONS = st.builds(
    lambda dialect, operand: {dialect: operand},
    st.sampled_from(["exact", "prefix", "suffix"]),
    st.dictionaries(NAMES, WORDS, min_size=1, max_size=2),
)
EXPRESSIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(lambda part: {"not": part}, inner),
        st.builds(
            lambda dialect, parts: {dialect: parts},
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
    ),
    max_leaves=6,
)


def naive(expression, event):
    """CloudEvents Subscriptions 1.0 §3.2.4, word for word."""
    ((dialect, operand),) = expression.items()
    if dialect == "not":
        return not naive(operand, event)
    if dialect in ("all", "any"):
        answers = [naive(part, event) for part in operand]
        return False not in answers if dialect == "all" else True in answers
    for name, value in operand.items():
        if name not in event:
            return False
        cut = {"exact": event[name], "prefix": event[name][: len(value)], "suffix": event[name][-len(value) :]}
        if cut[dialect] != value:
            return False
    return True


def depth(expression):
    ((dialect, operand),) = expression.items()
    inner = operand if isinstance(operand, list) else [operand] if dialect == "not" else []
    return 1 + max(map(depth, inner), default=0)


@given(expression=EXPRESSIONS.filter(lambda each: depth(each) <= 8), event=EVENTS)
def test_a_filter_answers_as_the_specification_says(expression, event):
    assert parse(expression).matches(event) is naive(expression, event)


@given(expression=EXPRESSIONS.filter(lambda each: depth(each) <= 8), events=st.lists(EVENTS, max_size=5))
def test_filters_with_the_same_key_have_the_same_answers(expression, events):
    shuffled = json.loads(json.dumps(expression), object_pairs_hook=lambda pairs: dict(reversed(pairs)))

    one, other = parse(expression), parse(shuffled)

    assert one == other and one.key == other.key
    assert [one.matches(event) for event in events] == [other.matches(event) for event in events]


@given(one=COMPARISONS, other=COMPARISONS)
def test_filters_that_differ_have_keys_that_differ(one, other):
    assert (parse(one).key == parse(other).key) is (one == other)


@pytest.mark.parametrize(
    "expression, answer",
    [
        ({"exact": {"type": "academy.order_paid"}}, True),
        ({"exact": {"type": "academy.order"}}, False),
        ({"exact": {"type": "academy.order_paid", "sender": "other"}}, False),
        ({"prefix": {"type": "academy."}}, True),
        ({"prefix": {"type": "order"}}, False),
        ({"prefix": {"summary": "x"}}, False),
        ({"suffix": {"subject": "/42"}}, True),
        ({"suffix": {"subject": "academy"}}, False),
        ({"all": [{"prefix": {"type": "a"}}, {"suffix": {"type": "d"}}]}, True),
        ({"all": [{"prefix": {"type": "a"}}, {"suffix": {"type": "x"}}]}, False),
        ({"any": [{"prefix": {"type": "x"}}, {"suffix": {"type": "d"}}]}, True),
        ({"any": [{"prefix": {"type": "x"}}]}, False),
        ({"not": {"exact": {"type": "academy.order_paid"}}}, False),
        ({"not": {"exact": {"summary": "anything"}}}, True),
    ],
)
def test_each_of_the_six_dialects_says_yes_and_no(expression, answer):
    assert parse(expression).matches(EVENT) is answer


def test_no_filter_lets_everything_through():
    assert parse(None) is EVERYTHING
    assert EVERYTHING.matches({}) is True


def nested(levels):
    expression = {"exact": {"type": "a"}}
    for _ in range(levels - 1):
        expression = {"not": expression}
    return expression


def test_a_filter_may_be_nested_8_deep_and_have_100_expressions():
    assert parse(nested(8)).matches({"type": "a"}) is False
    assert parse({"any": [{"exact": {"type": "a"}}] * 99}).matches({"type": "a"}) is True


LEAF = {"exact": {"type": "a"}}
WRONG = {
    "a string": ("academy.", "filter must be an object with one dialect"),
    "a number": (1, "filter must be an object with one dialect"),
    "false": (False, "filter must be an object with one dialect"),
    "a list": ([LEAF], "filter must be an object with one dialect"),
    "nothing in it": ({}, "filter must be an object with one dialect"),
    "two dialects": (LEAF | {"not": LEAF}, "filter must be an object with one dialect"),
    "an unknown dialect": ({"sql": "type = 'a'"}, "filter.sql is no dialect that is spoken here: exact, prefix,"),
    "an unknown dialect inside": ({"not": {"all": [LEAF, {"like": {}}]}}, "filter.not.all[1].like is no dialect"),
    "an empty any": ({"any": []}, "filter.any must be a list of at least one expression"),
    "an all of no list": ({"all": LEAF}, "filter.all must be a list of at least one expression"),
    "a wrong part": ({"any": [LEAF, {"exact": "a"}]}, "filter.any[1].exact must be an object of attributes"),
    "no attribute": ({"exact": {}}, "filter.exact must be an object of attributes"),
    "an empty value": ({"prefix": {"type": ""}}, "filter.prefix.type must be a string that is not empty"),
    "a number as value": ({"exact": {"type": 5}}, "filter.exact.type must be a string that is not empty"),
    "null as value": ({"exact": {"type": None}}, "filter.exact.type must be a string that is not empty"),
    "data": ({"exact": {"data": "x"}}, "filter.exact.data is not the name of an attribute"),
    "a path": ({"exact": {"data.order": "x"}}, "filter.exact.data.order is not the name of an attribute"),
    "upper case": ({"exact": {"Type": "x"}}, "filter.exact.Type is not the name of an attribute"),
    "an empty name": ({"exact": {"": "x"}}, "filter.exact. is not the name of an attribute"),
    "too deep": (nested(9), f"filter{'.not' * 8} is nested more than 8 deep"),
    "very much too deep": (nested(900), f"filter{'.not' * 8} is nested more than 8 deep"),
    "too many": ({"any": [LEAF] * 100}, "filter has more than 100 expressions"),
    "too many, spread": ({"all": [{"any": [LEAF] * 30}] * 4}, "filter has more than 100 expressions"),
}


@pytest.mark.parametrize("expression, message", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_filter_is_refused_with_the_place_of_what_is_wrong(expression, message):
    with pytest.raises(InvalidFilter) as invalid:
        parse(expression)

    assert str(invalid.value).startswith(message)


def test_what_a_client_wrote_is_repeated_in_short():
    with pytest.raises(InvalidFilter) as invalid:
        parse({"x" * 60_000: 1})

    assert len(str(invalid.value)) < 250


def test_a_type_with_a_star_is_the_start_of_a_type():
    chosen = of_types(["academy.*", "auth.user_logged_in"])

    assert chosen.matches({"type": "academy.order_paid"})
    assert chosen.matches({"type": "auth.user_logged_in"})
    assert not chosen.matches({"type": "auth.user_logged_in_again"})
    assert not chosen.matches({"type": "shop.order_paid"})


@pytest.mark.parametrize("patterns", [[], ["*"], ["academy.*", "*"]])
def test_no_type_and_a_lone_star_are_every_type(patterns):
    assert of_types(patterns) is EVERYTHING


@pytest.mark.parametrize("pattern", ["", "*.paid", "aca*my", "a**"])
def test_a_wrong_type_is_refused(pattern):
    with pytest.raises(InvalidFilter, match="write a whole type, or the start of one and a star"):
        of_types([pattern])


def test_types_are_bounded_in_number_as_every_filter_is():
    with pytest.raises(InvalidFilter, match="more than 100 expressions"):
        of_types([f"type{number}" for number in range(filters.MAX_EXPRESSIONS)])
