"""consumers.trial: who may send a test event, and what comes of it."""

import json
import logging

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission
from django.test import AsyncClient

from academy.signals import order_paid
from consumers import tokens
from events import log
from events.process import publisher
from events.streams import MAIN

TYPE = {"type": "academy.order_paid"}
ADDRESS = "/api/test-event/"


@pytest.fixture
def mei(mei, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    return mei


@pytest.fixture
async def mei_comes(mei):
    """She may follow the stream and send test events, by a client that has what a browser would have."""
    await mei.user_permissions.aadd(await Permission.objects.aget(codename="send_test_event"))
    client = AsyncClient(enforce_csrf_checks=True)
    await sync_to_async(client.force_login)(mei)
    return client


@pytest.fixture
async def csrf(mei_comes):
    page = await mei_comes.get("/")
    token = json.loads(page.content.decode().partition('type="application/json">')[2].partition("</script>")[0])
    return {token["test"]["header"]: token["test"]["token"]}


async def post(client, body=TYPE, **headers):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return await client.post(ADDRESS, text, content_type="application/json", headers=headers)


def logged():
    assert publisher().flush(5)
    return [json.loads(entry.line) for entry in log.read(MAIN, 1, 100).entries]


async def test_it_is_on_the_stream_and_nobody_can_take_it_for_a_sale(open_to_this_machine):
    heard = []

    def receive(sender, **arguments):
        heard.append(arguments)

    order_paid.connect(receive)
    answer = await post(AsyncClient())
    order_paid.disconnect(receive)

    [event] = await sync_to_async(logged)()
    assert answer.status_code == 201
    assert answer.json() == {"id": event["id"], "type": "academy.order_paid"}
    assert (event["type"], event["data"], event["origin"]) == (TYPE["type"], {"note": "test event"}, "test event")
    assert "subject" not in event and "sender" not in event
    assert heard == []


async def test_whoever_has_the_permission_may_with_the_token_of_the_page(mei_comes, csrf, caplog):
    caplog.set_level(logging.INFO, "signalcast.audit")

    answer = await post(mei_comes, **csrf)

    assert answer.status_code == 201
    (record,) = [record for record in caplog.records if getattr(record, "action", "") == "test_event_sent"]
    assert (record.user, record.type, record.id) == ("mei", "academy.order_paid", answer.json()["id"])


@pytest.mark.parametrize("headers", [{}, {"X-CSRFToken": "wrong"}, {"X-CSRFToken": "a" * 64}])
async def test_without_the_token_of_the_page_it_is_refused(mei_comes, csrf, headers):
    answer = await post(mei_comes, **headers)

    assert answer.status_code == 403
    assert answer.json()["error"].startswith("Reload the page and try again: CSRF")
    assert "academy.order_paid" not in [event["type"] for event in await sync_to_async(logged)()]


async def test_the_token_may_be_in_the_session(mei_comes, settings):
    settings.CSRF_USE_SESSIONS = True
    page = (await mei_comes.get("/")).content.decode()
    config = json.loads(page.partition('type="application/json">')[2].partition("</script>")[0])

    answer = await post(mei_comes, **{config["test"]["header"]: config["test"]["token"]})

    assert answer.status_code == 201


async def test_another_origin_is_refused(mei_comes, csrf):
    answer = await post(mei_comes, **csrf, origin="https://elsewhere.example")

    assert answer.status_code == 403


async def test_who_may_only_follow_is_told_which_permission_is_missing(mei_comes, mei, csrf):
    await mei.user_permissions.aremove(await Permission.objects.aget(codename="send_test_event"))

    answer = await post(mei_comes, **csrf)

    assert answer.status_code == 403
    assert answer.json()["error"] == (
        "mei may not send test events: the permission signalcast.send_test_event is missing."
    )


async def test_who_is_not_signed_in_is_asked_to_sign_in(mei):
    answer = await post(AsyncClient())

    assert answer.status_code == 401


async def test_a_token_of_a_program_sends_nothing(mei_comes, mei):
    _, secret = await sync_to_async(tokens.create)("reports", mei, "")

    answer = await post(AsyncClient(), authorization=f"Bearer {secret}")

    assert answer.status_code == 403
    assert "token" in answer.json()["error"]


def only_courses(viewer, stream, event_type):
    return event_type == "academy.course_completed"


async def test_what_may_not_be_followed_is_answered_like_what_is_not_there(mei_comes, csrf, settings):
    settings.SIGNALCAST = {**settings.SIGNALCAST, "CAN_FOLLOW": f"{__name__}.only_courses"}

    answers = [await post(mei_comes, {"type": type}, **csrf) for type in ("academy.order_paid", "no.such")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("body", ["", "[", "[]", "null", "{}", '{"type": 1}', '{"type": ""}', b"\xff", "x" * 100_000])
async def test_what_is_no_question_is_told_how_to_ask(open_to_this_machine, body):
    answer = await post(AsyncClient(), body)

    assert answer.status_code == 400
    assert '{"type": "academy.order_paid"}' in answer.json()["error"]


@pytest.mark.parametrize(
    "kind, body",
    [
        ("application/x-www-form-urlencoded", b"a=" + 3_000_000 * b"x"),
        ("application/x-www-form-urlencoded", 2000 * b"a=1&"),
        ("application/x-www-form-urlencoded; charset=latin-1", b"a=1"),
        ("multipart/form-data", b"x"),
    ],
)
async def test_what_django_takes_for_too_much_or_for_nonsense_is_no_fault_of_the_log(
    open_to_this_machine, caplog, kind, body
):
    client = AsyncClient(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32

    answer = await client.post(ADDRESS, body, content_type=kind, headers={"x-csrftoken": "a" * 32})

    assert answer.status_code == 400 and answer.json()["error"]
    assert "cannot be shown" not in caplog.text


async def test_it_cannot_be_done_by_a_link(open_to_this_machine):
    answer = await AsyncClient().get(ADDRESS)

    assert (answer.status_code, answer["Allow"], answer.json()) == (405, "POST", {"error": "Ask by POST."})
