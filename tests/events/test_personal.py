"""*declared*: whoever may not view personal data sees none of it, wherever it stands, and all the rest."""

import gc
import json
import weakref
from dataclasses import dataclass
from urllib.parse import unquote

import pytest
from django.db import models
from django.dispatch import Signal
from django.test.utils import isolate_apps
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from academy.models import Order, Profile
from events import attach
from events.declarations import check_models
from events.event import Entry, Event, Note, new_id, now
from events.payload import compute, describe
from events.personal import MAX_LENGTH, Marked, Search, places, without_personal
from events.summary import summarise

LIMIT = 65_536
CANARY = "canary-7f3a"
MARK = {"$mark": "personal"}
HOSTILE = '"personal":"#/note"'


def line_of(payload):
    time = now()
    event = Event(
        id=new_id(time),
        stream="main",
        type="shop.order_paid",
        source="/shop",
        time=time,
        data=payload.text,
        subject=payload.subject,
        summary=payload.summary,
        degraded=payload.degraded,
        personal=payload.personal,
    )
    return Entry.of(7, event.encode(), source="/shop", stream="main", epoch="one").line


def shown(personal=(), **arguments):
    """What is seen without the permission; on the way, that nothing else has changed, and that no more is said."""
    return seen(describe(arguments, limit=LIMIT, personal=personal))


def summary_seen(payload):
    """The line for people that is seen without the permission."""
    return json.loads(without_personal(line_of(payload))).get("summary", "")


def seen(payload):
    line = line_of(payload)
    masked = without_personal(line)
    assert CANARY not in masked
    assert masked.isascii() and without_personal(masked) == masked
    event, before = json.loads(masked), json.loads(line)
    data = event.pop("data")
    del before["data"]
    # It is made of what is left, if anything is.
    assert event.pop("summary", "") == ("" if data == MARK else summarise(data))
    before.pop("summary", None)
    assert list(event.items()) == list(before.items())
    return data


def an_order(**changes):
    return Order(**{"pk": 42, "student_name": CANARY, "course_title": "Typography I"} | changes)


@pytest.fixture
def marked(monkeypatch):
    """Orders whose student is personal."""
    monkeypatch.setattr(Order, "event_fields", ("student_name", "course_title"))
    monkeypatch.setattr(Order, "event_personal_fields", ("student_name",), raising=False)


def test_without_personal_values_an_event_has_no_such_attribute_and_stays_the_same_object():
    payload = describe({"note": "hello", "personal": HOSTILE, "nested": {"personal": "#/note"}}, limit=LIMIT)
    line = line_of(payload)
    entry = Entry(7, line)

    assert payload.personal == ""
    assert without_personal(line) is line
    assert entry.without_personal is entry


def test_an_entry_without_personal_values_is_made_once():
    entry = Entry(7, line_of(describe({"note": CANARY}, limit=LIMIT, personal=["note"])))

    assert entry.without_personal is entry.without_personal
    assert CANARY in entry.line and CANARY not in entry.without_personal.line
    assert (entry.without_personal.position, entry.without_personal.id) == (7, entry.id)


@pytest.mark.parametrize("personal", [(), ("note",)])
def test_an_entry_that_was_looked_at_goes_when_nobody_holds_it_any_more(personal):
    entry = Entry(7, line_of(describe({"note": "hello"}, limit=LIMIT, personal=personal)))
    assert entry.without_personal.position == 7
    known = weakref.ref(entry)

    gc.disable()
    try:
        del entry
        assert known() is None
    finally:
        gc.enable()


def test_a_model_says_which_of_its_fields_are_personal(marked):
    payload = describe({"order": an_order(), "note": "hello"}, limit=LIMIT)

    assert payload.personal == "#/order/fields/student_name"
    assert payload.summary == f"order 42: {CANARY}, Typography I · note hello"
    assert summary_seen(payload) == "order 42: Typography I · note hello"
    assert payload.subject == "academy.order/42"
    assert json.loads(payload.text)["order"]["fields"]["student_name"] == CANARY
    assert seen(payload)["order"]["fields"] == {"student_name": MARK, "course_title": "Typography I"}


