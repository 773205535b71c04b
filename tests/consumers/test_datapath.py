"""Paths into an event's data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.datapath import ABSENT, MAX_LENGTH, MAX_PARTS, finder, is_path

DATA = {
    "order": {"pk": 42, "fields": {"total": "129.00", "note": None}},
    "lines": [{"title": "a"}, {"title": "b"}],
    "a.b": 1,
    "c": {"d.e": {"f": 2}},
    "g": {"h": 3},
    "g.h": 4,
    "i": {"j": 5},
    "i.j": {"k": 6},
    "": {"": 7},
    "0": {"1": 8},
}


@pytest.mark.parametrize(
    "path, value",
    [
        ("data.order.pk", 42),
        ("data.order.fields.note", None),
        ("data.lines.1.title", "b"),
        ("data.lines.0", {"title": "a"}),
        ("data.0.1", 8),
        ("data.a.b", 1),
        ("data.c.d.e.f", 2),
        ("data.i.j.k", 6),
        ("data..", 7),
    ],
)
def test_a_path_leads_through_objects_by_key_and_through_lists_by_index(path, value):
    assert finder(path)(DATA) == value


def test_of_several_keys_that_lead_to_the_end_the_shortest_counts():
    assert finder("data.g.h")(DATA) == 3
    assert finder("data.i.j")(DATA) == 5


@pytest.mark.parametrize(
    "path",
    ["data.x", "data.order.x", "data.order.pk.x", "data.order.fields.note.x", "data.lines.2", "data.lines.-1"]
    + [
        "data.lines.first",
        "data.lines.",
        "data.lines.1.title.0",
        "data.lines.9999999999",
        "data.lines.１",
        "data.order.",
    ],
)
def test_where_there_is_nothing_nothing_is_found(path):
    assert finder(path)(DATA) is ABSENT


@pytest.mark.parametrize("data", [None, 5, "text", [1], []])
def test_data_that_is_no_object_has_no_key(data):
    assert finder("data.x")(data) is ABSENT
    assert finder("data.x.y")(data) is ABSENT


@given(keys=st.lists(st.text(alphabet="ab.", max_size=3), min_size=1, max_size=5))
def test_whatever_is_there_is_found_by_its_keys(keys):
    data = 1
    for key in reversed(keys):
        data = {key: data}

    assert finder("data." + ".".join(keys))(data) == 1


def test_a_path_is_bounded():
    assert finder("data" + ".a" * MAX_PARTS)
    assert finder("data." + "a" * (MAX_LENGTH - 5))
    with pytest.raises(ValueError, match="32 parts"):
        finder("data" + ".a" * (MAX_PARTS + 1))
    with pytest.raises(ValueError, match="200 characters"):
        finder("data." + "a" * (MAX_LENGTH - 4))


def test_the_data_itself_is_no_path():
    assert is_path("data.order")
    assert not any(map(is_path, ["data", "data.", "order", "database.x", "Data.x"]))
