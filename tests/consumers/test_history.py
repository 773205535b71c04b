"""consumers.history: what `/api/events/` and `/api/events/<id>/` answer, and to whom."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission, User
from django.db import connections
from django.test import AsyncClient, AsyncRequestFactory, Client
from django.urls import include, path
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from academy.signals import course_completed, order_paid
from consumers import tokens
from consumers.door import let_in
from consumers.protocol import Refused
from events import log, numbering
from events.event import Event, new_id, now

JSON = "application/json"
urlpatterns = [path("stream/", include("frontend.urls"))]


@pytest.fixture(autouse=True)
def open_to_this_machine(settings, transactional_db):
    settings.DEBUG = True
    return settings


def numbers(answer):
    return [event["data"]["number"] for event in answer.json()["events"]]


async def test_pages_lead_through_the_log_in_both_directions(get, send):
    await send(*range(10))

    newest = await get("/api/events/?limit=4")
    middle = await get(newest.json()["previous"])
    oldest = await get(middle.json()["previous"])

    assert [numbers(page) for page in (newest, middle, oldest)] == [[6, 7, 8, 9], [2, 3, 4, 5], [0, 1]]
    assert newest["Content-Type"] == JSON
    assert newest.json()["next"] is None and oldest.json()["previous"] is None
    assert numbers(await get(oldest.json()["next"])) == [2, 3, 4, 5]


async def test_what_is_asked_for_goes_along_with_the_links(get, send):
    for number in range(6):
        await send(number, signal=[order_paid, course_completed][number % 2])

    first = await get("/api/events/?type=academy.order_*&type=auth.*&limit=2&after=earliest")
    second = await get(first.json()["next"])

    assert numbers(first) == [0, 2] and numbers(second) == [4]
    assert second.json()["next"] is None


async def test_an_event_has_an_address_of_its_own_with_the_same_bytes(get, send):
    await send(1, 2)
    page = await get("/api/events/")
    event = page.json()["events"][0]

    answer = await get(f"/api/events/{event['id']}/")

    assert answer.status_code == 200 and answer["Content-Type"] == "application/cloudevents+json"
    assert answer.json() == event
    assert answer.content in page.content
    assert (await get(f"/api/events/{event['id'].upper()}/")).content == answer.content


@pytest.mark.parametrize("id", ["019ab000-0000-7000-8000-000000000000", "1", "é", "0" * 5000, "%00", "'; --", "..."])
async def test_what_is_not_there_is_404_whatever_its_form(get, id):
    answer = await get(f"/api/events/{id}/")

    assert answer.status_code == 404 and answer.json() == {"error": "There is no such event."}


async def test_an_event_that_was_pruned_or_has_no_position_yet_is_not_there(get, send, settings):
    await send(1, 2)
    ids = [event["id"] for event in (await get("/api/events/")).json()["events"]]
    await sync_to_async(log.prune)("main", 2)
    settings.SIGNALCAST = settings.SIGNALCAST | {"PUBLISHER": "off"}
    await sync_to_async(order_paid.send)(sender=None, number=3)
    pending = await sync_to_async(_newest_id)()

    answers = [await get(f"/api/events/{id}/") for id in (*ids, pending)]

    assert [answer.status_code for answer in answers] == [404, 200, 404]
    assert answers[0].content == answers[2].content


def _newest_id():
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT event_id FROM signalcast_event ORDER BY id DESC LIMIT 1")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    "query, said",
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=²", "limit"),
        ("before=0", "before"),
        ("before=earliest", "before"),
        ("before=9223372036854775808", "before"),
        ("before=a:", "before"),
        ("before=:5", "before"),
        ("after=-1", "after"),
        ("after=x:9223372036854775807", "after"),
        ("after=a:1&before=b:5", "different logs"),
        ("last=x", "last"),
        ("type=", "type"),
        ("kind=x", "kind"),
        ("type=a&" * 2000, "100 expressions"),
    ],
)
async def test_what_makes_no_sense_is_400_and_says_why(get, query, said):
    answer = await get(f"/api/events/?{query}")

    assert answer.status_code == 400 and said in answer.json()["error"]


async def test_more_parameters_than_django_reads_are_no_fault_of_the_log(get, caplog):
    answer = await get("/api/events/some-id/?" + "a=1&" * 2000)

    assert answer.status_code == 400 and "parameters" in answer.json()["error"]
    assert "cannot be shown" not in caplog.text


NAMES = st.sampled_from(["after", "before", "last", "limit", "type", "format", "since", "subject", "data.x", "q"])
VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.integers().map(str),
    st.sampled_from(["earliest", "*", "a*", "json", "ndjson", "a:1", ":", ":5", "one:2"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(pairs=st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_nothing_that_is_asked_makes_an_error_of_ours(pairs):
    answer = Client().get("/api/events/", query_params=pairs)

    assert answer.status_code in (200, 400, 501)


async def test_without_asgi_there_are_pages_too(send):
    await send(1, 2, 3)

    answer = await sync_to_async(Client().get)("/api/events/?limit=2")

    assert numbers(answer) == [2, 3]


class TestAccess:
    @pytest.fixture(autouse=True)
    def closed(self, settings):
        settings.DEBUG = False

    @pytest.fixture
    async def somebody(self):
        return await User.objects.acreate_user("mei", password="secret")

    @pytest.fixture
    async def visitor(self, somebody):
        visitor = AsyncClient()
        await visitor.aforce_login(somebody)
        return visitor

    ADDRESSES = pytest.mark.parametrize(
        "address", ["/api/events/", "/api/events/?limit=x", "/api/events/019ab000-0000-7000-8000-000000000000/"]
    )

    @ADDRESSES
    async def test_nobody_reads_without_signing_in(self, get, address):
        answer = await get(address)

        assert answer.status_code == 401 and answer.json() == {"error": "Sign in to follow this stream."}
        assert answer["WWW-Authenticate"].startswith("Bearer")

    @ADDRESSES
    async def test_whoever_has_no_permission_is_told_so(self, visitor, address):
        answer = await visitor.get(address)

        assert answer.status_code == 403 and "signalcast.view_event" in answer.json()["error"]

    async def test_whoever_has_it_reads(self, visitor, somebody, send):
        await somebody.user_permissions.aadd(await Permission.objects.aget(codename="view_event"))
        await send(1)

        assert numbers(await visitor.get("/api/events/?type=academy.*")) == [1]

    @pytest.mark.parametrize(
        "site, status", [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
    )
    async def test_pages_of_other_sites_are_not_served(self, visitor, somebody, site, status):
        await somebody.user_permissions.aadd(await Permission.objects.aget(codename="view_event"))

        answer = await visitor.get("/api/events/", headers={"sec-fetch-site": site})

        assert answer.status_code == status
        assert "Access-Control-Allow-Origin" not in answer

    @pytest.fixture
    async def token(self, somebody):
        """Shown by somebody who may look, but view no personal data, for events of one type only."""
        await somebody.user_permissions.aadd(await Permission.objects.aget(codename="view_event"))
        _, secret = await sync_to_async(tokens.create)("courses", somebody, "academy.course_completed")
        return {"authorization": f"Bearer {secret}"}

    async def test_a_token_shows_what_it_is_for_and_the_rest_is_as_if_it_were_not_there(self, get, send, token):
        for number in range(6):
            await send(number, signal=[order_paid, course_completed][number % 2])
        hidden, seen = [entry.id for entry in (await sync_to_async(log.read)("main", 1, 2)).entries]

        page = await get("/api/events/?limit=2", **token)
        none = await get("/api/events/?type=academy.order_paid", **token)
        answers = [await get(f"/api/events/{id}/", **token) for id in (seen, hidden, seen[:-4] + "0000")]

        assert numbers(page) == [3, 5] and (page.json()["from"], page.json()["to"]) == (4, 7)
        assert numbers(none) == []
        assert [answer.status_code for answer in answers] == [200, 404, 404]
        # But for the moment when it is out of date, which is that of the answer.
        headers = [{**answer.headers, "Expires": ""} for answer in answers]
        assert answers[1].content == answers[2].content and headers[1] == headers[2]

    async def test_personal_data_is_masked_everywhere_and_cannot_be_asked_for(self, get, token):
        await sync_to_async(_append_personal)()
        id = (await sync_to_async(log.read)("main", 1, 1)).entries[0].id

        page = await get("/api/events/", **token)
        export = await get("/api/events/?format=ndjson", **token)
        text = page.content + b"".join([piece async for piece in export.streaming_content])
        text += (await get(f"/api/events/{id}/", **token)).content
        asked = await get("/api/events/?data.name=canary", **token)

        assert b"canary" not in text and text.count(b'{"$mark":"personal"}') == 3
        assert asked.json()["events"] == []

    async def test_whoever_loses_the_permission_while_a_page_is_made_does_not_get_it(self, somebody, token):
        request = AsyncRequestFactory().get("/api/events/", headers=token)

        async with let_in(request) as guest:
            assert guest.sight is guest.visit.sight
            await somebody.user_permissions.aclear()
            async with asyncio.timeout(5):
                while not guest.visit.refused:
                    await asyncio.sleep(0.001)

            with pytest.raises(Refused, match="permission"):
                _ = guest.sight

    async def test_where_everybody_has_to_sign_in_programs_get_json_all_the_same(self, get, settings):
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]

        answer = await get("/api/events/")

        assert answer.status_code == 401 and "error" in answer.json()


def _append_personal():
    time = now()
    event = Event(
        id=new_id(time),
        stream="main",
        type="academy.course_completed",
        source="/signalcast",
        time=time,
        data='{"name":"canary"}',
        personal="#/name",
    )
    log.append(event, using="default")
    numbering.number("main", using="default")
    connections.close_all()


async def test_without_a_database_it_says_when_to_come_back(get, settings, caplog):
    settings.SIGNALCAST = {"DATABASE": "elsewhere"}

    answers = [await get("/api/events/"), await get("/api/events/019ab000-0000-7000-8000-000000000000/")]

    for answer in answers:
        assert answer.status_code == 503 and answer["Retry-After"] == "5"
        assert answer.json() == {"error": "The log cannot be read at the moment."}
    assert {record.action for record in caplog.records if record.name == "signalcast.consumers"} == {"history_failed"}
    # Django would mail each of these to the ADMINS.
    assert not [record for record in caplog.records if record.name == "django.request"]


@pytest.mark.parametrize("address", ["/api/events/", "/api/events/1/"])
async def test_no_answer_is_kept_or_taken_for_something_else_and_nothing_is_written(address, settings):
    settings.SECURE_CONTENT_TYPE_NOSNIFF = False  # Which says it too.

    got, head, post = [await getattr(AsyncClient(), method)(address) for method in ("get", "head", "post")]

    assert got.status_code == head.status_code and post.status_code == 405
    assert post.json() == {"error": "Ask by GET or HEAD."}
    assert "no-store" in got["Cache-Control"]
    assert got["X-Content-Type-Options"] == "nosniff"


async def test_it_lives_below_the_dashboard(get, send, settings):
    settings.ROOT_URLCONF = __name__
    await send(1, 2)

    page = await get("/stream/api/events/?limit=1")
    settings.FORCE_SCRIPT_NAME = "/app"  # Which a proxy takes off.
    below = await get("/stream/api/events/?limit=1")

    assert numbers(await get(page.json()["previous"])) == [1]
    assert page.json()["previous"].startswith("/stream/api/events/?before=")
    assert below.json()["previous"].startswith("/app/stream/api/events/?before=")


def test_a_host_that_is_not_served_is_refused_under_wsgi_too_where_django_does_not_look_at_it(settings):
    settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if "CommonMiddleware" not in path]

    answer = Client().get("/api/events/", headers={"host": "elsewhere.example"})

    assert answer.status_code == 403 and "host name" in answer.json()["error"]