def test_a_model_is_masked_wherever_it_stands(marked):
    @dataclass
    class Sale:
        orders: list

    data = shown(a=[1, {"x.y": an_order()}], sale=Sale([an_order()]), among={(an_order(),)}, note="hello")

    reference = {
        "model": "academy.order",
        "pk": 42,
        "fields": {"student_name": MARK, "course_title": "Typography I"},
    }
    assert data == {
        "a": [1, {"x.y": reference}],
        "sale": {"orders": [reference]},
        "among": [[reference]],
        "note": "hello",
    }


def test_a_model_is_masked_under_a_name_that_was_taken(marked):
    payload = describe({1: an_order(), "1": an_order()}, limit=LIMIT)

    assert payload.personal == "#/1/fields/student_name #/1%20%28str%29/fields/student_name"
    assert CANARY not in json.dumps(seen(payload))


def test_paths_lead_through_objects_and_into_each_member_of_a_list():
    data = shown(
        ("note", "buyer.email", "items.to.name"),
        note=CANARY,
        buyer={"email": CANARY, "country": "pl"},
        items=[{"to": {"name": CANARY}}, {"to": [{"name": CANARY}, {"name": None}]}, CANARY],
    )

    assert data == {
        "note": MARK,
        "buyer": {"email": MARK, "country": "pl"},
        "items": [{"to": {"name": MARK}}, {"to": [{"name": MARK}, {"name": MARK}]}, MARK],
    }


@pytest.mark.parametrize("buyer", [CANARY, 7, True, [CANARY, 0.5]])
def test_where_a_path_cannot_be_followed_all_that_is_there_is_personal(buyer):
    payload = describe({"buyer": buyer, "note": "hello"}, limit=LIMIT, personal=["buyer.email"])

    masked = MARK if not isinstance(buyer, list) else [MARK, MARK]
    assert seen(payload) == {"buyer": masked, "note": "hello"}
    assert CANARY not in summary_seen(payload)


def test_what_is_not_there_is_not_personal():
    payload = describe({"buyer": None, "seller": {"name": "x"}}, limit=LIMIT, personal=["buyer.email", "seller.email"])

    assert payload.personal == ""
    assert seen(payload) == {"buyer": None, "seller": {"name": "x"}}


def test_a_path_finds_keys_that_have_dots_themselves():
    assert shown(["a.b.c"], a={"b.c": CANARY, "b": {"c": CANARY}, "c": 1}) == {
        "a": {"b.c": MARK, "b": {"c": MARK}, "c": 1}
    }


def test_a_path_finds_keys_that_had_to_get_another_name():
    assert shown(["a.1", "b.1.c"], a={1: CANARY, "1": CANARY, 12: 0}, b={1: {"c": CANARY}, "1": {"c": CANARY}}) == {
        "a": {"1": MARK, "1 (str)": MARK, "12": 0},
        "b": {"1": {"c": MARK}, "1 (str)": {"c": MARK}},
    }


def test_a_personal_value_is_masked_with_all_that_is_in_it(marked):
    payload = describe({"order": an_order(), "who": [CANARY]}, limit=LIMIT, personal=["order", "order.pk", "who"])

    assert payload.personal == "#/order #/who"
    assert (payload.subject, summary_seen(payload)) == ("", "order (personal) · who (personal)")
    assert seen(payload) == {"order": MARK, "who": MARK}


@isolate_apps("academy")
def test_a_key_that_is_personal_is_masked_in_references_to_it_and_is_no_subject():
    class Member(models.Model):
        event_personal_fields = ("email",)
        email = models.EmailField(primary_key=True)

        class Meta:
            app_label = "academy"

    class Visit(models.Model):
        event_fields = ("member", "member_id", "guest", "room")
        member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
        guest = models.OneToOneField(Member, on_delete=models.CASCADE, primary_key=True, related_name="+")
        room = models.IntegerField()

        class Meta:
            app_label = "academy"

    member = describe({"member": Member(email=CANARY)}, limit=LIMIT)
    unloaded = describe({"visit": Visit(member_id=CANARY, guest_id=CANARY, room=3)}, limit=LIMIT)
    loaded = describe({"visit": Visit(member=Member(CANARY), guest=Member(CANARY), room=3)}, limit=LIMIT)

    for payload in (member, unloaded, loaded):
        assert payload.subject == "" and CANARY not in summary_seen(payload)
    assert seen(member) == {"member": {"model": "academy.member", "pk": MARK}}
    fields = {"member": MARK, "member_id": MARK, "guest": MARK, "room": 3}
    assert seen(unloaded) == seen(loaded) == {"visit": {"model": "academy.visit", "pk": MARK, "fields": fields}}


