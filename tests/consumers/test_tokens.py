"""Tokens: made, shown once, found by their digest, revoked; and the commands that do it."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from consumers import tokens
from consumers.management.commands.create_token import Command as CreateToken
from consumers.models import Token
from consumers.protocol import CloseCode
from consumers.viewer import Viewer

from .handshake import code_of, drive, look


def code(secret, **what):
    return drive(code_of(authorization=f"Bearer {secret}", **what))


def test_a_token_lets_its_holder_in_as_its_user(mei):
    token, secret = tokens.create("reports", mei, "academy.* auth.user_logged_in")

    viewer = drive(look(authorization=f"Bearer {secret}"))

    types = ("academy.*", "auth.user_logged_in")
    assert viewer == Viewer(name="mei", user_id=mei.pk, token="reports", token_id=token.pk, types=types)
    seen = ["academy.order_paid", "auth.user_logged_in", "auth.user_logged_in_twice", "payroll.paid", "academy"]
    assert [type for type in seen if viewer.may_see(type)] == seen[:2]


def test_a_browser_shows_it_as_a_sub_protocol(mei):
    _, secret = tokens.create("reports", mei)

    offered = ["signalcast.v1", f"signalcast.token.{secret}"]
    assert drive(code_of(subprotocols=offered, origin="http://school.example")) is None
    assert drive(code_of(subprotocols=offered, origin="https://evil.example")) == CloseCode.FORBIDDEN


def test_the_secret_is_not_in_the_database(mei):
    _, secret = tokens.create("reports", mei)

    assert secret.startswith("sc_") and len(secret) > 40
    assert secret not in str(Token.objects.values().get())


def test_what_is_no_token_lets_nobody_in(mei):
    _, secret = tokens.create("reports", mei)

    for wrong in (secret[:-1], secret + "x", secret.upper(), "sc_", "x" * 10_000, "\xff", tokens.digest(secret)):
        assert code(wrong) == CloseCode.SIGN_IN
    assert drive(code_of(authorization=f"Basic {secret}")) == CloseCode.SIGN_IN


def test_a_wrong_token_is_not_made_good_by_a_session_or_by_debug(mei, settings):
    browser = Client()
    browser.force_login(mei)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    assert drive(code_of(cookie=cookie, origin="http://school.example")) is None

    assert code("sc_wrong", cookie=cookie, origin="http://school.example") == CloseCode.SIGN_IN
    settings.DEBUG = True
    assert code("sc_wrong", client="127.0.0.1") == CloseCode.SIGN_IN


def test_it_is_no_more_than_its_user(mei):
    _, secret = tokens.create("reports", mei)
    assert code(secret) is None

    mei.user_permissions.clear()
    assert code(secret) == CloseCode.FORBIDDEN
    User.objects.update(is_active=False, is_superuser=True)
    assert code(secret) == CloseCode.SIGN_IN


def test_it_ends_when_it_expires_or_is_revoked(mei):
    soon = timezone.now() + timedelta(hours=1)
    token, secret = tokens.create("reports", mei, expires=soon)
    assert code(secret) is None

    Token.objects.update(expires=timezone.now())
    assert code(secret) == CloseCode.SIGN_IN

    Token.objects.update(expires=soon)
    tokens.revoke(token)
    assert code(secret) == CloseCode.SIGN_IN


def test_its_last_use_is_noted_once_a_minute(mei, django_assert_num_queries):
    token, secret = tokens.create("reports", mei)
    digest = tokens.digest(secret)

    with django_assert_num_queries(2):
        tokens.find(digest)
    with django_assert_num_queries(1):
        tokens.find(digest)

    token.refresh_from_db()
    assert timezone.now() - token.last_used < timedelta(seconds=30)
    Token.objects.update(last_used=timezone.now() - timedelta(seconds=61))
    with django_assert_num_queries(2):
        tokens.find(digest)


def test_a_use_that_cannot_be_noted_is_no_reason_to_keep_its_holder_out(mei, caplog):
    _, secret = tokens.create("reports", mei)

    def refuse(execute, sql, *rest):
        if sql.startswith("UPDATE"):
            raise OperationalError("the disk is full")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        assert code(secret) is None
    assert "A token's use cannot be noted: the disk is full" in caplog.text


def test_a_lone_star_among_types_is_every_type():
    assert tokens.normal_types("academy.*, *") == ""


@pytest.mark.parametrize("types", ["*.paid", "academy.**", "a b* c*d", "semi;colon", "x" * 300])
def test_a_type_that_is_none_is_refused(mei, types):
    with pytest.raises(ValidationError, match="no type of events"):
        tokens.create("reports", mei, types)


def test_two_tokens_do_not_have_the_same_name(mei):
    tokens.create("reports", mei)

    with pytest.raises(ValidationError):
        tokens.create("reports", mei)


@pytest.mark.parametrize("zone", [None, UTC], ids=["without USE_TZ", "with it"])
def test_a_time_is_told_in_utc_whatever_the_project_counts_in(settings, zone):
    settings.TIME_ZONE = "Asia/Kathmandu"

    told = tokens.in_utc(datetime(2026, 12, 1, 4, 55, tzinfo=zone))

    assert told == ("2026-12-01 04:55 UTC" if zone else "2026-11-30 23:10 UTC")


class TestCommands:
    def run(self, *arguments):
        out, error = io.StringIO(), io.StringIO()
        call_command(*arguments, stdout=out, stderr=error)
        return out.getvalue(), error.getvalue()

    def test_a_token_is_made_and_revoked(self, mei):
        out, error = self.run("create_token", "reports", "--user", "mei", "--types", "academy.*", "--expires", "90d")

        assert code(out.strip()) is None
        assert "academy.*" in error and "not shown again" in error
        left = Token.objects.get().expires - timezone.now()
        assert timedelta(days=89) < left <= timedelta(days=90)

        assert self.run("revoke_token", "reports")[0] == "Revoked: reports.\n"
        assert code(out.strip()) == CloseCode.SIGN_IN

    @pytest.mark.parametrize(
        "arguments, message",
        [
            (("create_token", "x", "--user", "nobody"), "There is no user 'nobody'"),
            (("create_token", "x", "--user", "mei", "--expires", "soon"), "12h, 90d, 4w"),
            (("create_token", "x", "--user", "mei", "--expires", "0d"), "12h, 90d, 4w"),
            (("create_token", "x", "--user", "mei", "--types", "a*b"), "no type of events"),
            (("create_token", "x", "--user", "mei", "--types", ""), "--types names no type"),
            (("create_token", "x", "--user", "mei", "--types", ", ,"), "--types names no type"),
            (("create_token", "", "--user", "mei"), "blank"),
            (("revoke_token", "x"), "There is no token 'x'"),
        ],
    )
    def test_what_is_wrong_is_said(self, mei, arguments, message):
        with pytest.raises(CommandError, match=message):
            self.run(*arguments)

    def test_no_argument_is_judged_while_django_parses_which_would_be_told_with_a_traceback(self):
        parser = CreateToken().create_parser("manage.py", "create_token")

        assert parser.parse_args(["x", "--user", "mei", "--expires", "soon"]).expires == "soon"

    def test_a_user_without_the_permission_is_pointed_out(self, mei):
        mei.user_permissions.clear()

        assert "lacks the permission signalcast.view_event" in self.run("create_token", "x", "--user", "mei")[1]


class TestAdmin:
    URL = "/admin/signalcast_consumers/token/"

    @pytest.fixture
    def browser(self, mei):
        mei.is_staff = True
        mei.save()
        names = ("add_token", "view_token", "change_token")
        mei.user_permissions.add(*Permission.objects.filter(codename__in=names))
        browser = Client(headers={"host": "school.example"})
        browser.force_login(mei)
        return browser

    def add(self, browser, user, **fields):
        empty = {"name": "reports", "types": "", "expires_0": "", "expires_1": ""}
        return browser.post(self.URL + "add/", empty | {"user": user.pk} | fields, follow=True)

    def test_the_secret_is_shown_once(self, browser, mei):
        page = self.add(browser, mei).content.decode()

        (secret,) = {word for word in page.replace("<", " ").replace(">", " ").split() if word.startswith("sc_")}
        assert code(secret) is None
        assert secret not in browser.get(self.URL).content.decode()
        assert secret not in browser.get(f"{self.URL}{Token.objects.get().pk}/change/").content.decode()

    def test_who_is_no_superuser_makes_and_sees_tokens_of_their_own_only(self, browser, mei):
        boss = User.objects.create_superuser("boss")
        tokens.create("theirs", boss)

        self.add(browser, boss)

        assert list(Token.objects.values_list("name", flat=True)) == ["theirs"]
        assert "theirs" not in browser.get(self.URL).content.decode()

    def test_types_are_checked(self, browser, mei):
        assert "no type of events" in self.add(browser, mei, types="a*b").content.decode()
        assert not Token.objects.exists()

    def test_it_is_revoked_there(self, browser, mei):
        token, secret = tokens.create("reports", mei)

        browser.post(self.URL, {"action": "revoke", "_selected_action": [token.pk]})

        assert code(secret) == CloseCode.SIGN_IN
