"""Schemas of what messages are made of: they let through what the server does, and nothing that it refuses."""

import json

import pytest
from jsonschema import Draft7Validator

from consumers import filter, schemas
from consumers.filter import InvalidFilter
from tests.test_docs import attributes, blocks, dialects, parameters


def is_a(name, value):
    schema = {"components": {"schemas": schemas.components()}, "allOf": [schemas.ref(name)]}
    return Draft7Validator(schema).is_valid(value)


def test_every_attribute_of_an_event_is_there_and_no_other():
    assert set(schemas.components()["event"]["properties"]) == attributes()


def test_every_dialect_of_filters_is_there_and_no_other():
    assert set(schemas.components()["filter"]["properties"]) == dialects()


def test_every_parameter_of_the_query_is_there_and_no_other():
    assert set(schemas.query()["properties"]) == parameters()


def test_the_filters_of_the_docs_are_filters():
    written = [json.loads(line) for line in blocks("Filters", "json")[0].splitlines()]

    assert len(written) > 5
    assert all(is_a("filter", each) for each in written)


REFUSED = [
    {},
    {"sql": "type = 'a'"},
    {"exact": {}},
    {"exact": {"Type": "a"}},
    {"prefix": {"type": 1}},
    {"gte": {"type": "a"}},
    {"gte": {"data.a": None}},
    {"exact": {"data.a": []}},
    {"all": []},
    {"any": [{"not": {}}]},
    {"exact": {"type": "a"}, "not": {"exact": {"type": "a"}}},
    {"exact": {"type": "x" * 1001}},
    {"exact": {"type": ""}},
    {"exact": {"type": 1}},
    {"exact": {"data": "a"}},
    {"exact": {"data.": "a"}},
    {"exact": {"data." + "a" * 196: 1}},
    {"exact": {"data" + ".a" * 33: 1}},
    {"prefix": {"data.a": ""}},
    {"lt": {"data.a": ""}},
]

TAKEN = [
    {"exact": {"data.a": ""}},
    {"exact": {"database": "a", "data.a..b": None}},
    {"exact": {"data." + "a" * 195: 1}},
    {"exact": {"data" + ".a" * 32: 1}},
]


@pytest.mark.parametrize("expression", TAKEN, ids=lambda expression: json.dumps(expression)[:40])
def test_what_the_server_takes_is_a_filter(expression):
    filter.parse(expression)

    assert is_a("filter", expression)


@pytest.mark.parametrize("expression", REFUSED, ids=lambda expression: json.dumps(expression)[:40])
def test_what_the_server_refuses_is_no_filter(expression):
    with pytest.raises(InvalidFilter):
        filter.parse(expression)

    assert not is_a("filter", expression)


@pytest.mark.parametrize("value, is_one", [(43, True), (0, False), ("live", True), ("", False), ({"last": 0}, True)])
def test_a_start_is_a_position_or_a_word_for_one(value, is_one):
    assert is_a("start", value) is is_one
