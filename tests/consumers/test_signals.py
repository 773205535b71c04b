"""consumers.signals: what `/api/signals/` answers, and to whom."""

import asyncio
import logging

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from academy.signals import course_completed
from consumers import audit, tokens
from consumers import process as processes
from events import inventory
from events.models import EventRow


@pytest.fixture
def mei(mei, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    return mei


@pytest.fixture
async def mei_comes(mei):
    client = AsyncClient()
    await sync_to_async(client.force_login)(mei)
    return client


def types(answer):
    return [each["type"] for each in answer.json()["signals"]]


async def test_every_streamed_signal_is_told_with_all_that_is_known(open_to_this_machine, send):
    await send(1, 2, 3)

    answer = await AsyncClient().get("/api/signals/")

    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"].startswith("max-age=0") and answer["X-Content-Type-Options"] == "nosniff"
    told = answer.json()
    assert (told["since"], told["learnt"], told["skipped"], told["head"]) == (1, 3, 0, 3)
    paid = next(each for each in told["signals"] if each["type"] == "academy.order_paid")
    assert paid["count"] == 3 and paid["arguments"] == ["number"]
    assert paid["source"].startswith("academy/signals.py:")
    assert {
        "type", "path", "documentation", "source", "arguments", "schema", "fields", "drift", "receivers", "count",
        "last_sent", "rate_per_minute", "recent", "noted", "failed", "shell", "code",
    } == paid.keys()  # fmt: skip


async def test_a_stranger_and_one_without_the_permission_are_told_nothing(mei, mei_comes):
    stranger = await AsyncClient().get("/api/signals/")
    await mei.user_permissions.aclear()
    refused = await mei_comes.get("/api/signals/")

    assert (stranger.status_code, refused.status_code) == (401, 403)
    assert "signals" not in stranger.json() | refused.json()


async def test_only_types_that_may_be_followed_are_told(mei, send):
    await send(1)
    await send(2, signal=course_completed)
    _, secret = await sync_to_async(tokens.create)("courses", mei, "academy.course_completed")

    answer = await AsyncClient().get("/api/signals/", headers={"authorization": f"Bearer {secret}"})

    assert types(answer) == ["academy.course_completed"]


def only_courses(viewer, stream, event_type):
    return event_type == "academy.course_completed"


async def test_the_projects_policy_decides_here_too(settings, mei_comes):
    settings.SIGNALCAST = {**settings.SIGNALCAST, "CAN_FOLLOW": f"{__name__}.only_courses"}

    assert types(await mei_comes.get("/api/signals/")) == ["academy.course_completed"]


async def test_personal_values_are_told_to_nobody(open_to_this_machine, send):
    await send(1)
    row = await EventRow.objects.aget()
    row.text = row.text.replace('"data":{', '"personal":"#/name","data":{"name":"canary",')
    await row.asave()

    answer = await AsyncClient().get("/api/signals/")

    assert b"canary" not in answer.content
    assert b'"name":{"$comment":"personal"}' in answer.content


async def test_however_many_ask_at_the_same_moment_it_is_looked_up_once(open_to_this_machine, send, monkeypatch, rf):
    await send(1)
    looks = []
    take = inventory.take
    monkeypatch.setattr(processes, "take", lambda: looks.append(1) or take())

    async with processes.process():
        answers = await asyncio.gather(*[AsyncClient().get("/api/signals/") for _ in range(5)])
        answers.append(await AsyncClient().get("/api/signals/"))

    assert [answer.status_code for answer in answers] == [200] * 6
    assert len(looks) == 1


async def test_of_a_page_that_asks_again_and_again_the_audit_is_told_once(open_to_this_machine, caplog):
    caplog.set_level(logging.INFO, "signalcast.audit")

    async with processes.process():
        for _ in range(3):
            await AsyncClient().get("/api/signals/")
        await AsyncClient().get("/api/events/")

    began = [record.way for record in caplog.records if record.action == "visit_began"]
    assert began == ["/api/signals/", "/api/events/"]


def test_after_a_while_it_is_told_again_and_no_more_is_known_than_there_is_room_for():
    seldom = audit.Seldom()

    assert [seldom.is_due("mei", now) for now in (0.0, 599.0, 600.0, 601.0)] == [True, False, True, False]
    assert all(seldom.is_due(number, 602.0) for number in range(audit.MAX_SELDOM))
    assert seldom.is_due("mei", 603.0)


async def test_it_is_only_read(open_to_this_machine):
    answer = await AsyncClient().post("/api/signals/")

    assert (answer.status_code, answer.json()) == (405, {"error": "Ask by GET or HEAD."})


async def test_a_database_that_is_away_is_said(open_to_this_machine, monkeypatch):
    monkeypatch.setattr(processes, "take", lambda: 1 / 0)

    answer = await AsyncClient().get("/api/signals/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
