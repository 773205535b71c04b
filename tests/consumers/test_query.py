"""The query of a client that says no hello."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers import filter as filters
from consumers.filter import EVERYTHING, FilterLimits
from consumers.protocol import CloseCode, Last, Refused, Since
from consumers.query import parse
from events.event import Entry, now


def seen(type="academy.order_paid", subject="academy.order/42", sender="academy.Order", **data):
    return Entry(1, json.dumps({"type": type, "subject": subject, "sender": sender, "data": data}))


@pytest.mark.parametrize(
    "text, start",
    [
        ("", "live"),
        ("after=0", 1),
        ("after=120", 121),
        ("after=0120", 121),
        ("after=00000000000000000120", 121),
        ("after=earliest", "earliest"),
        ("after=9223372036854775806", 2**63 - 1),
        ("last=0", Last(0)),
        ("last=50", Last(50)),
        ("after=%31%32", 13),
        ("since=2026-11-01T10:00Z", Since(datetime(2026, 11, 1, 10, tzinfo=UTC))),
        ("since=2026-11-01T10:00+02:00", Since(datetime(2026, 11, 1, 8, tzinfo=UTC))),
        ("since=2026-11-01", Since(datetime(2026, 11, 1, tzinfo=UTC))),
    ],
)
def test_the_query_says_where_to_begin(text, start):
    query = parse(text)

    assert query.start == start
    assert query.epoch is None
    assert query.filter is EVERYTHING
    assert query.others == {}


def test_an_age_is_counted_from_now():
    before = now()

    query = parse("since=10m")

    assert before <= query.start.time + timedelta(minutes=10) <= now()


@pytest.mark.parametrize("epoch", ["a657905a6ce14546920fa4b260362a35", "a:b", "x" * 64])
def test_a_place_may_say_of_which_log_it_is(epoch):
    query = parse(f"after={epoch}:120")

    assert (query.epoch, query.start) == (epoch, 121)


def test_types_in_the_query_are_alternatives():
    query = parse("type=academy.*&after=1&type=auth.user_logged_in")

    assert query.start == 2
    assert query.filter.matches(seen("academy.order_paid"))
    assert query.filter.matches(seen("auth.user_logged_in"))
    assert not query.filter.matches(seen("shop.opened"))


def test_different_names_are_all_wanted():
    query = parse("type=academy.*&subject=academy.order/42&sender=academy.Order&data.order.pk=42&data.total.gte=100")

    assert query.filter.matches(seen(order={"pk": 42}, total="129.00"))
    assert not query.filter.matches(seen("shop.opened", order={"pk": 42}, total="129.00"))
    assert not query.filter.matches(seen(subject="academy.order/4", order={"pk": 42}, total="129.00"))
    assert not query.filter.matches(seen(sender="academy", order={"pk": 42}, total="129.00"))
    assert not query.filter.matches(seen(order={"pk": 43}, total="129.00"))
    assert not query.filter.matches(seen(order={"pk": 42}, total="99.00"))


@pytest.mark.parametrize(
    "text, data, answer",
    [
        ("data.order.pk=42", {"order": {"pk": 42}}, True),
        ("data.order.pk=42", {"order": {"pk": "42"}}, True),
        ("data.order.pk=42&data.order.pk=43", {"order": {"pk": 43}}, True),
        ("data.order.pk=4", {"order": {"pk": 42}}, False),
        ("data.total=129", {"total": "129.00"}, True),
        ("data.total=129.00", {"total": "129.00"}, True),
        ("data.code=007", {"code": "007"}, True),
        ("data.code=007", {"code": 7}, False),
        ("data.total=0.10000000000000000001", {"total": 0.1}, False),
        ("data.total=0.10000000000000000001", {"total": "0.10000000000000000001"}, True),
        ("data.gift=true", {"gift": True}, True),
        ("data.gift=true", {"gift": "true"}, True),
        ("data.gift=true", {"gift": 1}, False),
        ("data.note=null", {"note": None}, True),
        ("data.note=null", {}, False),
        ("data.note=", {"note": ""}, True),
        ("data.note=", {"note": None}, False),
        ("data.note=*", {"note": "*"}, True),
        ("data.total.gt=100", {"total": "100.00"}, False),
        ("data.total.lt=1e3", {"total": 999.5}, True),
        ("data.total.lte=1e999999999", {"total": 5}, False),
        ("data.at.gte=2026-11-01T10:00%2B02:00", {"at": "2026-11-01T08:30:00+00:00"}, True),
        ("data.gte=5", {"gte": 5}, True),
        ("data.x.total=5", {"x": {"total": 5}}, True),
    ],
)
def test_the_data_is_asked_by_path(text, data, answer):
    assert parse(text).filter.matches(seen(**data)) is answer


@pytest.mark.parametrize("text", ["type=*", "subject=*&sender=*", "type=academy.*&type=*"])
def test_a_lone_star_asks_for_nothing(text):
    assert parse(text).filter is EVERYTHING


def test_equal_queries_make_equal_filters():
    one = parse("type=academy.*&data.order.pk=42&last=5").filter

    assert one == parse("data.order.pk=42&after=1&type=academy.*").filter
    assert one != parse("type=academy.*&data.order.pk=43").filter


NAMES = st.sampled_from(["type", "subject", "sender"])
TEXTS = st.text(alphabet="ab.", min_size=1, max_size=3)
PARAMETERS = st.one_of(
    st.tuples(NAMES, TEXTS),
    st.tuples(NAMES, TEXTS.map(lambda text: f"{text}*")),
    st.tuples(st.sampled_from(["data.a", "data.b.c"]), TEXTS),
    st.tuples(st.sampled_from(["data.a.gte", "data.b.c.lt"]), st.integers(-2, 2).map(str)),
)
EVENTS = st.builds(
    seen,
    type=TEXTS,
    subject=TEXTS,
    sender=TEXTS,
    a=st.one_of(TEXTS, st.integers(-2, 2)),
    b=st.fixed_dictionaries({"c": st.one_of(TEXTS, st.integers(-2, 2))}),
)


def as_json(parameters):
    """The filter that the documentation says a query is."""
    return {"all": [{"any": [leaf(*each) for each in parameters if each[0] == name]} for name, _ in parameters]}


def leaf(name, value):
    path, _, last = name.rpartition(".")
    if last in ("gte", "lt"):
        return {last: {path: int(value)}}
    return {"prefix": {name: value[:-1]}} if value.endswith("*") else {"exact": {name: value}}


@given(parameters=st.lists(PARAMETERS, min_size=1, max_size=6), events=st.lists(EVENTS, max_size=8))
def test_a_filter_in_the_query_is_the_filter_that_json_would_say(parameters, events):
    in_query = parse(urlencode(parameters)).filter
    in_json = filters.parse(as_json(parameters))

    assert [in_query.matches(event) for event in events] == [in_json.matches(event) for event in events]


@given(
    text=st.one_of(
        st.text(),
        st.lists(st.tuples(st.sampled_from(["after", "since", "type", "data.a", "data.a.gt", "x"]), st.text())).map(
            urlencode
        ),
    )
)
def test_whatever_the_query_it_is_understood_or_refused(text):
    try:
        query = parse(text)
    except Refused as refused:
        assert refused.code == CloseCode.BAD_REQUEST
        return

    assert query.filter.matches(seen(a="1")) in (True, False)


def test_a_caller_may_allow_further_names_each_once():
    query = parse("before=5&type=academy.*&limit=&data.limit=1", also=("before", "limit", "format"))

    assert query.others == {"before": "5", "limit": ""}
    assert query.filter is not EVERYTHING
    with pytest.raises(Refused, match="The query has limit twice; it may have it once."):
        parse("limit=1&limit=1", also=("limit",))
    with pytest.raises(Refused, match='The query has "limits"; it may have after, last, since, .*, data.…, limit.'):
        parse("limits=1", also=("limit",))


def test_how_many_expressions_a_filter_may_have_is_the_caller_s_affair():
    limits = FilterLimits(expressions=3)

    assert parse("type=a&type=b", limits=limits)
    with pytest.raises(Refused, match="filter has more than 3 expressions."):
        parse("type=a&type=b&type=c", limits=limits)


NOT_A_PLACE = 'it must be a number, 0 or more, "earliest", or an epoch, a colon and a number.'
TOO_LARGE = "the number must be 9223372036854775806 or less."
NAMES_KNOWN = "it may have after, last, since, type, subject, sender, data.…."


@pytest.mark.parametrize(
    "text, message",
    [
        ("after=-1", f'after is "-1"; {NOT_A_PLACE}'),
        ("after=", f'after is ""; {NOT_A_PLACE}'),
        ("after", f'after is ""; {NOT_A_PLACE}'),
        ("after=live", f'after is "live"; {NOT_A_PLACE}'),
        ("after=1.5", f'after is "1.5"; {NOT_A_PLACE}'),
        ("after=1e3", 'after is "1e3"; it must be'),
        ("after=+1", 'after is " 1"; it must be'),
        ("after=%EF%BC%91", 'after is "\\uff11"; it must be'),
        ("after=9223372036854775807", f'after is "9223372036854775807"; {TOO_LARGE}'),
        ("after=" + "9" * 5000, 'after is "9999'),
        ("after=a:99999999999999999999", f'after is "a:99999999999999999999"; {TOO_LARGE}'),
        ("last=99999999999999999999", f'last is "99999999999999999999"; {TOO_LARGE}'),
        ("after=:5", f'after is ":5"; {NOT_A_PLACE}'),
        ("after=a:", f'after is "a:"; {NOT_A_PLACE}'),
        ("after=a:earliest", f'after is "a:earliest"; {NOT_A_PLACE}'),
        (f"after={'x' * 65}:5", 'after is "xxx'),
        ("last=-5", 'last is "-5"; it must be a number, 0 or more.'),
        ("last=all", 'last is "all"; it must be a number, 0 or more.'),
        ("since=yesterday", 'since is "yesterday"; it must be a time, e.g. 2026-11-01T10:00Z or 2026-11-01, or an age'),
        ("since=", 'since is ""; it must be a time'),
        ("after=1&last=5", "The query has after and last; it may have one of after, last, since, once."),
        ("since=5m&after=1", "The query has since and after; it may have one of after, last, since, once."),
        ("last=5&last=6", "The query has last twice; it may have one of after, last, since, once."),
        ("type=", "type is ''; write a whole type, or the start of one and a star: academy.*."),
        ("type=*.paid", "type is '*.paid'; write a whole type"),
        ("subject=a*b", "subject is 'a*b'; write a whole subject, or the start of one and a star: academy.order/*."),
        ("sender=", "sender is ''; write a whole sender, or the start of one and a star: academy.*."),
        ("type=" + "*" * 5000, "type is '***"),
        ("type=" + "a" * 5000, "type must be a string of at most 1000 characters."),
        ("data.a.gte=", "data.a.gte must be a string that is not empty."),
        ("data.a=" + "a" * 5000, "data.a must be a string of at most 1000 characters."),
        ("data" + ".a" * 33 + ".lt=1", f"data{'.a' * 33}.lt is a path of more than 32 parts."),
        ("data=1", f'The query has "data"; {NAMES_KNOWN}'),
        ("data.=1", f'The query has "data."; {NAMES_KNOWN}'),
        ("before=1", f'The query has "before"; {NAMES_KNOWN}'),
        ("AFTER=1", f'The query has "AFTER"; {NAMES_KNOWN}'),
        ("=1", f'The query has ""; {NAMES_KNOWN}'),
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
