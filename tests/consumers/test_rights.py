"""Rights: whoever loses theirs sees nothing more, here or in another process, and nobody else does."""

import asyncio

import pytest
from django.contrib.auth import logout
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.test import RequestFactory

from consumers import changes, rights, tokens
from consumers.database import Database
from consumers.models import AccessChange
from consumers.protocol import CloseCode, Refused
from consumers.sight import BLIND, FULL

from .callers import Caller, in_thread
from .conftest import until


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
    monkeypatch.setattr(rights, "CHECK_SECONDS", 3600)
    monkeypatch.setattr(rights, "LOOK_SECONDS", 3600 if here else 0.02)
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
    monkeypatch.setattr(rights, "LOOK_SECONDS", 3600 if here else 0.02)
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


async def test_of_sessions_that_were_ended_no_more_than_so_many_are_known(house, mei, signed_in, monkeypatch):
    monkeypatch.setattr(rights, "MAX_ENDED", 2)
    home = house()
    caller = await Caller(home, **signed_in).come()
    key = signed_in["cookie"].partition("=")[2]

    for ended in (key, "second", "third"):
        await in_thread(changes.note, changes.session(ended))
    await until(lambda: home._register._count == 3)

    assert caller.code == CloseCode.SIGN_IN
    await Caller(home, **signed_in).come()


@pytest.mark.parametrize("here", [True, False], ids=["in this process", "in another one"])
async def test_a_token_that_is_revoked_lets_nobody_stay(house, mei, monkeypatch, here):
    monkeypatch.setattr(rights, "LOOK_SECONDS", 3600 if here else 0.02)
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
    monkeypatch.setattr(rights, "LOOK_SECONDS", 0.02)
    token, secret = await in_thread(tokens.create, "one", mei)
    await in_thread(AccessChange.objects.all().delete)
    caller = await Caller(house(), authorization=f"Bearer {secret}").come()
    monkeypatch.setattr(changes, "_listeners", set())

    await in_thread(tokens.revoke, token)
    await until(lambda: caller.code)

    assert caller.code == CloseCode.SIGN_IN


async def test_what_django_was_not_asked_to_do_is_noticed_by_the_next_look_at_all(house, mei, signed_in, monkeypatch):
    monkeypatch.setattr(rights, "CHECK_SECONDS", 0.02)
    caller = await Caller(house(), **signed_in).come()

    await in_thread(lambda: User.objects.update(is_active=False))
    await until(lambda: caller.code)

    assert caller.code == CloseCode.SIGN_IN


async def test_a_change_while_somebody_is_looked_up_is_not_missed(house, mei, signed_in, monkeypatch):
    monkeypatch.setattr(rights, "LOOK_SECONDS", 3600)
    share, here = Database.share, house()

    async def share_and_wait(self, function, claim):
        found = await share(self, function, claim)
        monkeypatch.setattr(Database, "share", share)
        await in_thread(no_longer_active, mei)
        await until(lambda: here._register._count)
        return found

    monkeypatch.setattr(Database, "share", share_and_wait)
    with pytest.raises(Refused):
        await Caller(here, **signed_in).come()


async def test_rights_that_cannot_be_looked_up_now_are_looked_up_later(house, mei, signed_in, monkeypatch, caplog):
    monkeypatch.setattr(rights, "LOOK_SECONDS", 3600)
    caller = await Caller(house(), **signed_in).come()
    monkeypatch.setattr(rights, "LOOK_SECONDS", 0.01)
    viewers = rights._viewers

    def away(claims):
        monkeypatch.setattr(rights, "_viewers", viewers)
        raise OSError("away")

    monkeypatch.setattr(rights, "_viewers", away)
    await in_thread(no_longer_active, mei)
    await until(lambda: caller.code)

    assert "Rights cannot be looked up: away" in caplog.text


class Unwilling(ModelBackend):
    """Has no answer about those who are called so."""

    failures = 0

    def has_perm(self, user, permission, obj=None):
        if user.first_name == "unknown":
            Unwilling.failures += 1
            raise OSError("the directory is away")
        return super().has_perm(user, permission, obj)


async def test_who_cannot_be_looked_up_keeps_nobody_else_from_being(house, mei, monkeypatch, settings, caplog):
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.Unwilling"]
    monkeypatch.setattr(rights, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(rights, "CHECK_SECONDS", 3600)
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
    # It is said when it begins, and after there was another answer.
    failures = Unwilling.failures
    await until(lambda: Unwilling.failures > failures + 5)
    assert caplog.text.count("Rights cannot be looked up") <= 2


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
    assert home._register._held == {}
