"""events.schema: what is learnt from events, what is told of it, and what is a change."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from events.schema import MATURE, MAX_CHANGES, MAX_DEPTH, MAX_FIELDS, MAX_PROPERTIES, Schema

PERSONAL = {"$mark": "personal"}


def learnt(*events) -> Schema:
    schema = Schema()
    for position, data in enumerate(events, 1):
        schema.learn(data, position=position, time=f"T{position}")
    return schema


def changes(schema):
    return [(change.field, change.change, change.first_seen) for change in schema.changes]


def stored(schema):
    return Schema.of_json(json.loads(json.dumps(schema.as_json())))


ORDER = {"order": {"model": "shop.order", "pk": 1, "fields": {"amount": "12.50"}}, "method": "card", "gift": False}


def test_fields_have_types_formats_ranges_and_examples():
    told = learnt(ORDER, ORDER | {"score": 0, "at": "2026-05-12T16:08:43Z"}, ORDER | {"score": 100}).told()

    fields = told["properties"]
    assert told["type"] == "object"
    assert fields["order"]["properties"]["fields"]["properties"]["amount"] == {
        "type": "string",
        "pattern": r"^-?\d+\.\d+$",
        "examples": ["12.50"],
    }
    assert fields["score"] == {"type": "integer", "minimum": 0, "maximum": 100, "examples": [100]}
    assert fields["at"]["format"] == "date-time"
    assert fields["gift"] == {"type": "boolean", "examples": [False]}


def test_a_few_strings_are_told_all_of_many_the_newest_one():
    few = learnt(*[{"how": how} for how in ("card", "cash", "card")]).told()
    many = learnt(*[{"how": f"way {number}"} for number in range(50)]).told()

    assert few["properties"]["how"]["examples"] == ["card", "cash"]
    assert many["properties"]["how"]["examples"] == ["way 49"]


def test_what_was_in_every_one_of_twenty_events_is_required():
    assert learnt(*[ORDER] * (MATURE - 1)).told()["required"] == []
    assert learnt(*[ORDER] * MATURE).told()["required"] == ["order", "method", "gift"]
    assert learnt({}, *[ORDER] * MATURE).told()["required"] == []


def test_a_new_field_is_a_change_with_the_time_of_its_first_event():
    schema = learnt(*[ORDER] * MATURE, ORDER | {"coupon": "MAY"}, ORDER | {"coupon": "MAY"})

    assert changes(schema) == [("coupon", "new", f"T{MATURE + 1}")]


def test_what_comes_up_among_the_first_events_is_no_change():
    assert changes(learnt(*[ORDER] * (MATURE - 1), ORDER | {"coupon": "MAY"})) == []


def test_a_field_that_was_always_there_is_missed_once():
    schema = learnt(*[ORDER] * MATURE, {"order": ORDER["order"], "gift": True}, {"order": ORDER["order"], "gift": True})

    assert changes(schema) == [("method", "missing", f"T{MATURE + 1}")]
    assert "method" not in schema.told()["required"]


def test_another_type_is_a_change_and_both_are_told():
    schema = learnt(*[ORDER] * MATURE, ORDER | {"method": None}, ORDER | {"method": None})

    assert changes(schema) == [("method", "type", f"T{MATURE + 1}")]
    assert schema.changes[0].detail == "string, now null too"
    assert schema.told()["properties"]["method"]["type"] == ["string", "null"]


def test_changes_are_seen_in_objects_and_in_the_members_of_lists():
    before = {"order": {"amount": 1}, "items": [{"sku": "a"}] * MATURE}
    after = {"order": {"amount": 1, "tip": 2}, "items": [{"sku": "a", "size": 3}, {}]}

    schema = learnt(*[before] * MATURE, after)

    assert [change[:2] for change in changes(schema)] == [
        ("order.tip", "new"),
        ("items[].size", "new"),
        ("items[].sku", "missing"),
    ]


def test_of_personal_and_secret_values_nothing_is_kept():
    schema = learnt({"name": PERSONAL, "key": {"$mark": "masked"}, "big": {"$mark": "too-large", "characters": 9}})

    assert schema.told()["properties"] == {"name": {"$comment": "personal"}, "key": {"$comment": "masked"}, "big": {}}


def test_what_was_kept_before_it_was_declared_personal_is_forgotten():
    before = {"buyer": {"name": "Nora"}, "age": 4141, "pets": ["Rex"], "note": "hello", "born": "1985-05-12"}

    schema = learnt(before, dict.fromkeys(before, PERSONAL), before)

    kept = json.dumps(schema.as_json())
    assert not any(word in kept for word in ("Nora", "4141", "Rex", "hello", "1985", '"format"', '"items"'))
    assert schema.told()["properties"] == dict.fromkeys(before, {"$comment": "personal"})


def test_an_example_is_gone_when_its_event_is():
    schema = learnt({"how": "card", "score": 1}, {"how": "cash"}, {})

    assert schema.told(oldest=2)["properties"] == {
        "how": {"type": "string", "examples": ["cash"]},
        "score": {"type": "integer", "minimum": 1, "maximum": 1},
    }


def test_a_dictionary_with_ever_new_keys_is_bounded_and_no_flood_of_changes():
    events = [{"prices": {"currency": "EUR", f"sku-{number}": number}, **ORDER} for number in range(1000)]

    schema = learnt(*events)

    assert schema.told()["properties"]["prices"]["properties"].keys() == {"currency"}
    assert changes(schema) == []


def test_whatever_comes_it_stays_small():
    chance = random.Random(7)
    names = [f"{'n' * chance.randrange(90)}{number}" for number in range(5000)]

    schema = Schema()
    for position in range(300):
        deep = "leaf"
        for name in chance.sample(names, 30):
            deep = {name: deep, chance.choice(names): [deep, position, "x" * 5000]}
        schema.learn(dict.fromkeys(chance.sample(names, MAX_PROPERTIES // 4), deep), position=position, time="T")

    assert fields_of(schema.as_json()["root"]) <= MAX_FIELDS
    assert len(schema.changes) <= MAX_CHANGES
    assert len(json.dumps(schema.as_json())) < 300_000


def fields_of(told):
    inner = [*told.get("properties", {}).values(), *([told["items"]] if "items" in told else [])]
    return 1 + sum(map(fields_of, inner))


WIDE = {f"w{number}": dict.fromkeys("abcdefghi", [1]) for number in range(14)}


def test_there_is_room_for_so_many_fields():
    assert fields_of(learnt({"one": WIDE, "other": WIDE}).as_json()["root"]) == MAX_FIELDS


@pytest.mark.parametrize(
    "before",
    [
        [{"one": WIDE}, {"one": PERSONAL}],
        [{"one": {f"sku-{number}": {"net": 1, "tax": 2}}} for number in range(MAX_PROPERTIES + 1)],
    ],
    ids=["personal", "ever new keys"],
)
def test_what_is_forgotten_makes_room_for_others(before):
    schema = learnt(*before, {"other": WIDE})

    assert schema.told()["properties"]["other"] == learnt({"other": WIDE}).told()["properties"]["other"]


def test_an_object_has_as_many_properties_as_are_told_and_one_more_opens_it():
    most = {f"n{number}": number for number in range(MAX_PROPERTIES)}

    assert learnt(most, most, most).told()["properties"].keys() == most.keys()
    assert learnt(most, most, most | {"more": 1}).told()["properties"].keys() == most.keys()


def test_lists_within_lists_are_told_so_deep_and_no_deeper():
    nested = "leaf"
    for _ in range(MAX_DEPTH + 2):
        nested = [nested]

    told, depth = learnt({"list": nested}).as_json()["root"]["properties"]["list"], 1
    while "items" in told:
        told, depth = told["items"], depth + 1

    assert depth == MAX_DEPTH


def test_a_huge_number_is_a_number_without_an_example():
    assert learnt({"n": 2**100}).told()["properties"]["n"] == {"type": "integer"}
    assert learnt({"n": 1}, {"n": 2**100}, {"n": 2}).told()["properties"]["n"] == {"type": "integer", "examples": [2]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd$"), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), JSON, max_size=3), max_size=45))
def test_every_event_that_was_learnt_from_is_as_the_schema_says_and_storing_changes_nothing(events):
    schema = Schema()
    for position, data in enumerate(events):
        schema = stored(schema)
        schema.learn(data, position=position, time="T")

    assert all(Draft202012Validator(schema.told()).is_valid(data) for data in events)
    assert stored(schema).told() == schema.told() == learnt_at_once(events).told()


def learnt_at_once(events):
    schema = Schema()
    for position, data in enumerate(events):
        schema.learn(data, position=position, time="T")
    return schema
