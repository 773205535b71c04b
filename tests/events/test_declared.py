"""*declared*: whatever is passed, an event comes of it, and only what was declared is in it."""

import dataclasses
import datetime
import decimal
import enum
import json
import uuid

import pytest
from django.contrib.auth.models import User
from django.test.utils import isolate_apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from academy.models import Order
from events.payload import describe

LIMIT = 2_000


class Raises(Exception):
    pass


def refuse(*arguments, **options):
    raise Raises


class Unprintable:
    __str__ = __repr__ = __format__ = __hash__ = __eq__ = __bool__ = __len__ = refuse


class Unreadable:
    __getattribute__ = __getattr__ = refuse


class Liar:
    __class__ = property(lambda self: str)


class EvilLiar:
    __class__ = property(refuse)


class EvilStr(str):
    __str__ = __len__ = __iter__ = __contains__ = replace = isascii = encode = __getitem__ = refuse


class EvilInt(int):
    __str__ = __int__ = __index__ = __repr__ = bit_length = refuse


class EvilFloat(float):
    __str__ = __float__ = __repr__ = refuse


class EvilDict(dict):
    items = keys = values = __iter__ = __getitem__ = __len__ = __contains__ = refuse


class EvilList(list):
    __iter__ = __len__ = refuse


class Endless(list):
    def __iter__(self):
        while True:
            yield "x"


class EvilDate(datetime.date):
    def isoformat(self):
        return object()


class EvilDecimal(decimal.Decimal):
    __str__ = refuse


class EvilBytes(bytes):
    __len__ = refuse


@dataclasses.dataclass
class EvilRecord:
    a: int = 1

    def __getattribute__(self, name):
        raise Raises


class Nested(enum.Enum):
    LIST = [1, object()]


with isolate_apps("academy"):  # So that nobody else finds it.

    class EvilOrder(Order):
        class Meta:
            proxy = True
            app_label = "academy"

        __str__ = __repr__ = __hash__ = __eq__ = refuse
        pk = property(refuse)
        id = property(refuse)

        def __getattribute__(self, name):
            raise Raises


def an_evil_order():
    order = Order(pk=7, student_name="Nora")
    object.__setattr__(order, "__class__", EvilOrder)
    return order


EVIL = {
    "unprintable": Unprintable,
    "unreadable": Unreadable,
    "a liar": Liar,
    "an evil liar": EvilLiar,
    "text": lambda: EvilStr("a\0b"),
    "an integer": lambda: EvilInt(7),
    "a float": lambda: EvilFloat(0.5),
    "a dict": lambda: EvilDict(a=1),
    "a list": lambda: EvilList([1]),
    "an endless list": Endless,
    "a date": lambda: EvilDate(2026, 3, 1),
    "a decimal": lambda: EvilDecimal("1.5"),
    "bytes": lambda: EvilBytes(b"abc"),
    "a dataclass": EvilRecord,
    "an enum": lambda: Nested.LIST,
    "a model instance": an_evil_order,
    "a generator": lambda: (refuse() for _ in range(3)),
    "an instance with no key": lambda: User(pk=Unprintable()),
    "an instance that was never made": lambda: Order.__new__(Order),
    "a reference that is none": lambda: {"model": "a", "pk": {}, "fields": [1]},
    "a mark that is none": lambda: {"$mark": ["a"]},
}


@pytest.mark.parametrize("make", EVIL.values(), ids=EVIL.keys())
def test_an_evil_argument_loses_neither_the_event_nor_its_neighbour(order_paid, read_log, failed, make):
    order_paid.send(sender=None, evil=make(), note="hello")
    order_paid.send(sender=None, evil=[{"a": make()}], note="hello")

    assert [event["data"]["note"] for event in read_log()] == ["hello", "hello"]
    assert failed() == {}


def test_evil_scalars_are_shown_for_what_they_are():
    evil = {"text": EvilStr("a\0b"), "integer": EvilInt(7), "float": EvilFloat(0.5), "mapping": EvilDict(a=1)}

    assert json.loads(describe(evil, limit=LIMIT).text) == {
        "text": "a␀b",
        "integer": 7,
        "float": 0.5,
        "mapping": {"a": 1},
    }


def test_an_evil_instance_is_still_a_reference(order_paid, read_log):
    order_paid.send(sender=None, order=an_evil_order())

    assert read_log()[0]["data"]["order"]["pk"] == 7
    assert read_log()[0]["subject"].endswith("order/7")


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=())),
    st.binary(),
    st.decimals(),
    st.datetimes(timezones=st.just(datetime.UTC)),
    st.timedeltas(),
    st.uuids(),
    st.builds(object),
    st.sampled_from([Nested.LIST, 10**1500, "x" * 3000, uuid.NAMESPACE_DNS, float("inf")]),
)
# Whoever sends a "$mark" of their own gets it back as it was: it says nothing of us.
NAMES = st.text(st.characters(exclude_categories=())).filter(lambda name: name != "$mark")
KEYS = st.one_of(NAMES, st.integers(), st.none(), st.binary(), st.booleans())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(KEYS, inner), st.tuples(inner, inner), st.lists(inner).map(EvilList)
    ),
    max_leaves=15,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.dictionaries(KEYS, VALUES))
def test_whatever_is_passed_becomes_bounded_ascii_json(arguments):
    payload = describe(arguments, limit=LIMIT)

    shown = json.loads(payload.text, parse_constant=refuse, object_pairs_hook=unique)
    assert isinstance(shown, dict)
    assert payload.text.isascii()
    assert len(payload.text) <= LIMIT
    assert set(reasons(shown)) - {"masked"} <= set(payload.degraded.split(","))


def unique(pairs):
    """An object of JSON, which has no name twice."""
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def reasons(shown):
    """Why things are not shown, according to the marks in their places."""
    if isinstance(shown, dict):
        yield from [shown["$mark"]] if "$mark" in shown else []
    for item in shown.values() if isinstance(shown, dict) else shown if isinstance(shown, list) else []:
        yield from reasons(item)


CANARY = "c4n4ry"


@pytest.mark.parametrize(
    "arguments",
    [
        {"password": CANARY},
        {"credentials": {"anything": [CANARY]}},
        {"request": {"headers": {"Authorization": CANARY, "X-Api-Key": CANARY, "Cookie": CANARY}}},
        {"users": [{"accessToken": CANARY}]},
        {"user": User(pk=1, username=CANARY, password=CANARY, email=CANARY)},
        {"error": Raises(CANARY)},
        {"thing": type("Thing", (), {"__str__": lambda self: CANARY, "__repr__": lambda self: CANARY})()},
        {"users": User.objects.filter(username=CANARY)},
    ],
    ids=["an argument", "a dict", "headers", "a list", "an instance", "an error", "an object", "a query set"],
)
def test_a_secret_is_nowhere_in_the_event(order_paid, transactional_db, read_log, arguments):
    order_paid.send(sender=None, **arguments)

    assert CANARY not in json.dumps(read_log())
