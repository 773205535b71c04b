"""events.value: one argument as JSON, and the marks for what cannot be shown."""

import dataclasses
import datetime
import decimal
import enum
import json
import math
import uuid
from array import array
from collections import Counter, OrderedDict, defaultdict, namedtuple
from pathlib import PurePosixPath

import pytest
from django.contrib.auth.models import User
from django.db.models import FileField
from django.db.models.fields.files import FieldFile
from django.utils.functional import SimpleLazyObject, lazy, lazystr
from django.utils.safestring import mark_safe

from academy.models import Course
from events.value import MAX_DEPTH, Shown

Login = namedtuple("Login", "user password")


class Colour(enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    LARGE = 3


class Whole(int):
    pass


class Part(float):
    pass


@dataclasses.dataclass
class Address:
    town: str
    password: str
    tags: set = dataclasses.field(default_factory=set)


def show(value, limit=65_536):
    """What becomes of a value, and why it is not quite what was sent."""
    degraded = set()
    _, shown = Shown(limit=limit, degraded=degraded).argument("value", value)
    return json.loads(json.dumps(shown, allow_nan=False)), degraded


@pytest.mark.parametrize("value", [None, True, False, 0, -7, 2**60, 0.5, "", "text", "Łódź 😀", [], {}, [1, [None]]])
def test_json_stays_what_it_is(value):
    shown, degraded = show(value)

    assert (shown, type(shown)) == (value, type(value))
    assert degraded == set()


def test_what_is_as_long_as_the_limit_in_json_is_shown_however_it_is_made():
    value = [decimal.Decimal(1), Whole(1)] * 1000

    assert show(value, limit=len("[]") + 1000 * len('"1",1,')) == (["1", 1] * 1000, set())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (decimal.Decimal("129.00"), "129.00"),
        (decimal.Decimal("1E+5"), "1E+5"),
        (datetime.date(2026, 3, 1), "2026-03-01"),
        (datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC), "2026-03-01T09:30:00+00:00"),
        (datetime.time(9, 30), "09:30:00"),
        (datetime.timedelta(minutes=5), "P0DT00H05M00S"),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (PurePosixPath("/a/b"), "/a/b"),
        (Colour.RED, "red"),
        (Size.LARGE, 3),
        (Whole(7), 7),
        (Part(0.5), 0.5),
        (mark_safe("<b>"), "<b>"),
        (lazystr("lazy"), "lazy"),
        ((1, "a"), [1, "a"]),
        ({"b", "a"}, ["a", "b"]),
        (frozenset({2, 1}), [1, 2]),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (Address("Łódź", "x", {1}), {"town": "Łódź", "password": {"$mark": "masked"}, "tags": [1]}),
        (Login("nora", "x"), {"user": "nora", "password": {"$mark": "masked"}}),
    ],
)
def test_a_value_of_python_has_a_form_in_json(value, expected):
    assert show(value) == (expected, set())


@pytest.mark.parametrize(
    ("value", "reason", "facts"),
    [
        (b"abc", "binary", {"bytes": 3}),
        (bytearray(5), "binary", {"bytes": 5}),
        (memoryview(b"ab"), "binary", {"bytes": 2}),
        (memoryview(array("i", [1, 2])), "binary", {"bytes": 8}),
        (math.nan, "not-a-number", {"value": "nan"}),
        (-math.inf, "not-a-number", {"value": "-inf"}),
        (decimal.Decimal("NaN"), "not-a-number", {"value": "NaN"}),
        (decimal.Decimal("Infinity"), "not-a-number", {"value": "Infinity"}),
        pytest.param(10**5000, "too-large", {"bits": 16_610}, id="a number of 5,000 digits"),
        pytest.param("x" * 70_000, "too-large", {"characters": 70_000}, id="a long text"),
        pytest.param([0] * 70_000, "too-large", {}, id="a long list"),
        (object(), "unsupported", {"type": "builtins.object"}),
        (object, "unsupported", {"type": "builtins.type"}),
        (print, "unsupported", {"type": "builtins.builtin_function_or_method"}),
        (LookupError("secret"), "unsupported", {"type": "builtins.LookupError"}),
        (iter([1]), "unsupported", {"type": "builtins.list_iterator"}),
        (1j, "unsupported", {"type": "builtins.complex"}),
        (Course.objects.all(), "unsupported", {"type": "django.db.models.query.QuerySet"}),
    ],
)
def test_what_cannot_be_shown_is_a_mark_that_says_why(value, reason, facts):
    assert show(value) == ({"$mark": reason, **facts}, {reason})


@pytest.mark.parametrize("name", ["receipts/42.pdf", "", None])
def test_a_file_of_a_model_is_its_name_whether_or_not_somebody_has_looked_at_it(name):
    file = FieldFile(Course(), FileField(), name)

    assert show(file) == (name, set())
    assert show([file, file]) == ([name, name], set())


