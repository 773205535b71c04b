"""A viewer: somebody who may follow the stream, and what is known of them. A fact: it never changes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Whoever is let in. Somebody whose rights change is another viewer from then on."""

    name: str | None = None
    """The user's name; None if nobody is signed in."""
    user_id: Any = None
    """The user's primary key."""
    open: bool = False
    """Let in without signing in, since DEBUG is on and the request comes from this machine."""
    personal: bool = False
    """Whether personal data may be seen."""
    tests: bool = False
    """Whether test events may be sent."""
    token: str | None = None
    """The name of the token that was shown, if it was one."""
    token_id: int | None = None
    types: tuple[str, ...] = ()
    """What a token is restricted to: types, or beginnings of them and a star; empty is no restriction."""

    @cached_property
    def user(self) -> Any:
        """The user as the database has it now, or None. Asks the database: for policies, which run in a thread."""
        return get_user_model()._default_manager.filter(pk=self.user_id).first() if self.user_id is not None else None

    def may_see(self, type: str) -> bool:
        """Whether the token that was shown is for events of this type."""
        return not self.types or any(_is_of(type, pattern) for pattern in self.types)

    def __str__(self) -> str:
        return self.name or "somebody on this machine"


def _is_of(type: str, pattern: str) -> bool:
    return type.startswith(pattern[:-1]) if pattern.endswith("*") else type == pattern
