"""The visits to this server process: who is here, from where, and how many may be.

A visit begins when somebody is let in, and has the rights of the claim that they showed, as these are at the moment.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from events.settings import current

from . import access, audit
from .audit import Audit
from .database import Database
from .limits import Headcount, Rate
from .origin import address_of, headers_of
from .protocol import CloseCode, Refused
from .rights import Register, Rights
from .sight import Sight
from .viewer import Viewer

Changed = Callable[[], None]

_NO_MORE = "and may have no more: close one first"


class Visit:
    """One client's stay. Whoever began it ends it: `leave`."""

    __slots__ = ("address", "audit", "changed", "rights", "user_id", "_visits")

    def __init__(self, visits: "Visits", rights: Rights, address: str, changed: Changed) -> None:
        self.address = address
        self.audit = Audit(rights.viewer, address)
        self.changed = changed
        self.rights = rights
        self.user_id = rights.viewer.user_id
        """As whose it counts."""
        self._visits = visits

    @property
    def viewer(self) -> Viewer:
        return self.rights.viewer

    @property
    def sight(self) -> Sight:
        """What may be seen now; it may change at any time."""
        return self.rights.sight

    @property
    def refused(self) -> Refused | None:
        """Why nothing may be seen any more."""
        return self.rights.refused

    def leave(self, code: CloseCode | None = None) -> None:
        self.audit.ended(code)
        self._visits.end(self)


class Visits:
    """Of one event loop."""

    def __init__(self, database: Database) -> None:
        self._register = Register(database)
        self._users = Headcount()
        self._addresses = Headcount()
        self._handshakes = Rate(current().MAX_HANDSHAKES, time.monotonic())

    async def arrive(self, scope: Mapping[str, Any], changed: Changed) -> Visit:
        """Let somebody in. Raises Refused, and what the database raises.

        `changed` is called, within the loop, when they see something else from now on (the visit's `sight`), or nothing
        any more (`refused` says why).
        """
        address = (scope.get("client") or [""])[0] or ""
        try:
            if current().TRUSTED_PROXIES:
                forwarded = headers_of(scope).get("x-forwarded-for", "")
                address = address_of(address, forwarded, current().TRUSTED_PROXIES)
            if not self._handshakes.take(current().MAX_HANDSHAKES, time.monotonic()):
                raise Refused(
                    CloseCode.OVERLOADED, "Too many come at the same moment; come back later.", limit="handshakes"
                )
            claim = access.claim_of(scope)
            self._check_address(address)
            rights = await self._register.of(claim)
            # Asked without a wait before it counts, or many at once would all find room.
            self._check_address(address)
            self._check_user(rights.viewer)
        except Refused as refused:
            audit.refused(refused, address)
            raise
        visit = Visit(self, rights, address, changed)
        self._register.hold(rights, visit)
        self._addresses.enter(visit.address)
        self._users.enter(visit.user_id)
        return visit

    def end(self, visit: Visit) -> None:
        """Nothing happens if it was ended before."""
        if visit not in visit.rights.holders:
            return
        self._register.let_go(visit.rights, visit)
        self._addresses.leave(visit.address)
        self._users.leave(visit.user_id)

    async def stop(self) -> None:
        await self._register.stop()

    def _check_address(self, address: str) -> None:
        most = current().MAX_CLIENTS_PER_ADDRESS
        if self._addresses[address] >= most:
            raise Refused(
                CloseCode.TOO_MANY, f"Your address has {most} clients here, {_NO_MORE}.", limit="clients_per_address"
            )

    def _check_user(self, viewer: Viewer) -> None:
        most = current().MAX_CLIENTS_PER_USER
        if viewer.user_id is not None and self._users[viewer.user_id] >= most:
            raise Refused(
                CloseCode.TOO_MANY, f"{viewer.name} has {most} clients here, {_NO_MORE}.", limit="clients_per_user"
            )
