"""consumers.export: the log as NDJSON, whole or recognisably not."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission, User
from django.core.asgi import get_asgi_application
from django.db import connection
from django.test import AsyncClient, Client

from academy.signals import course_completed, order_paid
from consumers import export, subscription, tokens
from consumers.process import _running, process
from events import log

NDJSON = "application/x-ndjson"


@pytest.fixture(autouse=True)
def open_to_this_machine(settings, transactional_db):
    settings.DEBUG = True
    return settings


@pytest.fixture
def get():
    async def get(query="", **headers):
        return await AsyncClient().get(f"/api/events/?{query}", headers=headers)

    return get


async def lines_of(answer):
    assert answer.status_code == 200 and answer["Content-Type"] == NDJSON
    body = b"".join([piece async for piece in answer.streaming_content])
    assert body.endswith(b"\n")
    return [json.loads(line) for line in body.splitlines()]


async def parts(answer):
    """The events, and the rest."""
    lines = await lines_of(answer)
    events = [line for line in lines if "sequence" in line]
    return events, [(line["type"], line["data"]) for line in lines if "sequence" not in line]


def numbers(events):
    return [event["data"]["number"] for event in events]


@pytest.fixture
def epoch():
    async def epoch():
        return (await sync_to_async(log.head)("main")).epoch

    return epoch


async def test_it_is_all_of_the_log_the_same_bytes_and_a_last_line_that_says_so(get, send, epoch):
    await send(*range(5))
    answer = await get("format=ndjson")

    body = b"".join([piece async for piece in answer.streaming_content]).decode()
    *lines, end = body.splitlines()

    assert lines == [entry.line for entry in (await sync_to_async(log.read)("main", 1, 10)).entries]
    end = json.loads(end)
    assert end["type"] == "signalcast.end" and "sequence" not in end
    assert end["data"] == {"epoch": await epoch(), "from": 1, "to": 6, "events": 5}
    assert answer["Content-Disposition"] == 'attachment; filename="signalcast-main-1-5.ndjson"'
    assert answer["X-Content-Type-Options"] == "nosniff" and "no-store" in answer["Cache-Control"]


async def test_a_filter_is_asked_about_all_of_the_log_whatever_happens_meanwhile(get, send, monkeypatch):
    monkeypatch.setattr(subscription, "SCAN", 2)
    await send(*range(5))
    await send(5, signal=course_completed)
    answer = await get("format=ndjson&type=academy.course_completed")

    pieces = aiter(answer.streaming_content)
    async with process() as shared:
        hub = await shared.hub()
        rest = asyncio.ensure_future(anext(pieces))
        while not rest.done():
            hub._beat()
            await asyncio.sleep(0)
        lines = [await rest, *[piece async for piece in pieces]]

    event, end = map(json.loads, b"".join(lines).splitlines())
    assert (event["data"]["number"], end["data"]["events"]) == (5, 1)


async def test_it_may_be_asked_for_by_its_type(get, send):
    await send(1)

    for accept, is_export in ((NDJSON, True), ("*/*", False), ("text/html,*/*;q=0.8", False), ("image/png", False)):
        assert ((await get(accept=accept))["Content-Type"] == NDJSON) is is_export
    assert (await get("format=json", accept=NDJSON))["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "query, wanted, range",
    [
        ("after=2", [2, 3, 4, 5], (3, 7)),
        ("after=2&before=5", [2, 3], (3, 5)),
        ("before=3", [0, 1], (1, 3)),
        ("last=2", [4, 5], (5, 7)),
        ("since=1h", [0, 1, 2, 3, 4, 5], (1, 7)),
        ("after=6", [], (7, 7)),
        ("after=4&before=2", [], (5, 5)),
        ("type=academy.course_*", [1, 3, 5], (1, 7)),
        ("type=nothing", [], (1, 7)),
    ],
)
async def test_it_is_what_was_asked_for(get, send, query, wanted, range):
    for number in (0, 1, 2, 3, 4, 5):
        await send(number, signal=[order_paid, course_completed][number % 2])

    events, [(kind, end)] = await parts(await get(f"format=ndjson&{query}"))

    assert numbers(events) == wanted
    assert (kind, end["events"]) == ("signalcast.end", len(wanted))
    assert (end["from"], end["to"]) == range


async def test_it_ends_at_the_head_of_the_moment_it_was_asked_for(get, send):
    await send(*range(5))
    answer = await get("format=ndjson")
    await send(5, 6)

    events, [(_, end)] = await parts(answer)

    assert numbers(events) == [0, 1, 2, 3, 4] and end["to"] == 6


async def test_whoever_was_cut_off_goes_on_after_the_last_event(get, send):
    await send(*range(6))
    events, _ = await parts(await get("format=ndjson&before=4"))
    last = events[-1]

    rest, _ = await parts(await get(f"format=ndjson&after={last['source'].rpartition('/')[2]}:{int(last['sequence'])}"))

    assert numbers(events + rest) == [0, 1, 2, 3, 4, 5]


async def test_what_is_pruned_or_of_another_log_is_told_first(get, send):
    await send(*range(6))
    await sync_to_async(log.prune)("main", 4)

    for after, start, reason in (("1", 2, "retention"), ("other:5", 6, "epoch"), ("99", 100, "epoch")):
        lines = await lines_of(await get(f"format=ndjson&after={after}"))

        assert lines[0]["type"] == "signalcast.gap"
        assert lines[0]["data"] == {"from": start, "to": 4, "reason": reason}
        assert numbers(lines[1:-1]) == [3, 4, 5]
        assert lines[-1]["data"]["from"] == 4


async def test_what_is_pruned_under_way_is_told_in_its_place(get, send, monkeypatch):
    await send(*range(10))
    answer = await get("format=ndjson")
    await sync_to_async(log.prune)("main", 4)

    lines = await lines_of(answer)

    assert [line["type"] for line in lines[:2]] == ["signalcast.gap", "academy.order_paid"]
    assert lines[0]["data"] == {"from": 1, "to": 4, "reason": "retention"}
    assert numbers(lines[1:-1]) == list(range(3, 10))


async def test_a_log_that_is_replaced_under_way_is_not_mixed_with_the_new_one(get, send):
    await send(*range(10))
    async with process() as shared:
        hub = await shared.hub()
        answer = await get("format=ndjson")
        await sync_to_async(_rename)()
        await hub.catch_up()

        events, control = await parts(answer)

    assert events == [] and [kind for kind, _ in control] == ["signalcast.bye"]
    assert control[0][1]["code"] == 4012


async def test_a_log_that_has_lost_its_end_is_not_told_as_if_it_were_whole(get, send):
    await send(*range(10))
    answer = await get("format=ndjson")
    await sync_to_async(_restore)(4)

    events, control = await parts(answer)

    assert events == [] and [(kind, data["code"]) for kind, data in control] == [("signalcast.bye", 4012)]


def _restore(head):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM signalcast_event WHERE position > %s", [head])
        cursor.execute("UPDATE signalcast_stream SET head = %s", [head])


def _rename():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE signalcast_stream SET epoch = 'another'")


async def test_without_the_database_it_breaks_off_and_says_that_it_is_not_whole(get, send, caplog, monkeypatch):
    await send(*range(10))
    answer = await get("format=ndjson")

    def fail(*arguments):
        raise OSError("the disk is gone")

    monkeypatch.setattr(log, "read", fail)
    _, control = await parts(answer)

    assert [kind for kind, _ in control] == ["signalcast.bye"]
    assert [record.action for record in caplog.records if record.name == "signalcast.consumers"] == ["history_failed"]


@pytest.mark.parametrize(
    "query, said", [("format=xml", "format"), ("format=", "format"), ("format=ndjson&limit=5", "limit")]
)
async def test_what_makes_no_sense_is_400(get, query, said):
    answer = await get(query)

    assert answer.status_code == 400 and said in answer.json()["error"]


async def test_head_is_answered_without_the_work(send):
    await send(1)

    answer = await AsyncClient().head("/api/events/?format=ndjson")

    assert answer["Content-Type"] == NDJSON and "Content-Disposition" in answer
    assert "Content-Length" not in answer and not list(answer.streaming_content)


async def test_a_full_process_takes_no_export(get, settings, send):
    settings.SIGNALCAST = settings.SIGNALCAST | {"MAX_CLIENTS": 0}

    answer = await get("format=ndjson")

    assert answer.status_code == 503 and answer["Retry-After"] == "5"


async def test_of_those_who_find_room_at_the_same_moment_no_more_than_fit_in_get_theirs(get, settings, send):
    settings.SIGNALCAST = settings.SIGNALCAST | {"MAX_CLIENTS": 1}
    await send(1)
    one, other = [await get("format=ndjson") for _ in range(2)]

    first = aiter(one.streaming_content)
    await anext(first)
    events, [(type, data)] = await parts(other)

    assert (events, type, data["code"]) == ([], "signalcast.bye", 4013)
    assert b"signalcast.end" in b"".join([piece async for piece in first])


async def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(send, monkeypatch):
    monkeypatch.setattr(export, "FRAME_EVENTS", 2)
    await send(*range(10))
    leaves, pieces, clients = asyncio.Event(), [], []
    messages = [{"type": "http.request"}]

    async def hear():
        if not messages:
            await leaves.wait()
            return {"type": "http.disconnect"}
        return messages.pop()

    async def say(message):
        if message["type"] == "http.response.body":
            pieces.append(message["body"])
            [shared] = _running.values()
            clients.append((await shared.hub()).clients)
            leaves.set()
            # Like a server whose client takes no more.
            await asyncio.Event().wait()

    async with asyncio.timeout(5):
        await get_asgi_application()(SCOPE, hear, say)
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0.001)

    assert len(pieces) == 1 and clients == [1] and not _running


SCOPE = {
    "type": "http",
    "method": "GET",
    "path": "/api/events/",
    "query_string": b"format=ndjson",
    "headers": [(b"host", b"localhost")],
    "client": ("127.0.0.1", 1),
}


class TestRights:
    """What may be seen, and for how long."""

    @pytest.fixture(autouse=True)
    def closed(self, settings):
        settings.DEBUG = False

    @pytest.fixture
    async def somebody(self):
        somebody = await User.objects.acreate_user("mei")
        await somebody.user_permissions.aadd(await Permission.objects.aget(codename="view_event"))
        return somebody

    async def test_a_token_exports_what_it_is_for(self, get, send, somebody):
        _, secret = await sync_to_async(tokens.create)("courses", somebody, "academy.course_*")
        for number in range(6):
            await send(number, signal=[order_paid, course_completed][number % 2])

        events, [(_, end)] = await parts(await get("format=ndjson", authorization=f"Bearer {secret}"))

        assert numbers(events) == [1, 3, 5]
        assert (end["from"], end["to"], end["events"]) == (1, 7, 3)

    async def test_whoever_loses_the_permission_under_way_gets_no_more_and_is_told(
        self, get, send, somebody, monkeypatch
    ):
        monkeypatch.setattr(export, "FRAME_EVENTS", 2)
        _, secret = await sync_to_async(tokens.create)("all", somebody)
        await send(*range(100))
        content = (await get("format=ndjson", authorization=f"Bearer {secret}")).streaming_content
        await anext(content)

        await somebody.user_permissions.aclear()
        async with asyncio.timeout(5):
            pieces = []
            async for piece in content:
                pieces.append(piece)
                await asyncio.sleep(0.05)

        last = json.loads(pieces[-1])
        assert len(pieces) < 49
        assert last["type"] == "signalcast.error" and last["data"]["code"] == 4403

    async def test_whoever_may_see_less_from_now_on_sees_less_from_now_on(self, get, send, somebody, monkeypatch):
        monkeypatch.setattr(export, "FRAME_EVENTS", 2)
        token, secret = await sync_to_async(tokens.create)("all", somebody)
        await send(*range(60))
        await send(*range(60, 80), signal=course_completed)
        content = (await get("format=ndjson", authorization=f"Bearer {secret}")).streaming_content
        pieces = [await anext(content)]

        token.types = "academy.course_completed"
        await token.asave()
        async with asyncio.timeout(5):
            async for piece in content:
                pieces.append(piece)
                await asyncio.sleep(0.05)

        *events, end = map(json.loads, b"".join(pieces).splitlines())
        assert 2 <= len([event for event in events if event["type"] == "academy.order_paid"]) < 60
        assert numbers(events)[-20:] == list(range(60, 80)) and end["type"] == "signalcast.end"


async def test_without_asgi_there_is_no_export_and_an_answer_that_says_so(send):
    answer = await sync_to_async(Client().get)("/api/events/?format=ndjson")

    assert answer.status_code == 501 and "ASGI" in answer.json()["error"]


async def test_a_piece_is_small_whatever_the_log_holds(get, send, monkeypatch):
    monkeypatch.setattr(subscription, "FRAME_BYTES", 2000)
    await send(*range(100))

    sizes = [len(piece) async for piece in (await get("format=ndjson")).streaming_content]

    assert len(sizes) > 5 and max(sizes) <= 2000
