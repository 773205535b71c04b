"""Two servers on one log: what receivers do in another process arrives at the clients of both, and at nobody else's."""

import asyncio
import json
from contextlib import AsyncExitStack
from urllib.request import Request, urlopen

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission, User
from django.db import connections

from consumers import tokens

from .client import SECONDS, Client

# In the process that sends: a receiver that fails, and one that is late.
RECEIVERS = """
from academy.signals import course_completed, order_paid
def fails(sender, number=None, **kwargs):
    if number == 1:
        raise LookupError("mei@example.com")
async def comes_later(sender, **kwargs):
    pass
for signal in (order_paid, course_completed):
    signal.connect(fails, weak=False)
    signal.connect(comes_later, weak=False)
def send(signal, number):
    try:
        signal.send(sender=Order, number=number)
    except LookupError:
        pass
"""
# A program that ends waits two seconds for what is to be noted, and no longer.
NOTED = "from events.process import publisher; assert publisher().flush(30)"


@pytest.fixture
def layer(redis_url):
    return {"REDIS_URL": redis_url, "DJANGO_SETTINGS_MODULE": "tests.integration.settings"}


@pytest.fixture
def pair(layer, keep_server):
    # What they are called is all that is different, so that they are two.
    return [keep_server("ours", **layer, CALLED=name) for name in ("one", "other")]


@pytest.fixture
def act(layer, shell):
    """Sends signals in a process of its own, and waits for its end."""

    async def act(*lines):
        code = "\n".join([RECEIVERS, *lines, NOTED])
        assert await asyncio.to_thread(shell(code, **layer).wait) == 0

    return act


def outcomes(client, receiver):
    return {
        position: reaction["outcome"]
        for (position, name), reaction in client.reactions.items()
        if name.rpartition(".")[2] == receiver
    }


async def hear(*clients, until):
    await asyncio.gather(*(client.hear_until(lambda client=client: until(client)) for client in clients))


async def test_what_receivers_did_in_another_process_arrives_at_the_clients_of_both_servers(pair, act):
    clients = [Client(server.url) for server in pair for _ in range(2)]
    async with AsyncExitStack() as stack:
        for client in clients:
            await stack.enter_async_context(client.connected())

        await act(*(f"send(order_paid, {number})" for number in range(3)))
        await hear(*clients, until=lambda client: len(outcomes(client, "comes_later")) == 3)

    for client in clients:
        assert outcomes(client, "fails") == {1: "ok", 2: "raised", 3: "ok"}
        assert outcomes(client, "comes_later") == {1: "ok", 2: "not_run", 3: "ok"}
        failed = next(reaction for reaction in client.reactions.values() if reaction["outcome"] == "raised")
        assert failed["error"] == "LookupError: mei@example.com"
        assert client.noted == clients[0].noted
    assert clients[0].noted[0]["method"] == "send"


async def test_the_layer_alone_is_enough_to_hear_of_what_receivers_did(layer, start_server, act):
    # The server does not look at the log by itself.
    client = Client(start_server("ours", **layer, WATCH_SECONDS="3600").url)
    async with client.connected():
        await act("from events import nudge", "nudge.DEADLINE = 30.0", *(f"send(order_paid, {n})" for n in range(3)))
        await hear(client, until=lambda client: len(outcomes(client, "comes_later")) == 3)

    assert client.sequences == [1, 2, 3]


async def test_a_client_that_comes_back_to_the_other_server_gets_what_it_missed(pair, act):
    client = Client(pair[0].url)
    async with client.connected():
        await act("send(order_paid, 0)")
        await hear(client, until=lambda client: outcomes(client, "comes_later"))
        client.drop()
    before = list(client.noted)

    await act("send(order_paid, 1)", "send(order_paid, 2)")
    client._url = pair[1].url
    async with client.connected():
        await hear(client, until=lambda client: len(outcomes(client, "comes_later")) == 3)
    fresh = Client(pair[1].url, **{"from": 1})
    async with fresh.connected():
        await hear(fresh, until=lambda client: len(outcomes(client, "comes_later")) == 3)

    assert before and client.noted[: len(before)] == before
    assert client.sequences == fresh.sequences == [1, 2, 3]
    assert sorted(map(json.dumps, client.noted)) == sorted(map(json.dumps, fresh.noted))
    assert client.reactions == fresh.reactions


async def test_what_is_noted_of_an_event_while_its_client_is_away_comes_first(pair, act):
    client = Client(pair[0].url)
    async with client.connected():
        await act("send(order_paid, 0)")
        await hear(client, until=lambda client: outcomes(client, "comes_later"))
        client.drop()

    await sync_to_async(_note_again)(client.events[0]["id"])
    await act("send(order_paid, 2)")
    client._url = pair[1].url
    heard = []
    async with client.connected(), asyncio.timeout(SECONDS):
        while len(outcomes(client, "comes_later")) < 2:
            heard.append(await client.hear())

    assert heard[0]["op"] == "reactions"
    assert outcomes(client, "latest") == {1: "ok"}


