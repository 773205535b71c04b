"""What a viewer sees, by the policy in force."""

import asyncio

import pytest

from consumers.policy import AsynchronousPolicy, sight_of, visible
from consumers.sight import FULL
from consumers.viewer import Viewer

from .memory import entry

ASKED = []


class Database:
    async def run(self, function, *arguments):
        return function(*arguments)


def no_payroll(viewer, stream, event_type):
    ASKED.append((viewer.name, stream, event_type))
    return viewer.name == "boss" or not event_type.startswith("payroll.")


def raises(viewer, stream, event_type):
    raise LookupError("no such tenant")


def forgets(viewer, stream, event_type):
    pass


async def promises(viewer, stream, event_type):
    return False


def seen(viewer, *types):
    async def look():
        sight = sight_of(viewer, Database())
        entries = [entry(number, type=type) for number, type in enumerate(types, 1)]
        await sight.learn(entries)
        return [each.type for each in entries if sight.see(each)]

    return asyncio.run(look())


def test_who_may_see_everything_shares_one_sight():
    viewers = [Viewer(name="mei", user_id=1, personal=True), Viewer(open=True, personal=True)]

    assert all(sight_of(viewer, Database()) is FULL for viewer in viewers)


def test_who_sees_the_same_shares_frames_and_who_does_not_shares_none():
    plain = [Viewer(name=name, user_id=number) for number, name in enumerate(("mei", "anna"))]
    token = Viewer(name="mei", user_id=1, token_id=1, types=("academy.*",))
    another = Viewer(name="anna", user_id=2, token_id=2, types=("academy.*",))
    personal = Viewer(name="mei", user_id=1, token_id=1, types=("academy.*",), personal=True)

    keys = [sight_of(viewer, Database()).key for viewer in (*plain, token, another, personal)]

    assert keys[0] == keys[1] and keys[2] == keys[3]
    assert len({*keys, FULL.key}) == 4


def test_a_token_is_for_its_types():
    token = Viewer(name="mei", user_id=1, token_id=1, types=("academy.*",))

    assert seen(token, "academy.order_paid", "payroll.paid") == ["academy.order_paid"]


def test_a_project_decides_for_each_type_once(settings):
    settings.SIGNALCAST = {"CAN_FOLLOW": "tests.consumers.test_policy.no_payroll"}
    ASKED.clear()

    assert seen(Viewer(name="mei", user_id=1), "shop.paid", "payroll.paid", "shop.paid") == ["shop.paid", "shop.paid"]
    assert ASKED == [("mei", "main", "payroll.paid"), ("mei", "main", "shop.paid")]
    assert seen(Viewer(name="boss", user_id=2), "payroll.paid") == ["payroll.paid"]


def test_a_project_cannot_give_what_a_token_excludes(settings):
    settings.SIGNALCAST = {"CAN_FOLLOW": "tests.consumers.test_policy.no_payroll"}

    assert seen(Viewer(name="boss", user_id=2, types=("shop.*",)), "shop.paid", "payroll.paid") == ["shop.paid"]


def test_a_policy_that_says_nothing_opens_nothing(settings):
    settings.SIGNALCAST = {"CAN_FOLLOW": "tests.consumers.test_policy.forgets"}

    assert seen(Viewer(name="boss", user_id=2), "shop.paid") == []


@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("tests.consumers.test_policy.raises", LookupError),
        ("no.such.module", ImportError),
        ("tests.consumers.test_policy.promises", AsynchronousPolicy),
    ],
)
def test_a_policy_that_fails_shows_nothing(settings, path, failure):
    settings.SIGNALCAST = {"CAN_FOLLOW": path}

    assert visible(Viewer(name="boss", user_id=2), ["shop.paid"]) == set()
    with pytest.raises(failure):
        seen(Viewer(name="boss", user_id=2), "shop.paid")
