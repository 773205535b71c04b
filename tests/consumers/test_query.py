"""The query of a client that says no hello."""

import pytest

from consumers.filter import EVERYTHING
from consumers.protocol import CloseCode, Last, Refused
from consumers.query import parse


@pytest.mark.parametrize(
    "text, start",
    [
        ("", "live"),
        ("after=0", 1),
        ("after=120", 121),
        ("after=0120", 121),
        ("after=earliest", "earliest"),
        ("after=9223372036854775806", 2**63 - 1),
        ("last=0", Last(0)),
        ("last=50", Last(50)),
        ("after=%31%32", 13),
    ],
)
def test_the_query_says_where_to_begin(text, start):
    query = parse(text)

    assert query.start == start
    assert query.filter is EVERYTHING


def test_types_in_the_query_are_alternatives():
    query = parse("type=academy.*&after=1&type=auth.user_logged_in")

    assert query.start == 2
    assert query.filter.matches({"type": "academy.order_paid"})
    assert query.filter.matches({"type": "auth.user_logged_in"})
    assert not query.filter.matches({"type": "shop.opened"})


@pytest.mark.parametrize(
    "text, message",
    [
        ("after=-1", 'after is "-1"; it must be a number, 0 or more, or "earliest".'),
        ("after=", 'after is ""; it must be a number, 0 or more, or "earliest".'),
        ("after", 'after is ""; it must be a number, 0 or more, or "earliest".'),
        ("after=live", 'after is "live"; it must be a number, 0 or more, or "earliest".'),
        ("after=1.5", 'after is "1.5"; it must be a number, 0 or more, or "earliest".'),
        ("after=1e3", 'after is "1e3"; it must be'),
        ("after=+1", 'after is " 1"; it must be'),
        ("after=%EF%BC%91", 'after is "\\uff11"; it must be'),
        ("after=9223372036854775807", 'after is "9223372036854775807"; it must be'),
        ("after=" + "9" * 5000, 'after is "9999'),
        ("last=-5", 'last is "-5"; it must be a number, 0 or more.'),
        ("last=all", 'last is "all"; it must be a number, 0 or more.'),
        ("type=", "type is ''; write a whole type, or the start of one and a star: academy.*."),
        ("type=*.paid", "type is '*.paid'; write a whole type"),
        ("since=now", 'The query has "since"; it may have after, last, type.'),
        ("AFTER=1", 'The query has "AFTER"; it may have after, last, type.'),
        ("=1", 'The query has ""; it may have after, last, type.'),
        ("x" * 5000, 'The query has "xxx'),
        ("&".join(["type=a"] * 100), "filter has more than 100 expressions."),
    ],
)
def test_a_wrong_query_is_refused_with_what_it_may_say(text, message):
    with pytest.raises(Refused) as refused:
        parse(text)

    assert refused.value.code == CloseCode.BAD_REQUEST
    assert refused.value.message.startswith(message)
    assert len(refused.value.message) < 200
