"""The page's answer: to whom, with which policy, and what its scripts are told."""

import json
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import AsyncRequestFactory

from consumers import tokens
from frontend.views import CONTENT_SECURITY_POLICY, dashboard, signals


@pytest.fixture
def config(client, settings, db):
    settings.DEBUG = True
    return told(client)


def told(client) -> dict:
    """What the page tells its scripts."""
    page = client.get("/").content.decode()
    return json.loads(re.search(r'<script id="config" type="application/json">(.*?)</script>', page)[1])


def person(name: str, *codenames: str) -> User:
    user = User.objects.create_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames, content_type__app_label="signalcast"))
    return user


def test_the_page_is_guarded_and_kept_by_nobody(client, settings, db):
    settings.DEBUG = True

    answer = client.get("/")

    assert answer.status_code == 200
    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"


def test_the_scripts_are_told_where_the_socket_is_and_what_is_streamed(config):
    assert config["socket"] == "/ws/"
    assert config["stream"] == "main"
    assert (config["user"], config["open"]) == (None, True)
    facts = {"type": "academy.order_paid", "receivers": 4, "path": "academy.signals.order_paid", "shaped": False}
    assert facts in config["signals"]
    assert config["models"]["academy.order"] == "academy.models.Order"
    assert config["models"]["auth.user"] == "django.contrib.auth.models.User"
    assert set(config["examples"]) == {"shell", "code"}


@pytest.mark.parametrize("kept", ["", "/app"], ids=["taken off", "kept"])
def test_below_a_prefix_all_addresses_have_it_whether_or_not_a_proxy_takes_it_off(kept, settings, db):
    settings.FORCE_SCRIPT_NAME = "/app"
    settings.DEBUG = True
    request = AsyncRequestFactory().get(f"{kept}/live/", {"at": "7"})

    page, other = (view(request).content.decode() for view in (dashboard, signals))
    settings.DEBUG = False
    door = dashboard(request)["Location"]

    assert '"socket": "/app/live/ws/", "api": "/app/live/api/"' in page
    assert '"catalog": "/app/live/catalog/"' in page
    assert '"address": "/app/live/api/test-event/"' in page
    assert '"signals": "/app/live/api/signals/"' in other
    assert door.endswith("?next=/app/live/%3Fat%3D7")


def only_courses(viewer, stream, event_type):
    return event_type == "academy.course_completed"


def raises(viewer, stream, event_type):
    raise LookupError


@pytest.mark.parametrize(("policy", "told_of"), [("only_courses", ["academy.course_completed"]), ("raises", [])])
def test_of_signals_that_somebody_may_not_follow_the_page_tells_nothing(client, settings, db, policy, told_of):
    settings.SIGNALCAST = {**settings.SIGNALCAST, "CAN_FOLLOW": f"{__name__}.{policy}"}
    call_command("seed")
    client.force_login(person("mei", "view_event"))

    config = told(client)

    assert [signal["type"] for signal in config["signals"]] == told_of
    assert "order_paid" not in json.dumps(config)


def test_a_token_is_told_of_its_own_signals_on_the_page_too(client, settings, db):
    _, secret = tokens.create("courses", person("mei", "view_event"), "academy.course_*")
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"

    assert [signal["type"] for signal in told(client)["signals"]] == ["academy.course_completed"]


def test_under_a_prefix_the_socket_is_there_too(rf, settings, db):
    settings.DEBUG = True
    from frontend.views import dashboard

    page = dashboard(rf.get("/ops/events/")).content.decode()

    assert '"socket": "/ops/events/ws/"' in page


def test_with_debug_off_a_stranger_is_sent_to_sign_in(client, db):
    answer = client.get("/?q=1")

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/%3Fq%3D1")


def test_who_may_see_it_sees_it_and_is_named(client, db):
    client.force_login(person("maria", "view_event"))

    answer = client.get("/")

    assert answer.status_code == 200
    assert '<span class="top__user">maria</span>' in answer.content.decode()