@isolate_apps("academy")
def test_a_key_that_is_personal_only_in_what_is_made_of_the_model_is_masked_there():
    class Person(models.Model):
        email = models.EmailField(primary_key=True)

        class Meta:
            app_label = "academy"

    class Student(Person):
        event_fields = ("email",)
        event_personal_fields = ("email",)

        class Meta:
            app_label = "academy"

    payload = describe({"student": Student(email=CANARY, person_ptr_id=CANARY)}, limit=LIMIT)

    assert payload.subject == ""
    assert seen(payload) == {"student": {"model": "academy.student", "pk": MARK, "fields": {"email": MARK}}}
    assert describe({"person": Person(email="n@x.example")}, limit=LIMIT).subject == "academy.person/n@x.example"


@pytest.mark.parametrize("personal", [(), ("guest",), ("guest.pk",)])
def test_names_that_are_none_lose_no_event(personal, monkeypatch):
    monkeypatch.delattr(Order, "event_personal_fields")

    class Evil(str):
        __hash__ = str.__hash__
        __eq__ = str.__eq__

        def __str__(self):
            raise ValueError

        __format__ = __repr__ = __str__

    payload = compute(lambda sender: {Evil("guest"): an_order(pk=7)}, None, {}, limit=LIMIT, personal=personal)

    assert payload.subject == ("" if personal else "academy.order/7")
    assert payload.personal == " ".join(f"#/{path.replace('.', '/')}" for path in personal)


@pytest.mark.parametrize("declared", ["student_name", ["student_name"]])
def test_a_forgotten_comma_makes_nothing_public(marked, monkeypatch, declared):
    monkeypatch.setattr(Order, "event_personal_fields", declared)

    assert shown(order=an_order())["order"]["fields"]["student_name"] == MARK


@pytest.mark.parametrize("declared", [7, [["student_name"]]])
def test_what_is_no_declaration_hides_all_and_loses_no_event(marked, monkeypatch, declared):
    monkeypatch.setattr(Order, "event_personal_fields", declared)

    payload = describe({"order": an_order(pk=CANARY), "note": "hello"}, limit=LIMIT)

    assert CANARY not in line_of(payload)
    assert json.loads(payload.text) == {"order": {"$mark": "failed", "error": "TypeError"}, "note": "hello"}


def test_what_an_attachment_computes_is_masked_and_the_subject_does_not_tell_it():
    def data(sender, order):
        return {"number": order.pk, "total": 3}

    arguments = {"order": an_order(pk=CANARY)}
    personal = compute(data, None, arguments, limit=LIMIT, personal=["number"])
    other = compute(data, None, arguments, limit=LIMIT, personal=["total"])

    assert (personal.subject, summary_seen(personal)) == ("", "number (personal) · total 3")
    assert seen(personal) == {"number": MARK, "total": 3}
    assert other.subject == f"academy.order/{CANARY}"


def test_a_subject_does_not_tell_what_may_have_been_in_a_personal_value_that_was_too_large():
    def data(sender, order):
        return {"numbers": [order.pk, ["x"] * LIMIT]}

    assert compute(data, None, {"order": an_order(pk=CANARY)}, limit=LIMIT, personal=["numbers"]).subject == ""


def test_a_subject_does_not_tell_an_argument_that_an_attachment_declares_personal():
    def data(sender, order):
        return {"order": order}

    assert compute(data, None, {"order": an_order()}, limit=LIMIT, personal=["order"]).subject == ""
    assert compute(data, None, {"order": an_order()}, limit=LIMIT, personal=["order.pk"]).subject == ""


@pytest.mark.parametrize("personal", ["user", "user.pk"])
def test_a_subject_does_not_tell_a_personal_argument_that_the_data_leaves_out(personal):
    def data(sender, user, order):
        return {"total": 3}

    arguments = {"user": an_order(pk=CANARY), "order": an_order()}

    assert compute(data, None, arguments, limit=LIMIT, personal=[personal]).subject == ""
    assert compute(data, None, arguments, limit=LIMIT, personal=["user.name"]).subject == f"academy.order/{CANARY}"


def test_a_value_that_was_too_large_is_masked_as_well():
    payload = describe({"note": CANARY * 100, "big": "x" * 900}, limit=500, personal=["note", "big"])

    assert seen(payload) == {"note": MARK, "big": MARK}


