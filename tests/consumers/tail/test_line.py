"""Events as lines of a terminal, hostile ones too."""

import json
import re
from datetime import datetime

import pytest

from consumers.tail.line import Line, printable

EVENT = {
    "specversion": "1.0",
    "sequence": "00000000000000000042",
    "type": "academy.order_paid",
    "subject": "academy.order/7",
    "time": "2026-11-22T18:59:18.415969Z",
    "summary": "order 7: Søren, 129.00 · note hello",
    "data": {"secret": "x"},
}
SEQUENCE = re.compile("\x1b\\[[0-9;]*m")


def test_a_line_has_time_position_type_subject_and_summary():
    line = Line(is_coloured=False).text(EVENT)

    time = datetime.fromisoformat(EVENT["time"]).astimezone()
    assert line.startswith(f"{time:%Y-%m-%d %H:%M:%S}.415")
    assert line[23:].split() == [
        *("42", "academy.order_paid", "academy.order/7"),
        *("order", "7:", "Søren,", "129.00", "·", "note", "hello"),
    ]


def test_columns_stay_where_they_are_and_grow_with_what_comes():
    line = Line(is_coloured=False)

    first, second = line.text(EVENT | {"subject": "x" * 30}), line.text(EVENT)

    assert first.index("order 7") == second.index("order 7")


def test_a_type_has_one_colour_wherever_it_is_shown_and_without_colours_the_text_is_the_same():
    coloured = Line(is_coloured=True).text(EVENT)

    assert coloured == Line(is_coloured=True).text(EVENT)
    assert SEQUENCE.sub("", coloured) == Line(is_coloured=False).text(EVENT)
    (colour,) = re.findall("\x1b\\[(\\d+)macademy.order_paid", coloured)
    others = {
        re.search(r"\[(\d+)mtype", Line(is_coloured=True).text({"type": f"type{number}"}))[1] for number in range(50)
    }
    assert colour in others and len(others) > 5


@pytest.mark.parametrize(
    "hostile",
    ["\x1b[2J", "\x07", "\r", "\n", "\x9b31m", "\x7f", "\u202e", "\u2066", "\u2028", "\u200b", "\ud800", "\x85", "\t"],
)
@pytest.mark.parametrize("attribute", ["type", "subject", "summary", "time", "sequence"])
def test_nothing_of_an_event_reaches_the_terminal_that_it_would_obey(hostile, attribute):
    line = Line(is_coloured=False).text(EVENT | {attribute: f"a{hostile}b"})

    assert line.isprintable()
    assert "\\" in line


def test_the_spaces_of_other_languages_are_spaces():
    assert printable("1\u202f000\u00a0€") == "1 000 €"


@pytest.mark.parametrize("odd", [{}, {"type": 7, "summary": ["a"], "time": None}, {"time": "9999-99-99"}])
def test_an_event_that_is_not_what_it_should_be_is_shown_as_it_is(odd):
    line = Line(is_coloured=False).text(odd)

    assert all((value if isinstance(value, str) else json.dumps(value)) in line for value in odd.values() if value)


@pytest.mark.parametrize(
    "told, said",
    [
        ({"reactions": [{"outcome": "ok"}]}, "1 receiver"),
        ({"reactions": []}, "no receivers"),
        ({"reactions": [{"outcome": "ignored", "why": "sender"}]}, "no receivers"),
        ({"unknown": True}, "what receivers did is unknown"),
        (
            {
                "reactions": [
                    {"outcome": "ok"},
                    {"outcome": "raised", "error": "CrmUnavailable: order 42"},
                    {"outcome": "raised", "error": "CrmUnavailable: order 43"},
                    {"outcome": "raised", "error": "KeyError"},
                    {"outcome": "not_run"},
                    {"outcome": "cancelled"},
                ]
            },
            "6 receivers, 3 raised CrmUnavailable, KeyError, 1 not run, 1 cancelled",
        ),
        ({"reactions": [{"outcome": "raised", "error": "\x1b[2J"}]}, "1 receiver, 1 raised \\x1b[2J"),
    ],
)
def test_what_receivers_did_stands_under_the_position_in_few_words(told, said):
    line = Line(is_coloured=False)

    event, reactions = line.text(EVENT), line.reactions({"pos": 42} | told)

    assert reactions.split(maxsplit=1) == ["42", said]
    assert event.index("42") == reactions.index("42")
