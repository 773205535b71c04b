"""Visits: who is here, how many may be, and that whoever loses their rights sees nothing more."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import logout
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections, transaction
from django.test import Client, RequestFactory

from consumers import audit, changes, tokens, visits
from consumers.database import Database
from consumers.models import AccessChange
from consumers.protocol import CloseCode, Refused
from consumers.sight import BLIND, FULL
from consumers.visits import Visits

from .conftest import until
from .handshake import scope


class Caller:
    """Somebody at the door. `visit` is None until they are in."""

    def __init__(self, house, **what):
        self._house, self._what = house, what
        self.visit = None
        self.changes = 0

    async def come(self):
        self.visit = await self._house.arrive(scope(**self._what), self._changed)
        return self

    @property
    def code(self):
        """The code they were sent away with, or None."""
        return self.visit.refused and self.visit.refused.code

    def _changed(self):
        self.changes += 1


@pytest.fixture
async def house():
    """The visits of one server process; `house()` makes another."""
    databases, made = [], []

    def make():
        databases.append(Database())
        made.append(Visits(databases[-1]))
        return made[-1]

    yield make

    for each in made:
        await each.stop()
    for database in databases:
        await database.close()


@pytest.fixture
def signed_in(mei):
    browser = Client()
    browser.force_login(mei)
    return {"cookie": f"sessionid={browser.cookies['sessionid'].value}", "origin": "http://school.example"}


def in_thread(function, *arguments):
    def run():
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return sync_to_async(run, thread_sensitive=False)()


def sign_out(cookies):
    request = RequestFactory().get("/")
    request.session = SessionStore(cookies["cookie"].partition("=")[2])
    request.user = User.objects.get()
    logout(request)


def no_longer_active(mei):
    mei.is_active = False
    mei.save()


def another_password(mei):
    mei.set_password("another")
    mei.save()


def out_of_the_group(mei):
    mei.groups.clear()


def emptied_group(mei):
    mei.groups.get().permissions.clear()


def deleted_group(mei):
    mei.groups.get().delete()


LOSSES = {
    no_longer_active: CloseCode.SIGN_IN,
    another_password: CloseCode.SIGN_IN,
    User.delete: CloseCode.SIGN_IN,
    out_of_the_group: CloseCode.FORBIDDEN,
    emptied_group: CloseCode.FORBIDDEN,
    deleted_group: CloseCode.FORBIDDEN,
}


@pytest.mark.parametrize("here", [True, False], ids=["in this process", "in another one"])
@pytest.mark.parametrize("lose, code", LOSSES.items(), ids=lambda value: getattr(value, "__name__", ""))
async def test_who_loses_the_right_is_sent_away_at_once(house, mei, signed_in, monkeypatch, lose, code, here):
    def move_into_a_group():
        mei.user_permissions.clear()
        group = Group.objects.create(name="watchers")
        group.permissions.add(Permission.objects.get(codename="view_event"))
        mei.groups.add(group)

    await in_thread(move_into_a_group)
    monkeypatch.setattr(visits, "CHECK_SECONDS", 3600)
    monkeypatch.setattr(visits, "LOOK_SECONDS", 3600 if here else 0.02)
    caller = await Caller(house(), **signed_in).come()
    if not here:
        monkeypatch.setattr(changes, "_listeners", set())

    await in_thread(lose, mei)
    await until(lambda: caller.code)

    assert (caller.code, caller.visit.sight) == (code, BLIND)
    with pytest.raises(Refused):
        await Caller(house(), **signed_in).come()


@pytest.mark.parametrize("here", [True, False], ids=["in this process", "in another one"])
async def test_who_signs_out_is_sent_away_and_nobody_else(house, mei, signed_in, monkeypatch, here):
    monkeypatch.setattr(visits, "LOOK_SECONDS", 3600 if here else 0.02)
    home = house()
    caller = await Caller(home, **signed_in).come()
    other = await Caller(home, authorization=f"Bearer {(await in_thread(tokens.create, 'x', mei))[1]}").come()
    if not here:
        monkeypatch.setattr(changes, "_listeners", set())

    await in_thread(sign_out, signed_in)
    await until(lambda: caller.code)

    assert (caller.code, other.code) == (CloseCode.SIGN_IN, None)
    with pytest.raises(Refused):
        await Caller(home, **signed_in).come()


async def test_a_session_that_was_ended_lets_nobody_in_though_django_has_yet_to_delete_it(house, mei, signed_in):
    home = house()
    caller = await Caller(home, **signed_in).come()

    await in_thread(changes.note, changes.session(signed_in["cookie"].partition("=")[2]))
    await until(lambda: caller.code)

    with pytest.raises(Refused):
        await Caller(home, **signed_in).come()
    await Caller(house(), **signed_in).come()


@pytest.mark.parametrize("here", [True, False], ids=["in this process", "in another one"])
async def test_a_token_that_is_revoked_lets_nobody_stay(house, mei, monkeypatch, here):
    monkeypatch.setattr(visits, "LOOK_SECONDS", 3600 if here else 0.02)
    (token, secret), (_, other) = [await in_thread(tokens.create, name, mei) for name in ("one", "two")]
    home = house()
    caller = await Caller(home, authorization=f"Bearer {secret}").come()
    another = await Caller(home, authorization=f"Bearer {other}").come()
    if not here:
        monkeypatch.setattr(changes, "_listeners", set())

    await in_thread(tokens.revoke, token)
    await until(lambda: caller.code)

    assert (caller.code, another.code) == (CloseCode.SIGN_IN, None)


async def test_the_first_change_of_all_is_heard_of_in_another_process(house, mei, monkeypatch):
    monkeypatch.setattr(visits, "LOOK_SECONDS", 0.02)
    token, secret = await in_thread(tokens.create, "one", mei)
    await in_thread(AccessChange.objects.all().delete)
    caller = await Caller(house(), authorization=f"Bearer {secret}").come()
    monkeypatch.setattr(changes, "_listeners", set())

    await in_thread(tokens.revoke, token)
    await until(lambda: caller.code)

    assert caller.code == CloseCode.SIGN_IN


async def test_what_django_was_not_asked_to_do_is_noticed_by_the_next_look_at_all(house, mei, signed_in, monkeypatch):
    monkeypatch.setattr(visits, "CHECK_SECONDS", 0.02)
    caller = await Caller(house(), **signed_in).come()

    await in_thread(lambda: User.objects.update(is_active=False))
    await until(lambda: caller.code)

    assert caller.code == CloseCode.SIGN_IN


async def test_a_change_while_somebody_is_looked_up_is_not_missed(house, mei, signed_in, monkeypatch):
    monkeypatch.setattr(visits, "LOOK_SECONDS", 3600)
    share, here = Database.share, house()

    async def share_and_wait(self, function, claim):
        found = await share(self, function, claim)
        monkeypatch.setattr(Database, "share", share)
        await in_thread(no_longer_active, mei)
        await until(lambda: here._count)
        return found

    monkeypatch.setattr(Database, "share", share_and_wait)
    with pytest.raises(Refused):
        await Caller(here, **signed_in).come()


async def test_rights_that_cannot_be_looked_up_now_are_looked_up_later(house, mei, signed_in, monkeypatch, caplog):
    monkeypatch.setattr(visits, "LOOK_SECONDS", 3600)
    caller = await Caller(house(), **signed_in).come()
    monkeypatch.setattr(visits, "LOOK_SECONDS", 0.01)
    viewers = visits._viewers

    def away(claims):
        monkeypatch.setattr(visits, "_viewers", viewers)
        raise OSError("away")

    monkeypatch.setattr(visits, "_viewers", away)
    await in_thread(no_longer_active, mei)
    await until(lambda: caller.code)

    assert "Rights cannot be looked up: away" in caplog.text


class Unwilling(ModelBackend):
    """Has no answer about those who are called so."""

    def has_perm(self, user, permission, obj=None):
        if user.first_name == "unknown":
            raise OSError("the directory is away")
        return super().has_perm(user, permission, obj)


async def test_who_cannot_be_looked_up_keeps_nobody_else_from_being(house, mei, monkeypatch, settings):
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.Unwilling"]
    monkeypatch.setattr(visits, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(visits, "CHECK_SECONDS", 3600)
    home = house()
    anna = await in_thread(User.objects.create_superuser, "anna")
    callers = []
    for user in (mei, anna):
        _, secret = await in_thread(tokens.create, user.username, user)
        callers.append(await Caller(home, authorization=f"Bearer {secret}").come())

    mei.first_name = "unknown"
    await in_thread(mei.save)
    await in_thread(no_longer_active, anna)
    await until(lambda: callers[1].code)

    assert [caller.code for caller in callers] == [None, CloseCode.SIGN_IN]


async def test_a_policy_of_the_project_is_asked_anew_whatever_has_changed(house, mei, signed_in, settings):
    settings.SIGNALCAST = {"CAN_FOLLOW": "consumers.policy.can_follow"}
    caller = await Caller(house(), **signed_in).come()
    before = caller.visit.sight

    await in_thread(mei.save)
    await until(lambda: caller.changes)

    assert caller.visit.sight is not before


async def test_who_sees_more_or_less_stays(house, mei, signed_in):
    caller = await Caller(house(), **signed_in).come()
    assert not caller.visit.sight.personal

    permission = await in_thread(lambda: Permission.objects.get(codename="view_personal_data"))
    await in_thread(mei.user_permissions.add, permission)
    await until(lambda: caller.changes == 1)

    assert (caller.visit.sight, caller.code) == (FULL, None)


async def test_a_change_that_is_rolled_back_sends_nobody_away(house, mei, signed_in):
    caller = await Caller(house(), **signed_in).come()

    def change_the_mind():
        with transaction.atomic():
            no_longer_active(mei)
            transaction.set_rollback(True)
        User.objects.get().save()

    await in_thread(change_the_mind)
    await asyncio.sleep(0)
    again = await Caller(house(), **signed_in).come()

    assert (caller.code, again.code) == (None, None)


async def test_many_who_show_the_same_cost_one_look(house, mei, signed_in, monkeypatch):
    home = house()
    asked = []
    share = Database.share

    async def noted(self, function, *arguments):
        asked.append(function)
        return await share(self, function, *arguments)

    monkeypatch.setattr(Database, "share", noted)
    callers = [await Caller(home, **signed_in).come() for _ in range(50)]

    assert len(asked) == 1
    assert len({id(caller.visit.sight) for caller in callers}) == 1
    for caller in callers:
        caller.visit.leave()
    assert home._known == {}


class TestLimits:
    async def refused(self, caller):
        with pytest.raises(Refused) as refused:
            await caller.come()
        return refused.value.code, refused.value.limit

    async def test_of_one_user(self, house, mei, signed_in, settings):
        settings.SIGNALCAST = {"MAX_CLIENTS_PER_USER": 2}
        home = house()
        callers = [await Caller(home, client=f"203.0.113.{n}", **signed_in).come() for n in range(2)]

        assert await self.refused(Caller(home, **signed_in)) == (CloseCode.TOO_MANY, "clients_per_user")
        callers[0].visit.leave()
        callers[0].visit.leave()
        await Caller(home, **signed_in).come()
        assert await self.refused(Caller(home, **signed_in)) == (CloseCode.TOO_MANY, "clients_per_user")

    async def test_nothing_is_kept_of_who_finds_no_room(self, house, mei, signed_in, settings):
        settings.SIGNALCAST = {"MAX_CLIENTS_PER_USER": 1}
        home = house()
        caller = await Caller(home, **signed_in).come()
        _, secret = await in_thread(tokens.create, "another", mei)

        await self.refused(Caller(home, authorization=f"Bearer {secret}"))

        assert home._known.keys() == {caller.visit._known.claim}

    async def test_of_one_address(self, house, mei, signed_in, settings):
        settings.SIGNALCAST = {"MAX_CLIENTS_PER_ADDRESS": 1}
        home = house()
        await Caller(home, **signed_in).come()

        assert await self.refused(Caller(home, **signed_in)) == (CloseCode.TOO_MANY, "clients_per_address")
        await Caller(home, client="203.0.113.8", **signed_in).come()

    @pytest.mark.parametrize("limit", ["MAX_CLIENTS_PER_USER", "MAX_CLIENTS_PER_ADDRESS"])
    async def test_many_at_once_do_not_all_find_room(self, house, mei, signed_in, settings, limit):
        settings.SIGNALCAST = {limit: 3}
        home = house()

        found = await asyncio.gather(*(Caller(home, **signed_in).come() for _ in range(10)), return_exceptions=True)

        assert sum(isinstance(each, Caller) for each in found) == 3

    async def test_of_handshakes(self, house, mei, signed_in, settings):
        settings.SIGNALCAST = {"MAX_HANDSHAKES": 1}
        home = house()
        await Caller(home, **signed_in).come()

        assert await self.refused(Caller(home, **signed_in)) == (CloseCode.OVERLOADED, "handshakes")

    @pytest.mark.parametrize(
        "proxies, forwarded, address",
        [
            (0, "198.51.100.1", "203.0.113.7"),
            (1, "198.51.100.1", "198.51.100.1"),
            (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
            (2, "6.6.6.6, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
            (2, "198.51.100.1", "203.0.113.7"),
            (1, "nonsense", "203.0.113.7"),
            (1, "[2001:db8::1]", "2001:db8::1"),
            (1, None, "203.0.113.7"),
        ],
    )
    async def test_an_address_is_what_the_last_trusted_proxy_saw(
        self, house, mei, signed_in, settings, proxies, forwarded, address
    ):
        settings.SIGNALCAST = {"TRUSTED_PROXIES": proxies}
        header = {"x_forwarded_for": forwarded} if forwarded else {}

        caller = await Caller(house(), **signed_in, **header).come()

        assert caller.visit.address == address


async def test_the_audit_says_who_followed_what_from_where_and_how_long(house, mei, signed_in, caplog):
    caplog.set_level("INFO", audit.logger.name)
    caller = await Caller(house(), **signed_in).come()

    caller.visit.audit.began(way="sse", start=5, filter="f")
    caller.visit.leave(CloseCode.RESTART)
    with pytest.raises(Refused):
        await Caller(house()).come()

    began, ended, refused = [record for record in caplog.records if record.name == audit.logger.name]
    assert [each.action for each in (began, ended, refused)] == ["visit_began", "visit_ended", "visit_refused"]
    assert (ended.user, ended.address, ended.way, ended.start, ended.filter) == ("mei", "203.0.113.7", "sse", 5, "f")
    assert (ended.code, refused.code, refused.address) == (4012, 4401, "203.0.113.7")
    assert ended.seconds >= 0


async def test_a_name_with_line_ends_forges_no_line(house, mei, signed_in, caplog):
    caplog.set_level("INFO", audit.logger.name)
    await in_thread(lambda: User.objects.update(username="a\r\nERROR x\x1b[2J"))
    caller = await Caller(house(), **signed_in).come()

    caller.visit.audit.began(way="sse", start=1, filter="")

    assert "\n" not in caplog.records[-1].getMessage() and "\x1b" not in caplog.records[-1].getMessage()


def test_changes_are_kept_for_a_while_only(transactional_db):
    changes.note("user:1")
    AccessChange.objects.update(time=AccessChange.objects.get().time - timedelta(seconds=changes.KEPT_SECONDS + 1))

    changes.note("user:2")

    assert list(AccessChange.objects.values_list("whose", flat=True)) == ["user:2"]


def test_signing_in_is_no_change(mei):
    Client().force_login(mei)

    assert not AccessChange.objects.exclude(whose=changes.user(mei.pk)).exists()
    before = AccessChange.objects.count()
    Client().force_login(mei)
    assert AccessChange.objects.count() == before