def test_where_places_are_too_many_whole_arguments_are_personal(marked):
    payload = describe({"orders": [an_order()] * 100, "note": "hello"}, limit=LIMIT)

    assert payload.personal == "#/orders"
    assert seen(payload) == {"orders": MARK, "note": "hello"}


def test_where_even_those_are_too_many_all_data_is_personal():
    names = [f"argument_{number}" for number in range(200)]
    payload = describe(dict.fromkeys(names, CANARY), limit=LIMIT, personal=names)

    assert payload.personal == "#"
    assert seen(payload) == MARK


def test_whoever_cannot_be_understood_shows_no_data():
    line = line_of(describe({"note": CANARY}, limit=LIMIT, personal=["note"]))
    for place in ["#/other", "/note", "#/note/deeper", "#/note #/", "#/%ff", "", "note", "#/note  #/note"]:
        masked = json.loads(without_personal(line.replace('"#/note"', json.dumps(place))))
        assert masked["data"] == MARK and masked["type"] == "shop.order_paid"
    for broken in ['"personal":[]', '"personal":7', '"personal":null']:
        assert json.loads(without_personal(line.replace('"personal":"#/note"', broken)))["data"] == MARK
    assert without_personal(line[:-3]) == '{"data":{"$mark":"personal"}}'


def test_places_are_json_pointers_as_in_a_fragment():
    assert places([("a/b", "~", "0", "c d", "é", "")]) == "#/a~1b/~0/0/c%20d/%C3%A9/"
    assert unquote("#/c%20d/%C3%A9") == "#/c d/é"


keys = st.one_of(
    st.text(max_size=6), st.sampled_from(["a.b", "a/b", "~1", "#", " ", "personal", "%20", "data", HOSTILE])
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
    | st.sampled_from([HOSTILE, MARK, {"personal": "#/a"}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


@st.composite
def hidden(draw, depth=4):
    """A value, the same with canaries planted in some of its objects, and which names of them these are."""
    kind = draw(st.sampled_from(["object", "object", "list", "value"])) if depth else "value"
    if kind == "value":
        value = draw(values)
        return value, value, []
    if kind == "list":
        parts = draw(st.lists(hidden(depth - 1), max_size=3))
        return [part[0] for part in parts], [part[1] for part in parts], [mark for part in parts for mark in part[2]]
    return draw(planted(depth))


@st.composite
def planted(draw, depth=4):
    parts = draw(st.dictionaries(keys, hidden(depth - 1), max_size=3))
    secret = draw(
        st.dictionaries(keys, st.sampled_from([CANARY, [CANARY], {CANARY: 1}, {"a": {"a": CANARY}}]), max_size=2)
    )
    expected = {key: part[0] for key, part in parts.items()} | dict.fromkeys(secret, MARK)
    data = {key: part[1] for key, part in parts.items()} | secret
    marks = [mark for key, part in parts.items() if key not in secret for mark in part[2]]
    return expected, data, [*marks, Marked(data, frozenset(secret))]


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=200, deadline=None)
@given(planted())
def test_no_personal_value_is_seen_whatever_stands_around_it(example):
    expected, data, marks = example
    text = json.dumps(data, separators=(",", ":"))

    found = Search(data, marks, ()).found
    personal = places(found)

    assert len(personal) <= MAX_LENGTH
    # Where places are too many, whole arguments are personal: that is another test.
    assume(personal == " ".join(places([keys]) for keys in found))
    time = now()
    event = Event(id=new_id(time), stream="main", type="t", source="/s", time=time, data=text, personal=personal)
    masked = without_personal(event.encode())

    assert CANARY not in masked
    assert json.loads(masked) == json.loads(event.encode()) | {"data": expected}
    # Byte by byte the rest is as it was.
    place = json.dumps(expected, separators=(",", ":"))
    assert masked == event.encode().replace(f'"data":{text}', f'"data":{place}')


@pytest.mark.parametrize("personal", ["note", ["note", ""], [7], [None], 7, None])
def test_a_path_that_is_none_is_refused(personal):
    with pytest.raises(ValueError, match="are no paths"):
        attach(Signal(), type="shop.order_paid", personal=personal)


def test_a_streamed_signal_keeps_the_truth_and_says_where_it_is_personal(stream, read_log):
    signal = stream(personal=("buyer_email",))

    signal.send(sender=None, buyer_email=CANARY, note="hello")

    [event] = read_log()
    assert event["data"] == {"buyer_email": CANARY, "note": "hello"}
    assert (event["personal"], event["summary"]) == ("#/buyer_email", f"buyer_email {CANARY} · note hello")


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (("student_name", "nmae"), "Profile.event_personal_fields has 'nmae', which is not among its event_fields."),
        ("student_name", "Profile.event_personal_fields is 'student_name', no tuple of names."),
        (None, "Profile.event_personal_fields is None, no tuple of names."),
        ((["student_name"],), "Profile.event_personal_fields has ['student_name'], which is not among"),
    ],
)
def test_the_check_finds_what_cannot_be_personal(monkeypatch, declared, said):
    monkeypatch.setattr(Profile, "event_personal_fields", declared, raising=False)

    [message] = check_models()

    assert message.id == "signalcast.E014"
    assert said in message.msg