def test_who_is_signed_in_signs_out_below_the_page_whatever_addresses_the_project_has(client, db):
    client.force_login(person("maria", "view_event"))
    page = client.get("/").content.decode()
    assert '<form id="sign-out" method="post" action="sign-out/" hidden>' in page

    answer = client.post("/sign-out/", {"next": re.search(r'name="next" value="([^"]+)"', page)[1]})

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/").status_code == 302


def test_who_is_not_signed_in_has_nothing_to_sign_out_of(client, settings, db):
    settings.DEBUG = True

    assert "sign-out" not in client.get("/").content.decode()


def test_who_may_not_is_told_what_is_missing(client, db):
    client.force_login(person("<b>nobody</b>"))

    answer = client.get("/")

    assert answer.status_code == 403
    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "signalcast.view_event" in answer.content.decode()
    assert "&lt;b&gt;nobody&lt;/b&gt;" in answer.content.decode()


def test_who_may_not_can_come_as_somebody_else(client, db):
    client.force_login(person("nobody"))
    refused = client.get("/", {"q": "a:b"}).content.decode()

    sign_in = client.get(re.search(r'<a class="btn" href="([^"]+)">Sign in as somebody else', refused)[1])

    assert sign_in.status_code == 200
    assert '<input type="hidden" name="next" value="/?q=a%3Ab">' in sign_in.content.decode()


def test_the_page_claims_nothing_that_its_scripts_do_not_know_yet(client, db):
    client.force_login(person("maria", "view_event"))

    assert '<div id="missed"></div>' in client.get("/").content.decode()


def test_the_page_is_only_read(client, db):
    assert client.post("/").status_code == 405


def test_the_sign_in_page_needs_nothing_from_elsewhere(client, db):
    answer = client.get("/accounts/login/")

    page = answer.content.decode()
    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert re.findall(r'(?:src|href)="(?!/static/frontend/)', page) == []
    assert "<script" not in page


@pytest.fixture
def catalog(client, settings, db):
    settings.DEBUG = True
    return client.get("/catalog/")


def test_the_page_of_signals_is_guarded_like_the_dashboard(catalog):
    assert catalog.status_code == 200
    assert catalog["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert catalog["Cache-Control"] == "no-store"


def test_the_page_of_signals_knows_where_the_others_are_under_a_prefix_too(rf, settings, db):
    settings.DEBUG = True
    from frontend.views import signals

    page = signals(rf.get("/ops/events/catalog/")).content.decode()

    assert '"signals": "/ops/events/api/signals/"' in page
    assert '<a href="/ops/events/">Events</a>' in page


def test_the_page_of_signals_is_for_those_only_who_may_follow(client, db):
    assert client.get("/catalog/")["Location"] == "/accounts/login/?next=/catalog/"

    client.force_login(person("nobody"))
    assert client.get("/catalog/").status_code == 403

    client.force_login(person("maria", "view_event"))
    page = client.get("/catalog/").content.decode()
    assert '<form id="sign-out" method="post" action="/sign-out/" hidden>' in page


def test_the_scripts_are_told_where_the_signals_are(config):
    assert config["catalog"] == "/catalog/"


def test_whoever_may_send_test_events_is_told_how_and_nobody_else(client, config, settings, db):
    assert config["test"]["address"] == "/api/test-event/"
    assert config["test"]["header"].lower() == "x-csrftoken" and len(config["test"]["token"]) > 30

    settings.DEBUG = False
    told = {}
    for name, codenames in {"reader": ["view_event"], "tester": ["view_event", "send_test_event"]}.items():
        client.force_login(person(name, *codenames))
        page = client.get("/").content.decode()
        told[name] = json.loads(re.search(r'<script id="config" type="application/json">(.*?)</script>', page)[1])[
            "test"
        ]
    assert told["reader"] is None
    assert told["tester"]["address"] == "/api/test-event/"


def test_where_every_page_asks_for_a_sign_in_the_page_for_that_does_not(client, settings, db):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]

    door = client.get("/")["Location"]

    assert client.get(door).status_code == 200