def _note_again(id):
    from events import notes
    from events.event import Note

    text = json.dumps({"pos": 1, "id": id, "reactions": [{"receiver": "shop.latest", "outcome": "ok"}]})
    try:
        notes.write("main", [Note(kind="reactions", position=1, event_id=id, type="academy.order_paid", text=text)])
    finally:
        connections.close_all()


async def test_of_what_the_filter_hides_nothing_is_said(pair, act):
    paid = Client(pair[0].url, filter={"exact": {"type": "academy.order_paid"}})
    whole = Client(pair[1].url)
    async with paid.connected(), whole.connected():
        await act(
            "send(course_completed, 1)", "send(order_paid, 2)", "send(course_completed, 3)", "send(order_paid, 4)"
        )
        await hear(whole, until=lambda client: len(outcomes(client, "comes_later")) == 4)
        await hear(paid, until=lambda client: len(outcomes(client, "comes_later")) == 2)
        await paid.say(op="filter", filter={"exact": {"type": "academy.course_completed"}})
        await paid.hear_op("filtered")
        await act("send(order_paid, 5)", "send(course_completed, 6)")
        await hear(paid, until=lambda client: len(outcomes(client, "comes_later")) == 3)

    assert set(outcomes(paid, "comes_later")) == {2, 4, 6}


@pytest.fixture
def key(transactional_db):
    """A token's secret: of somebody who may see one type of events, and no personal data."""

    def make():
        user = User.objects.create_user("mei")
        user.user_permissions.add(Permission.objects.get(codename="view_event"))
        try:
            return tokens.create("a program", user, types="academy.order_paid")[1]
        finally:
            connections.close_all()

    return make


async def test_of_what_may_not_be_seen_nothing_is_said_on_any_way(layer, start_server, shell, key):
    closed = layer | {"DEBUG": "0", "SECRET_KEY": "one key for all processes of this test, long enough"}
    server = start_server("ours", **closed)
    authorization = {"Authorization": f"Bearer {await sync_to_async(key)()}"}
    client = Client(server.url)
    async with client.connected(additional_headers=authorization):
        lines = ["send(course_completed, 1)", "send(order_paid, 1)", "send(order_paid, 2)"]
        code = "\n".join([RECEIVERS, *lines, NOTED])
        assert await asyncio.to_thread(shell(code, **closed).wait) == 0
        await hear(client, until=lambda client: len(outcomes(client, "comes_later")) == 2)

    def fetch(path):
        with urlopen(Request(server.origin + path, headers=authorization), timeout=SECONDS) as answer:
            return json.load(answer)

    page = await asyncio.to_thread(fetch, "/api/events/?reactions=1&after=earliest")

    hidden = {reaction["error"] for reaction in client.reactions.values() if "error" in reaction}
    assert hidden == {"LookupError"}
    assert [line["pos"] for line in page["reactions"]] == [2, 3]
    assert "mei" not in json.dumps([client.noted, page])


ROLLED_BACK = """
from django.db import transaction
def sell(signal, number):
    try:
        with transaction.atomic():
            signal.send(sender=Order, number=number)
            raise OSError("the card was refused")
    except OSError:
        pass
sell(order_paid, 2)
sell(course_completed, 3)
send(order_paid, 4)
"""


async def test_what_rolled_back_is_told_to_those_who_ask_and_never_enters_the_log(pair, act):
    asking = Client(pair[0].url, ghosts=True)
    paid = Client(pair[1].url, ghosts=True, filter={"exact": {"type": "academy.order_paid"}})
    others = Client(pair[1].url)
    async with asking.connected(), paid.connected(), others.connected():
        await act(ROLLED_BACK)
        await hear(asking, until=lambda client: client.numbers == [4] and len(client.ghosts) == 2)
        await hear(paid, until=lambda client: client.numbers == [4] and client.ghosts)
        await hear(others, until=lambda client: outcomes(client, "comes_later"))
        asking.drop()

    late = Client(pair[1].url, **{"from": 1, "reactions_after": 0, "ghosts": True})
    async with late.connected():
        await hear(late, until=lambda client: len(client.ghosts) == 2 and client.events)

    assert sorted(ghost["data"]["number"] for ghost in asking.ghosts.values()) == [2, 3]
    assert [ghost["data"]["number"] for ghost in paid.ghosts.values()] == [2]
    assert late.ghosts == asking.ghosts
    for ghost in asking.ghosts.values():
        assert (ghost["outcome"], "sequence" in ghost) == ("rolledback", False)
        assert "fails" in str(ghost["reactions"])
    assert others.ghosts == {}
    assert late.numbers == [4]
