"""consumers.asyncapi: what it says, wherever it is mounted, and to whom."""

import json

import pytest
from django.test import AsyncClient
from django.urls import include, path
from jsonschema import Draft7Validator

from consumers import messages
from consumers.asyncapi import Place, document
from consumers.protocol import CloseCode, Limits
from events.settings import Settings

urlpatterns = [path("", include("frontend.urls")), path("school/live/", include("frontend.urls", namespace="other"))]


@pytest.fixture(autouse=True)
def closed(settings):
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def get():
    async def get(address, **extra):
        answer = await AsyncClient().get(address, **extra)
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    return get


def references(value):
    """Every $ref in it."""
    if isinstance(value, dict):
        found = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return found + [each for inner in value.values() for each in references(inner)]
    return [each for inner in value for each in references(inner)] if isinstance(value, list) else []


def find(whole, reference):
    for key in reference.removeprefix("#/").split("/"):
        whole = whole[key]
    return whole


async def test_anybody_may_read_it_and_it_needs_no_database(get):
    whole = await get("/asyncapi.json")

    assert whole["asyncapi"].startswith("3.")
    assert whole["servers"]["websocket"] == {
        "host": "testserver",
        "protocol": "ws",
        "security": whole["servers"]["websocket"]["security"],
    }


async def test_under_a_prefix_the_addresses_are_below_it(get):
    whole = await get("/school/live/asyncapi.json")

    assert [server["pathname"] for server in whole["servers"].values()] == ["/school/live"] * 2
    assert [channel["address"] for channel in whole["channels"].values()] == ["/ws/", "/sse/"]


async def test_under_a_prefix_that_a_proxy_takes_off_they_have_it(get, settings):
    settings.FORCE_SCRIPT_NAME = "/app"

    whole = await get("/school/live/asyncapi.json")

    assert [server["pathname"] for server in whole["servers"].values()] == ["/app/school/live"] * 2


async def test_over_tls_the_addresses_are_secure(get, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    answer = await AsyncClient().get("/asyncapi.json", headers={"x-forwarded-proto": "https"})

    assert [server["protocol"] for server in json.loads(answer.content)["servers"].values()] == ["wss", "https"]


async def test_a_host_that_is_not_served_is_told_of_none(settings):
    settings.ALLOWED_HOSTS = ["shop.example.com"]

    answer = await AsyncClient().get("/asyncapi.json")

    assert answer.status_code == 400
    assert b"asyncapi" not in answer.content


async def test_it_is_read_only():
    assert (await AsyncClient().post("/asyncapi.json")).status_code == 405


def test_whatever_it_refers_to_is_there():
    whole = document(Place(host="localhost"), Settings())
    pointed_at = references(whole)

    assert len(pointed_at) > 50
    assert all(find(whole, each) for each in pointed_at)


def test_every_message_is_in_a_channel_and_in_an_operation_with_an_example_that_matches():
    whole = document(Place(host="localhost"), Settings())
    said = [
        *messages.by_client(Limits()),
        *messages.by_server(Limits(), 10.0),
        *messages.as_cloudevents(),
        *messages.as_server_sent_events(),
    ]
    in_channels = {name for channel in whole["channels"].values() for name in channel["messages"]}
    in_operations = {ref.rpartition("/")[2] for each in whole["operations"].values() for ref in references(each)}

    assert in_channels == {each.name for each in said} == set(whole["components"]["messages"])
    assert in_channels < in_operations
    for message in whole["components"]["messages"].values():
        schema = {"components": whole["components"], "allOf": [message["payload"]]}
        assert message["examples"]
        assert all(Draft7Validator(schema).is_valid(example["payload"]) for example in message["examples"])


def test_the_last_id_may_be_in_the_query_of_an_event_stream_alone():
    whole = document(Place(host="localhost"), Settings())
    of_streams = whole["operations"]["sendServerSentEvents"]["bindings"]["http"]["query"]["properties"]
    of_websockets = whole["channels"]["websocket"]["bindings"]["ws"]["query"]["properties"]

    assert of_streams.keys() - of_websockets.keys() == {"lastEventId"}


def test_every_close_code_is_there_and_says_whether_to_come_back():
    whole = document(Place(host="localhost"), Settings())

    said = {each["code"]: each["comes-back"] for each in whole["x-close-codes"]}

    assert said == {int(code): code.comes_back for code in CloseCode}


def test_limits_are_those_of_the_project(settings):
    settings.SIGNALCAST = {"MAX_WINDOW": 77, "MAX_MESSAGE_BYTES": 1000}

    whole = document(Place(host="localhost"), Settings(**settings.SIGNALCAST))

    assert (whole["x-limits"]["window-events"], whole["x-limits"]["message-bytes"]) == (77, 1000)
    welcome = whole["components"]["messages"]["welcome"]
    assert welcome["payload"]["properties"]["window"]["maximum"] == 77


async def test_the_session_is_the_cookie_that_the_project_gave_it(get, settings):
    settings.SESSION_COOKIE_NAME = "shop_session"

    whole = await get("/asyncapi.json")

    assert whole["components"]["securitySchemes"]["session"]["name"] == "shop_session"