def test_the_check_lets_a_key_be_personal(monkeypatch):
    monkeypatch.setattr(Profile, "event_personal_fields", ("pk", "id", "student_name"), raising=False)

    assert check_models() == []


def test_the_user_of_an_event_is_left_out_and_nothing_else_is_touched():
    line = (
        '{"specversion":"1.0","id":"1","type":"shop.sold","origin":"web POST /\\"originuser\\":\\"x\\"",'
        '"originuser":"auth.user/7\\"","originhost":"one/12","data":{"originuser":"kept","note":",\\"originuser\\":"}}'
    )

    masked = without_personal(line)

    before = json.loads(line)
    assert before.pop("originuser") == 'auth.user/7"'
    assert json.loads(masked) == before
    assert without_personal(masked) is masked


def test_the_user_is_left_out_where_data_is_masked_as_well():
    line = '{"specversion":"1.0","id":"1","personal":"#/note","originuser":"auth.user/7","data":{"note":"canary-7f3a"}}'

    masked = json.loads(without_personal(line))

    assert masked == {"specversion": "1.0", "id": "1", "personal": "#/note", "data": {"note": MARK}}


REACTIONS = {
    "pos": 7,
    "id": "1",
    "method": "send",
    "reactions": [
        {"receiver": "shop.receivers.book", "ms": 1.0, "outcome": "ok"},
        {"receiver": "shop.receivers.bill", "outcome": "raised", "error": f"Unavailable: {CANARY}: {CANARY}"},
        {"receiver": "shop.receivers.mail", "outcome": "raised", "error": "KeyError", "traceback": CANARY},
    ],
}


def noted(kind, told):
    return Note(kind=kind, position=7, event_id="1", type="shop.sold", text=json.dumps(told, separators=(",", ":")))


def test_of_an_exception_the_type_is_left():
    masked = json.loads(noted("reactions", REACTIONS).without_personal)

    ok, bill, mail = masked["reactions"]
    assert ok == REACTIONS["reactions"][0]
    assert (bill["error"], mail["error"]) == ("Unavailable", "KeyError")
    assert CANARY not in json.dumps(masked) and "traceback" not in mail
    assert {**masked, "reactions": []} == {**REACTIONS, "reactions": []}


def test_reactions_without_an_exception_stay_as_they_are():
    note = noted("reactions", {"pos": 7, "id": "1", "unknown": True})

    assert note.without_personal is note.text


@pytest.mark.parametrize("told", [["error:"], {"reactions": ["error"], "x": {"error": CANARY}}, {"error": 1}])
def test_reactions_that_cannot_be_told_apart_are_not_shown(told):
    assert CANARY not in noted("reactions", told).without_personal


def test_a_ghost_is_masked_as_an_event_and_as_reactions():
    event = {"specversion": "1.0", "id": "1", "personal": "#/note", "originuser": "auth.user/7"}
    ghost = event | {"data": {"note": CANARY, "error": "kept"}, "outcome": "rolledback"}

    masked = json.loads(noted("ghost", ghost | {"reactions": REACTIONS["reactions"]}).without_personal)

    assert masked["data"] == {"note": MARK, "error": "kept"}
    assert [each.get("error") for each in masked["reactions"]] == [None, "Unavailable", "KeyError"]
    assert CANARY not in json.dumps(masked) and "originuser" not in masked
