"""Visits: who is here, from where, and how many may be."""

import asyncio

import pytest
from django.contrib.auth.models import User

from consumers import audit, tokens
from consumers.protocol import CloseCode, Refused

from .callers import Caller, in_thread


class TestLimits:
    async def refused(self, caller):
        with pytest.raises(Refused) as refused:
            await caller.come()
        assert refused.value.message.endswith(("close one first.", "come back later."))
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

        assert home._register._held.keys() == {caller.visit.rights.claim}

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
            (1, "2001:db8::1", "2001:db8::1"),
            (1, "[2001:db8::1]", "2001:db8::1"),
            (1, "[2001:db8::1]:443", "2001:db8::1"),
            (1, "198.51.100.1:50123", "198.51.100.1"),
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


@pytest.mark.parametrize("what", [{"origin": "http://evil.example"}, {"host": "evil.example"}, {}])
async def test_the_audit_says_from_where_somebody_came_who_was_refused_behind_a_proxy(house, settings, caplog, what):
    settings.SIGNALCAST = {"TRUSTED_PROXIES": 1}
    caplog.set_level("INFO", audit.logger.name)

    with pytest.raises(Refused):
        await Caller(house(), x_forwarded_for="6.6.6.6, 198.51.100.1", **what).come()

    assert caplog.records[-1].address == "198.51.100.1"


async def test_a_name_with_line_ends_forges_no_line(house, mei, signed_in, caplog):
    caplog.set_level("INFO", audit.logger.name)
    await in_thread(lambda: User.objects.update(username="a\r\nERROR x\x1b[2J"))
    caller = await Caller(house(), **signed_in).come()

    caller.visit.audit.began(way="sse", start=1, filter="")

    assert "\n" not in caplog.records[-1].getMessage() and "\x1b" not in caplog.records[-1].getMessage()
