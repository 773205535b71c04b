"""Filters: the CloudEvents dialects, held against an evaluator that is naive on purpose."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consumers import filter as filters
from consumers.datapath import ABSENT
from consumers.filter import EVERYTHING, FilterLimits, InvalidFilter, any_of, parse
from events.event import Entry


def seen(attributes, data=None):
    """The entry of an event with these attributes."""
    return Entry(1, json.dumps(attributes | {"data": data}))


EVENT = seen(
    {"type": "academy.order_paid", "subject": "academy.order/42", "sender": "academy.Order"},
    {
        "order": {"model": "academy.order", "pk": 42, "fields": {"total": "129.00", "status": "paid", "note": None}},
        "courses": [{"title": "Typography"}, {"title": "Colour"}],
        "at": "2026-11-22T18:59:18+00:00",
        "is_gift": True,
    },
)

NAMES = st.sampled_from(["type", "subject", "sender", "summary", "origin"])
WORDS = st.text(alphabet="ab.", min_size=1, max_size=3)
PATHS = st.sampled_from(["data.a", "data.b", "data.a.b", "data.a.0"])
LEAVES = st.one_of(st.text(alphabet="ab.", max_size=3), st.integers(-2, 2), st.booleans(), st.none())
DATA = st.dictionaries(
    st.sampled_from(["a", "b"]), st.one_of(LEAVES, st.dictionaries(st.just("b"), LEAVES), st.lists(LEAVES, max_size=2))
)
EVENTS = st.builds(seen, st.dictionaries(NAMES, st.text(alphabet="ab.", max_size=4)), DATA)
COMPARISONS = st.one_of(
    st.builds(
        lambda dialect, operand: {dialect: operand},
        st.sampled_from(["exact", "prefix", "suffix"]),
        st.dictionaries(st.one_of(NAMES, PATHS), WORDS, min_size=1, max_size=2),
    ),
    st.builds(lambda operand: {"exact": operand}, st.dictionaries(PATHS, LEAVES, min_size=1, max_size=2)),
    st.builds(
        lambda dialect, operand: {dialect: operand},
        st.sampled_from(["gt", "gte", "lt", "lte"]),
        st.dictionaries(PATHS, st.integers(-2, 2), min_size=1, max_size=2),
    ),
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
    return all(holds(dialect, found(name, event), value) for name, value in operand.items())


def found(name, event):
    """What stands at a name, or a path of the few that are tried."""
    if not name.startswith("data."):
        return event.attributes.get(name, ABSENT)
    value = event.data
    for part in name.split(".")[1:]:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (LookupError, TypeError, ValueError):
            return ABSENT
    return value


def holds(dialect, value, wanted):
    if dialect == "exact":
        return type(value) is type(wanted) and value == wanted
    if dialect in ("prefix", "suffix"):
        text = value if isinstance(value, str) else ""
        return {"prefix": text[: len(wanted)], "suffix": text[-len(wanted) :]}[dialect] == wanted
    return (
        type(value) is int
        and {
            "gt": value > wanted,
            "gte": value >= wanted,
            "lt": value < wanted,
            "lte": value <= wanted,
        }[dialect]
    )


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
@example(one={"exact": {"data.a": 0}}, other={"exact": {"data.a": False}})
def test_filters_that_differ_have_keys_that_differ(one, other):
    # To Python 0 is False.
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

    assert (parse(one).key == parse(other).key) is same


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
        ({"exact": {"data.order.fields.status": "paid"}}, True),
        ({"exact": {"data.order.fields.status": "paid", "type": "academy.course_completed"}}, False),
        ({"exact": {"data.order.pk": 42}}, True),
        ({"exact": {"data.order.pk": "42"}}, False),
        ({"exact": {"data.order.fields.total": 129}}, True),
        ({"exact": {"data.order.fields.note": None}}, True),
        ({"exact": {"data.order.note": None}}, False),
        ({"exact": {"data.is_gift": True}}, True),
        ({"exact": {"data.is_gift": 1}}, False),
        ({"exact": {"data.order": "academy.order"}}, False),
        ({"prefix": {"data.courses.0.title": "Typo"}}, True),
        ({"suffix": {"data.courses.1.title": "graphy"}}, False),
        ({"prefix": {"data.order.pk": "4"}}, False),
        ({"gt": {"data.order.fields.total": 129}}, False),
        ({"gte": {"data.order.fields.total": 129}}, True),
        ({"gte": {"data.order.fields.total": 100, "data.order.pk": 43}}, False),
        ({"lt": {"data.order.fields.total": 129.5}}, True),
        ({"lte": {"data.order.fields.status": 5}}, False),
        ({"gte": {"data.at": "2026-11-22"}}, True),
        ({"lt": {"data.at": "2026-11-22T18:59:18Z"}}, False),
        ({"gte": {"data.missing": 1}}, False),
        ({"not": {"gte": {"data.missing": 1}}}, True),
    ],
)
def test_each_dialect_says_yes_and_no(expression, answer):
    assert parse(expression).matches(EVENT) is answer


@pytest.mark.parametrize(
    "expression, answer",
    [
        ({"exact": {"type": "a"}}, False),
        ({"not": {"any": [{"prefix": {"type": "a"}}, {"suffix": {"sender": "b"}}]}}, False),
        ({"not": {"any": [{"prefix": {"type": "a"}}, {"suffix": {"type": "a", "data.a": "b"}}]}}, True),
        ({"lt": {"data.a": 1}}, True),
    ],
)
def test_a_filter_says_whether_it_looks_into_the_data(expression, answer):
    assert parse(expression).reads_data is answer


def test_no_filter_lets_everything_through():
    assert parse(None) is EVERYTHING
    assert EVERYTHING.matches(EVENT) is True


def nested(levels):
    expression = {"exact": {"type": "a"}}
    for _ in range(levels - 1):
        expression = {"not": expression}
    return expression


def test_a_filter_may_be_nested_8_deep_and_have_100_expressions():
    assert parse(nested(8)).matches(seen({"type": "a"})) is False
    assert parse({"any": [{"exact": {"type": "a"}}] * 99}).matches(seen({"type": "a"})) is True


def test_how_deep_and_how_large_a_filter_may_be_is_the_caller_s_affair():
    limits = FilterLimits(depth=2, expressions=3)

    assert parse({"any": [LEAF, LEAF]}, limits)
    with pytest.raises(InvalidFilter, match="nested more than 2 deep"):
        parse(nested(3), limits)
    with pytest.raises(InvalidFilter, match="more than 3 expressions"):
        parse({"any": [LEAF] * 3}, limits)


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
    "a path to nothing": ({"exact": {"data.": "x"}}, "filter.exact.data. is not the name of an attribute"),
    "an object in the data": ({"exact": {"data.a": {}}}, "filter.exact.data.a must be a string, a number, a boolean"),
    "a list in the data": ({"exact": {"data.a": []}}, "filter.exact.data.a must be a string, a number, a boolean or"),
    "a prefix that is a number": ({"prefix": {"data.a": 1}}, "filter.prefix.data.a must be a string that is not empty"),
    "an attribute compared": ({"gte": {"time": "2026"}}, "filter.gte.time is not a path into the data, e.g. data."),
    "nothing compared": ({"lt": {}}, "filter.lt must be an object of paths"),
    "a comparison without a path": ({"lt": 5}, "filter.lt must be an object of paths"),
    "more than true": ({"gt": {"data.a": True}}, "filter.gt.data.a must be a number or a string"),
    "more than null": (
        {"any": [LEAF, {"gte": {"data.order.total": None}}]},
        "filter.any[1].gte.data.order.total must be a number or a string",
    ),
    "more than nothing": ({"gt": {"data.a": ""}}, "filter.gt.data.a must be a string that is not empty"),
    "infinity": ({"gt": {"data.a": float("inf")}}, "filter.gt.data.a must be a number of at most 1000 digits or a"),
    "a huge number": (
        {"exact": {"data.a": 10**1000}},
        "filter.exact.data.a must be a string, a number of at most 1000 digits,",
    ),
    "a long path": (
        {"exact": {f"data.{'a' * 196}": "x"}},
        f"filter.exact.data.{'a' * 79}... is a path of more than 200",
    ),
    "a deep path": ({"gt": {"data" + ".a" * 33: 1}}, f"filter.gt.data{'.a' * 33} is a path of more than 32 parts"),
    "a long text": ({"exact": {"type": "a" * 1001}}, "filter.exact.type must be a string of at most 1000 characters"),
    "a long text in the data": ({"exact": {"data.a": "a" * 1001}}, "filter.exact.data.a must be a string of at most"),
    "upper case": ({"exact": {"Type": "x"}}, "filter.exact.Type is not the name of an attribute"),
    "an empty name": ({"exact": {"": "x"}}, "filter.exact. is not the name of an attribute"),
    "too deep": (nested(9), f"filter{'.not' * 8} is nested more than 8 deep"),
    "very much too deep": (nested(900), f"filter{'.not' * 8} is nested more than 8 deep"),
    "too many": ({"any": [LEAF] * 100}, "filter has more than 100 expressions"),
    "too many names": ({"exact": {f"a{n}": "x" for n in range(101)}}, "filter has more than 100 expressions"),
    "too many paths": ({"not": {"gt": {f"data.{n}": 1 for n in range(100)}}}, "filter has more than 100 expressions"),
    "too many, spread": ({"all": [{"any": [LEAF] * 30}] * 4}, "filter has more than 100 expressions"),
}


@pytest.mark.parametrize("expression, message", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_filter_is_refused_with_the_place_of_what_is_wrong(expression, message):
    with pytest.raises(InvalidFilter) as invalid:
        parse(expression)

    assert str(invalid.value).startswith(message)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(filters._DIALECTS), NAMES, PATHS, st.text(max_size=3)), inner),
    ),
)


@given(expression=JSON, data=JSON)
def test_whatever_json_is_a_filter_or_is_refused_and_a_filter_answers_whatever_the_data(expression, data):
    try:
        answer = parse(expression).matches(seen({"type": "a"}, data))
    except InvalidFilter:
        return

    assert answer in (True, False)


@given(dialect=st.sampled_from(filters._DIALECTS), path=PATHS, wanted=JSON, data=st.dictionaries(st.just("a"), JSON))
def test_whatever_a_filter_wants_of_the_data_it_answers_or_is_refused(dialect, path, wanted, data):
    try:
        answer = parse({dialect: {path: wanted}}).matches(seen({}, data))
    except InvalidFilter:
        return

    assert answer in (True, False)


def test_what_a_client_wrote_is_repeated_in_short():
    with pytest.raises(InvalidFilter) as invalid:
        parse({"x" * 60_000: 1})

    assert len(str(invalid.value)) < 250


def test_a_type_with_a_star_is_the_start_of_a_type():
    chosen = parse(any_of("type", ["academy.*", "auth.user_logged_in"]))

    assert chosen.matches(seen({"type": "academy.order_paid"}))
    assert chosen.matches(seen({"type": "auth.user_logged_in"}))
    assert not chosen.matches(seen({"type": "auth.user_logged_in_again"}))
    assert not chosen.matches(seen({"type": "shop.order_paid"}))


@pytest.mark.parametrize("patterns", [[], ["*"], ["academy.*", "*"]])
def test_no_type_and_a_lone_star_are_every_type(patterns):
    assert parse(any_of("type", patterns)) is EVERYTHING


@pytest.mark.parametrize("pattern", ["", "*.paid", "aca*my", "a**"])
def test_a_wrong_type_is_refused(pattern):
    with pytest.raises(InvalidFilter, match="write a whole type, or the start of one and a star"):
        parse(any_of("type", [pattern]))


def test_types_are_bounded_in_number_as_every_filter_is():
    with pytest.raises(InvalidFilter, match="more than 100 expressions"):
        parse(any_of("type", [f"type{number}" for number in range(filters.MAX_EXPRESSIONS)]))
