"""The policy: which events a viewer may see. The one place that is asked, for every way out.

A project replaces it by SIGNALCAST["CAN_FOLLOW"], the path of a function with the signature of `can_follow`. It can
only take away: nobody who is not let in is asked about, and a token stays restricted to its types.
"""

from collections.abc import Callable, Iterable, Mapping
from inspect import iscoroutine
from itertools import count
from typing import cast

from django.utils.module_loading import import_string

from events.settings import current
from events.streams import MAIN

from .database import Database
from .sight import FULL, Sight
from .viewer import Viewer

CanFollow = Callable[[Viewer, str, str], bool]


class AsynchronousPolicy(TypeError):
    """CAN_FOLLOW is an `async def`: it runs in a thread, and has to answer there."""


_numbers = count()


def can_follow(viewer: Viewer, stream: str, event_type: str) -> bool:
    """Whether events of this type may be seen by somebody who is let in: of all types that a token does not exclude."""
    return viewer.may_see(event_type)


def sight_of(viewer: Viewer, database: Database) -> Sight:
    """What the viewer sees, decided as `can_follow` does, or as the project's own policy does.

    The project's is asked once for each type, in a database thread; and anew whenever a sight is made anew.
    """
    if current().CAN_FOLLOW and not viewer.open:
        # A key of its own for every sight: two may have learnt different answers.
        key = ("policy", next(_numbers))
        return Sight(key, personal=viewer.personal, allows=viewer.may_see, ask=_Policy(viewer, database))
    if viewer.types:
        same = (viewer.types, viewer.personal)
        return Sight(same, personal=viewer.personal, allows=lambda type: can_follow(viewer, MAIN, type))
    return FULL if viewer.personal else WITHOUT_PERSONAL


def visible(viewer: Viewer, types: Iterable[str]) -> set[str]:
    """Those of which the viewer may see events: for a page, which may ask the database. None where the policy raises;
    the stream tells of that.
    """
    if not current().CAN_FOLLOW or viewer.open:
        return {type for type in types if can_follow(viewer, MAIN, type)}
    try:
        answers = _answers(viewer, filter(viewer.may_see, types))
    except Exception:
        return set()
    return {type for type, may in answers.items() if may}


WITHOUT_PERSONAL = Sight("without personal data", personal=False)


class _Policy:
    """The project's policy, asked in a database thread. Raises what it raises."""

    def __init__(self, viewer: Viewer, database: Database) -> None:
        self._viewer = viewer
        self._database = database

    async def __call__(self, types: Iterable[str]) -> Mapping[str, bool]:
        return await self._database.run(_answers, self._viewer, list(types))


def _answers(viewer: Viewer, types: Iterable[str]) -> dict[str, bool]:
    policy = cast(CanFollow, import_string(current().CAN_FOLLOW))
    return {type: _answer(policy(viewer, MAIN, type)) for type in types}


def _answer(answer: object) -> bool:
    if iscoroutine(answer):  # True, whatever the policy would have said.
        answer.close()
        raise AsynchronousPolicy(current().CAN_FOLLOW)
    return bool(answer)
