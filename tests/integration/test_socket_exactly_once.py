"""Exactly once, in order: over real sockets, on every server, whatever is cut, killed or late."""

import asyncio

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from .client import Client, plain_events


async def test_what_is_sent_comes_live(server, send):
    clients = [Client(server.url) for _ in range(3)]

    async with clients[0].connected(), clients[1].connected(), clients[2].connected():
        for count in (1, 2, 97, 200):
            await send(count)
        for client in clients:
            await client.hear_until(lambda client=client: len(client.events) >= 300)

    for client in clients:
        assert client.numbers == list(range(300))
        assert client.sequences == list(range(1, 301))


async def test_a_client_replays_from_the_first_event_and_goes_on_live(server, send):
    await send(2500)
    client = Client(server.url, **{"from": 1})

    async with client.connected():
        sending = asyncio.create_task(send(200))
        await client.hear_until(lambda: len(client.events) >= 2700)
        await sending

    assert client.numbers == list(range(2700))
    assert client.sequences == list(range(1, 2701))


async def test_a_client_that_loses_its_connection_again_and_again_misses_nothing(server, send):
    client = Client(server.url)
    async with client.connected():
        pass
    sending = asyncio.create_task(_send_many(send, 20, 30))

    for _ in range(6):
        enough = min(len(client.events) + 60, 600)
        async with client.connected():
            await client.hear_until(lambda enough=enough: len(client.events) >= enough)
            client.drop()
    await sending
    async with client.connected():
        await client.hear_until(lambda: len(client.events) >= 600)

    assert client.numbers == list(range(600))
    assert not client.gaps


async def _send_many(send, times, count):
    for _ in range(times):
        await send(count)


async def test_a_server_killed_and_started_again_loses_nothing_that_came_meanwhile(start_server, send, server):
    killed = start_server(server.kind)
    client = Client(killed.url, **{"from": 1})
    sending = asyncio.create_task(_send_many(send, 40, 25))

    async with client.connected():
        await client.hear_until(lambda: len(client.events) >= 100)
        killed.kill()
        await _until_closed(client)
    await asyncio.to_thread(killed.start)
    async with client.connected():
        await client.hear_until(lambda: len(client.events) >= 1000)
    await sending

    assert client.numbers == list(range(1000))
    assert client.sequences == list(range(1, 1001))
    assert not client.gaps


async def _until_closed(client):
    try:
        await client.hear_until(lambda: False)
    except ConnectionClosed:
        return


async def test_ten_thousand_events_from_a_shell_arrive_at_every_kind_of_client_of_every_server(keep_server, shell):
    servers = [keep_server(kind) for kind in ("ours", "daphne", "uvicorn")]
    clients = [Client(server.url, **{"from": 1}) for server in servers]

    shell("for n in range(10_000): order_paid.send(sender=Order, order=None, user=None, number=n)")
    everything = await asyncio.gather(*map(_all, clients), *(_all_plain(server) for server in servers))

    for numbers in everything:
        assert numbers == list(range(10_000))


async def _all(client):
    async with client.connected():
        await client.hear_until(lambda: len(client.events) >= 10_000)
    return client.numbers


async def _all_plain(server):
    async with connect(server.url + "?after=0") as socket:
        events = [event for _ in range(100) for event in await plain_events(socket, 100)]
    assert [int(event["sequence"]) for event in events] == list(range(1, 10_001))
    return [event["data"]["number"] for event in events]


async def test_every_server_shows_the_same_positions_and_the_same_bytes_live_and_replayed(keep_server, send):
    servers = [keep_server(kind) for kind in ("ours", "daphne", "uvicorn")]
    live = [Client(server.url) for server in servers]
    replayed = [Client(server.url, **{"from": 1}) for server in servers]

    async with live[0].connected(), live[1].connected(), live[2].connected():
        await send(50, note="h\u00e9llo")
        for client in live:
            await client.hear_until(lambda client=client: len(client.lines) >= 50)
    for client in replayed:
        async with client.connected():
            await client.hear_until(lambda client=client: len(client.lines) >= 50)

    assert len({tuple(client.lines) for client in live + replayed}) == 1
