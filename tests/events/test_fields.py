"""events.fields: a schema in rows, in words."""

import pytest

from events.fields import MAX_ROWS, rows
from events.schema import Schema


def learnt(*events):
    schema = Schema()
    for position, data in enumerate(events):
        schema.learn(data, position=position, time="T")
    return rows(schema.told())


@pytest.mark.parametrize(
    ("values", "words", "example"),
    [
        ([3], "integer", "3"),
        ([0, 100], "integer, 0 to 100", "100"),
        ([1, 4821], "integer", "4821"),
        ([1.5], "number", "1.5"),
        ([1, 1.5], "number, 1 to 1.5", "1.5"),
        ([True], "boolean", "true"),
        (["12.50"], "decimal string", '"12.50"'),
        (["2026-05-12"], "date", '"2026-05-12"'),
        (["card", "cash"], "string, 2 values", '"cash"'),
        (["card", None], "string or null", '"card"'),
        ([None], "null", ""),
        ([[]], "list", ""),
        ([["a"]], "list of strings", ""),
        ([[{"model": "shop.order", "pk": 1}]], "list of shop.order", ""),
        ([{"$mark": "personal"}], "personal", ""),
        ([{"$mark": "masked"}], "secret, masked", ""),
        ([{"$mark": "too-large"}], "not shown", ""),
    ],
)
def test_what_was_learnt_is_said_in_words(values, words, example):
    first = learnt(*[{"it": value} for value in values])[0]

    assert (first.name, first.learnt_as, first.example) == ("it", words, example)


def test_a_reference_is_its_model_and_its_fields_stand_below_it():
    order = {"model": "shop.order", "pk": 7, "fields": {"amount": "1.00", "buyer": {"model": "auth.user", "pk": 3}}}

    found = learnt({"order": order}, {"order": None})

    assert found == [
        ("order", "order", "shop.order or null", "7"),
        ("order.amount", "order.fields.amount", "decimal string", '"1.00"'),
        ("order.buyer", "order.fields.buyer", "auth.user", "3"),
    ]


def test_objects_and_lists_of_them_are_opened():
    found = learnt({"buyer": {"name": "Nora"}, "items": [{"sku": "a"}]})

    assert [row.name for row in found] == ["buyer", "buyer.name", "items", "items[].sku"]


def test_there_are_not_more_than_one_reads():
    deep = {"a": {}}
    for _ in range(7):
        deep = {"a": deep}

    assert len(learnt({f"a{number}": {f"b{each}": 1 for each in range(9)} for number in range(20)})) == MAX_ROWS
    assert len(learnt(deep)) == 5