class Liar(str):
    def __len__(self):
        return 0

    def isascii(self):
        return True


def test_a_string_that_lies_about_itself_is_looked_at_all_the_same():
    class Told:
        def __str__(self):
            return Liar("\0" * 100)

    promise = lazy(lambda: str(Told()), str)()

    assert show(Liar("a\0")) == ("a␀", {"nul"})
    assert show(promise) == ("␀" * 100, {"nul"})
    assert show(promise, limit=50)[1] == {"too-large"}


def test_nul_and_lone_surrogates_are_replaced_in_values_and_in_keys():
    shown, degraded = show({"a\0": "b\0c", "\ud800": "d\udfffe"})

    assert shown == {"a␀": "b␀c", "\ufffd": "d\ufffde"}
    assert degraded == {"nul", "surrogate"}


def test_a_cycle_ends_where_it_closes():
    ring = {"a": 1}
    ring["self"] = [ring]

    assert show(ring) == ({"a": 1, "self": [{"$mark": "cycle"}]}, {"cycle"})


def test_the_same_value_twice_is_no_cycle():
    twice = [1]

    assert show([twice, twice]) == ([[1], [1]], set())


def test_what_is_too_deep_is_cut_there():
    deep = []
    for _ in range(100_000):
        deep = [deep]

    shown, degraded = show(deep)

    assert degraded == {"too-deep"}
    assert json.dumps(shown).count("[") == MAX_DEPTH


def test_keys_are_text_and_none_is_lost():
    shown, _ = show({2: "a", "2": "b", None: "c", True: "d", "true": "e", Colour.RED: "f", (1,): "g", (2,): "h"})

    assert shown == {
        "2": "a",
        "2 (str)": "b",
        "null": "c",
        "true": "d",
        "true (str)": "e",
        "red": "f",
        "(tuple)": "g",
        "(tuple) (tuple)": "h",
    }


def test_keys_that_cannot_be_shown_are_counted():
    shown, degraded = show({b"a": 1, b"b": 2, b"c": 3, b"d": 4})

    assert shown == {"(bytes)": 1, "(bytes) (bytes)": 2, "(bytes) (bytes) 2": 3, "(bytes) (bytes) 3": 4}
    assert degraded == {"binary"}


def test_names_of_secrets_mask_their_values_at_any_depth():
    shown, degraded = show([{"user": {"apiKey": "x", "Set-Cookie": ["x"], "token": {"a": "x"}, "author": "nora"}}])

    mask = {"$mark": "masked"}
    assert shown == [{"user": {"apiKey": mask, "Set-Cookie": mask, "token": mask, "author": "nora"}}]
    assert degraded == set()


def test_a_mask_hides_neither_nothing_nor_a_yes_or_no():
    assert show({"token": None, "has_password": True}) == ({"token": None, "has_password": True}, set())


def test_a_lazy_object_is_not_evaluated():
    assert show(SimpleLazyObject(lambda: 1 / 0)) == ({"$mark": "lazy"}, {"lazy"})


def test_an_evaluated_lazy_object_is_shown_as_what_it_holds():
    user = SimpleLazyObject(lambda: User(pk=7))
    assert show(user)[0] == {"$mark": "lazy"}

    user.pk  # noqa: B018

    assert show(user) == ({"model": "auth.user", "pk": 7}, set())


class Fetching(list):
    """Asks the database only when it is looked at."""

    def __iter__(self):
        return iter(Course.objects.all())


@dataclasses.dataclass
class Shelf:
    courses: object = None

    def __getattribute__(self, name):
        return Course.objects.count() if name == "courses" else super().__getattribute__(name)


@pytest.mark.parametrize(
    "value",
    [Fetching([1]), Shelf(), lazy(lambda: str(Course.objects.count()), str)(), {"a": [Fetching([1])]}],
    ids=["a list", "a dataclass", "a lazy string", "nested"],
)
def test_looking_at_a_value_asks_the_database_nothing(db, value):
    assert show(value) == ({"$mark": "failed", "error": "QueryRefused"}, {"failed"})


@pytest.mark.parametrize("made", ["a", 1, {"a": 1}, Login("a", 1), Address("a", "b"), Course(pk=1)], ids=repr)
def test_of_any_number_no_more_is_looked_at_than_could_fit(made):
    looked_at = 0

    class Endless(list):
        def __iter__(self):
            nonlocal looked_at
            while True:
                looked_at += 1
                yield made

    assert show(Endless(), limit=4000)[0]["$mark"] == "too-large"
    assert looked_at * len(json.dumps(show(made)[0])) <= 5 * 4000
