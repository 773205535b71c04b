"""consumers.history: what receivers did, and what led to what, beside the events and to those who may see it."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission

from consumers import chain, tokens
from events import log, notes, numbering
from events.event import Event, Note, new_id, now

BOOK = {"receiver": "shop.receivers.book", "outcome": "ok"}
BILL = {"receiver": "shop.receivers.bill", "outcome": "raised", "error": "Unavailable: mei", "traceback": "mei"}


@pytest.fixture(autouse=True)
def open_to_this_machine(settings, transactional_db):
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["testserver"]
    return settings


@pytest.fixture
def closed(mei, settings):
    """Open to those alone who show a token."""
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def record():
    """Appends events, and gives them positions. Returns their ids."""

    def records(*forms):
        ids = []
        for number, form in enumerate(forms, 1):
            common = {"stream": "main", "type": "shop.sold", "source": "/signalcast", "data": f'{{"number":{number}}}'}
            event = Event(**common | {"id": new_id(now()), "time": now()} | form)
            log.append(event, using="default")
            ids.append(event.id)
        numbering.number("main", using="default")
        return ids

    return sync_to_async(records)


@sync_to_async
def note(id, position, *reactions):
    text = json.dumps({"pos": position, "id": id, "reactions": reactions}, separators=(",", ":"))
    notes.write("main", [Note(kind="reactions", position=position, event_id=id, type="shop.sold", text=text)])


@sync_to_async
def token_of(user, *permissions, types=""):
    for name in ("view_event", *permissions):
        user.user_permissions.add(Permission.objects.get(codename=name))
    return {"Authorization": f"Bearer {tokens.create(f'program {len(permissions)}', user, types=types)[1]}"}


async def test_an_event_comes_with_the_truth_about_its_receivers(get, record):
    ids = await record({}, {})
    await note(ids[0], 1, BOOK)
    await note(ids[0], 1, BILL)

    plain = await get(f"/api/events/{ids[0]}/")
    whole = await get(f"/api/events/{ids[0]}/?reactions=1")
    unknown = await get(f"/api/events/{ids[1]}/?reactions=1")

    assert whole["Content-Type"] == "application/json"
    assert plain.content in whole.content
    assert whole.json() == {
        "event": plain.json(),
        "reactions": {"pos": 1, "id": ids[0], "reactions": [BOOK, BILL]},
    }
    assert unknown.json()["reactions"] is None


async def test_a_page_comes_with_a_line_for_each_event_of_which_something_is_known(get, record):
    ids = await record(*[{}] * 5)
    for position in (1, 3, 3, 5):
        await note(ids[position - 1], position, BOOK)

    page = await get("/api/events/?reactions=1&limit=3")
    before = await get(page.json()["previous"])
    without = await get("/api/events/?limit=3")

    assert [line["pos"] for line in page.json()["reactions"]] == [3, 5]
    assert [line["pos"] for line in before.json()["reactions"]] == [1]
    assert "reactions" not in without.json()


async def test_the_events_that_led_to_each_other_come_in_one_answer(get, record):
    (root,) = await record({})
    await record(
        {"correlation_id": root, "causation_id": root}, {}, {"correlation_id": root}, {"correlation_id": "another"}
    )
    await note(root, 1, BOOK)

    answer = (await get(f"/api/events/?correlationid={root}&reactions=1")).json()
    other = (await get("/api/events/?correlationid=another")).json()
    none = (await get("/api/events/?correlationid=nothing")).json()

    assert [int(event["sequence"]) for event in answer["events"]] == [1, 2, 4]
    assert (answer["correlationid"], answer["whole"], answer["head"]) == (root, True, 5)
    assert [line["pos"] for line in answer["reactions"]] == [1]
    assert [int(event["sequence"]) for event in other["events"]] == [5]
    assert none["events"] == [] and "reactions" not in none


async def test_a_chain_is_bounded_and_says_so(get, record, monkeypatch):
    monkeypatch.setattr("consumers.history.MAX_EVENTS", 3)
    monkeypatch.setattr(chain, "MAX_EVENTS", 3)
    await record(*[{"correlation_id": "c"}] * 4, *[{"correlation_id": "d"}] * 3)

    long = (await get("/api/events/?correlationid=c")).json()
    short = (await get("/api/events/?correlationid=d")).json()
    monkeypatch.setattr(chain, "MAX_BYTES", 500)
    small = (await get("/api/events/?correlationid=d")).json()

    assert (len(long["events"]), long["whole"]) == (3, False)
    assert (len(short["events"]), short["whole"]) == (3, True)
    assert (len(small["events"]), small["whole"]) == (1, False)


async def test_what_may_not_be_seen_is_in_no_chain_and_nothing_is_said_of_its_receivers(get, record, mei, closed):
    ids = await record({"correlation_id": "c"}, {"correlation_id": "c", "type": "shop.secret"})
    for position, id in enumerate(ids, 1):
        await note(id, position, BOOK)
    token = await token_of(mei, "view_personal_data", types="shop.sold")

    answers = [await get(f"/api/events/{query}", **token) for query in ("?correlationid=c&reactions=1", "?reactions=1")]
    hidden = await get(f"/api/events/{ids[1]}/?reactions=1", **token)

    for answer in answers:
        assert [event["type"] for event in answer.json()["events"]] == ["shop.sold"]
        assert [line["pos"] for line in answer.json()["reactions"]] == [1]
    assert hidden.status_code == 404


async def test_on_every_way_an_exception_is_cut_to_its_type_and_its_user_is_left_out(get, record, mei, closed):
    (id,) = await record({"correlation_id": "c", "origin": "web POST /orders/", "origin_user": "auth.user/mei"})
    await note(id, 1, BILL)
    masked = await token_of(mei)
    ways = [f"/api/events/{id}/?reactions=1", "/api/events/?reactions=1", "/api/events/?correlationid=c&reactions=1"]

    answers = [(await get(address, **masked)).content.decode() for address in (*ways, f"/api/events/{id}/")]
    seeing = await token_of(mei, "view_personal_data")
    whole = [(await get(address, **seeing)).content.decode() for address in ways]

    for answer in answers:
        assert "web POST /orders/" in answer
        assert "mei" not in answer and "traceback" not in answer
    assert ['"error":"Unavailable"' in answer for answer in answers] == [True, True, True, False]
    for answer in whole:
        assert "auth.user/mei" in answer and '"error":"Unavailable: mei"' in answer


@pytest.mark.parametrize(
    "query, said",
    [
        ("reactions=yes", 'reactions is "yes"; it must be 1.'),
        ("reactions=1&format=ndjson", "reactions are for pages; an export has events alone."),
        ("correlationid=", 'correlationid is ""; it must be a text of 1 to 64 characters.'),
        ("correlationid=" + "x" * 65, "correlationid is "),
        ("correlationid=%00", "correlationid is "),
        ("correlationid=c&limit=5", "Beside correlationid there may be reactions, and nothing else"),
        ("correlationid=c&type=shop.*", "Beside correlationid there may be reactions, and nothing else"),
        ("correlationid=c&after=5", "Beside correlationid there may be reactions, and nothing else"),
    ],
)
async def test_what_makes_no_sense_is_refused(get, query, said):
    answer = await get(f"/api/events/?{query}")

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(said)
