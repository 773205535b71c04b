"""What looks after a server: `/livez`, `/readyz`, `/metrics`, and its log, on every server."""

import asyncio
import json
import re
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

from .client import SECONDS, Client, plain_events
from .server import ROOT, Server

DIALECTS = ("signalcast.v1", "cloudevents.json")
OBSERVED = ("signalcast_send_to_socket_seconds_count",)
DELIVERIES = ("signalcast_deliveries_total",)
ADDRESSES = ("/livez", "/readyz", "/metrics")
TOKEN = "0123456789abcdef-token"
CLOSED = {"DEBUG": "0", "SECRET_KEY": "0123456789" * 5, "METRICS_TOKEN": TOKEN, "LOG_FORMAT": "json"}


async def ask(server, target, method=b"GET", **headers):
    """The status, the headers and the body of the answer to a request that may be nonsense."""
    target = target.encode("utf-8", "surrogateescape")
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in ({"host": "127.0.0.1"} | headers).items()]
    request = b"\r\n".join(
        [b"%s %s HTTP/1.1" % (method, target), b"Connection: close", *map(str.encode, lines), b"", b""]
    )
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
    status, *found = head.decode("latin-1").split("\r\n")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in found), body.decode()


async def scrape(server):
    status, _, body = await ask(server, "/metrics")
    assert status == 200, body
    return samples(text_string_to_metric_families(body))


def samples(families):
    found = [sample for family in families for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in found}


async def test_every_server_answers_in_time_while_the_one_thread_of_sync_code_is_held(server):
    assert (await ask(server, "/hold/"))[0] == 200
    try:
        for address in ADDRESSES:
            for method in (b"GET", b"HEAD"):
                status, headers, body = await ask(server, address, method)

                assert (status, bool(body)) == (200, method == b"GET")
                assert "no-store" in headers["cache-control"]
    finally:
        await ask(server, "/let-go/")


async def nobody_left(server):
    """Its numbers, once the last of its clients has gone."""
    async with asyncio.timeout(SECONDS):
        while True:
            found = await scrape(server)
            if not any(found["signalcast_connections", dialect] for dialect in DIALECTS):
                return found


async def test_every_server_tells_what_its_clients_got(server, send):
    before = await nobody_left(server)
    client = Client(server.url)
    # However much comes that nobody reads: a close frame behind it shall be found.
    async with client.connected(max_queue=None), connect(server.url + "?last=0", max_queue=None) as plain:
        hearing = asyncio.create_task(plain_events(plain, 3))
        async with asyncio.timeout(SECONDS):
            # What a client finds when it comes is not live; what is sent from then on is.
            during = before
            while during[OBSERVED] < before[OBSERVED] + 2 or during[DELIVERIES] < before[DELIVERIES] + 6:
                await send(1)
                during = await scrape(server)
        await hearing
        await client.hear_until(lambda: len(client.events) >= 3)
        during = await scrape(server)
    for address in ("/elsewhere", "/ws/?after=x"):
        async with connect(f"ws://127.0.0.1:{server.port}{address}") as refused:
            await refused.wait_closed()
    after = await nobody_left(server)

    def grown(now, *key):
        return now[key] - before[key]

    assert [during["signalcast_connections", dialect] for dialect in DIALECTS] == [1, 1]
    assert grown(during, *DELIVERIES) >= 6
    assert grown(during, "signalcast_send_to_socket_seconds_sum") > 0
    assert during[("signalcast_log_head",)] >= during[("signalcast_hub_head",)] >= client.sequences[-1]
    assert (
        during[("signalcast_log_head",)] - during[("signalcast_hub_head",)] == during[("signalcast_head_lag_events",)]
    )
    assert grown(after, "signalcast_closes_total", "other") == 2
    assert [grown(after, "signalcast_closes_total", code) for code in ("4404", "4400", "4012")] == [1, 1, 0]


async def test_what_our_server_holds_for_a_client_that_reads_nothing_can_be_seen(keep_server, send, frozen):
    server = keep_server("ours")
    await nobody_left(server)
    await send(60, note="x" * 60_000)
    stuck = frozen(server, "/ws/?after=0")

    async with asyncio.timeout(SECONDS):
        while not (await scrape(server))[("signalcast_buffered_bytes",)]:
            await asyncio.sleep(0.01)
    stuck.close()

    assert (await nobody_left(server))[("signalcast_buffered_bytes",)] == 0


@asynccontextmanager
async def event_stream(server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /sse/?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await reader.readuntil(b"data: ")

    yield

    writer.close()
    await writer.wait_closed()


async def test_our_server_shows_the_buffers_that_the_table_of_bounds_names(keep_server, send):
    server = keep_server("ours")
    await send(1)
    client = Client(server.url, **{"from": 1})
    async with client.connected(), connect(server.url + "?after=0") as plain, event_stream(server):
        await client.hear_until(lambda: client.events)
        await plain_events(plain, 1)

        _, _, text = await ask(server, "/readyz?verbose")

    rows = re.findall(r"^\| ([^|]+) \| `([^`|]+)` \| ", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE)
    lines = [line for line in text.splitlines() if " of " in line]
    assert {line.partition(":")[0] for line in lines} == {shown for _, shown in rows}
    assert "clients: 3 of 10,000" in lines
    assert [line for line in lines if "127.0.0.1" in line or "/" in line] == []


async def test_with_debug_off_everything_is_answered_and_metrics_ask_for_the_token(keep_server):
    server = keep_server("access log", **CLOSED)

    for address in ("/livez", "/readyz?verbose", "/metrics"):
        assert (await ask(server, address))[0] == 200
    assert (await ask(server, "/livez", x_forwarded_for="203.0.113.7"))[0] == 200
    assert (await ask(server, "/metrics", x_forwarded_for="203.0.113.7"))[0] == 403
    assert (await ask(server, "/metrics", x_forwarded_for="203.0.113.7", authorization=f"Bearer {TOKEN}"))[0] == 200


@pytest.fixture(scope="module")
def empty_server(tmp_path_factory):
    """Its database has no tables. It complains, as it should."""
    folder = tmp_path_factory.mktemp("empty")
    server = Server("ours", f"sqlite:///{folder}/empty.sqlite3", folder / "output.txt")
    server.start()

    yield server

    server.stop()


async def test_a_server_whose_log_is_not_migrated_is_alive_and_not_ready(empty_server):
    alive, ready = [await ask(empty_server, address) for address in ("/livez", "/readyz?verbose")]

    assert (alive[0], alive[2]) == (200, "ok\n")
    assert (ready[0], ready[2].splitlines()[0]) == (503, "log: failed (not migrated: run manage.py migrate)")
    assert "[not_ready]" in empty_server.output


async def test_a_probe_names_a_host_that_is_served(empty_server):
    for host, status in {"10.0.0.7:8000": 400, "localhost": 200}.items():
        assert (await ask(empty_server, "/livez", host=host))[0] == status


SENDS = """
for number in range(3):
    order_paid.send(sender=Order, order=None, user=None, note="", number=number)
"""


async def test_in_multiprocess_mode_the_numbers_of_a_process_that_has_ended_are_there(
    run, start_server, tmp_path, monkeypatch
):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    server = start_server("ours")
    _, complaints, status, _ = await asyncio.to_thread(run(SENDS).end)
    assert (status, complaints) == (0, "")

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(tmp_path))
    async with asyncio.timeout(20):
        # By the program at its end, or by the server's sweep.
        while samples(registry.collect())[("signalcast_events_published_total",)] < 3:
            await asyncio.sleep(0.05)
    together, alone = samples(registry.collect()), await scrape(server)

    assert together["signalcast_events_emitted_total", "academy.order_paid"] == 3
    assert together[("signalcast_events_published_total",)] == 3
    assert alone[("signalcast_deliveries_total",)] == 0
    assert alone["signalcast_connections", "signalcast.v1"] == 0
    assert ("signalcast_events_emitted_total", "academy.order_paid") not in alone


# -- The log


async def test_a_host_that_no_host_is_called_is_said_line_by_line_and_forges_nothing(empty_server):
    await ask(empty_server, "/", host=f"%0a,\t{FORGED}")

    line = re.compile(r"\d\d:\d\d:\d\d (WARNING|ERROR) +[\w.]+: |Serving on |DEBUG is on")
    assert "Invalid HTTP_HOST header" in empty_server.output
    assert [text for text in empty_server.output.split("\n") if text and not line.match(text)] == []
    assert empty_server.output.replace("\n", "").isprintable()


FORGED = "12:00:00 CRITICAL django: forged"
# Twisted refuses what is no ASCII, without a word in the log; other servers may not.
HOSTILE = [
    f"/a%0d%0a{FORGED.replace(' ', '%20')}",
    "/b%1b[2J%1b[31m%07%7f",
    "/b\x1b[2J\x1b[31m\x07\x7f",
    "/c%e2%80%a8%c2%85",
    "/c\u2028\u202e\x85",
    "/d%ff%ed%a0%80",
    "/d\udcff\udcfe",
    "/e?q=%0a%1b[2J",
    '/f","level":"CRITICAL',
    "/g%s%(path)s%d",
    "/" + "h" * 10_000,
]


async def hostile_requests(server):
    """Sends them all, as pages and as websockets, and returns what the server wrote when the last was answered."""
    async with asyncio.timeout(SECONDS):
        while "http://127.0.0.1:" not in server.output:  # Where it serves, which it may say after its first answer.
            await asyncio.sleep(0.01)
    written = len(server.output)
    for target in HOSTILE:
        await ask(server, target)
        key = {"sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==", "sec_websocket_version": "13"}
        await ask(server, target, upgrade="websocket", **key)
    await ask(server, "/the-last")
    async with asyncio.timeout(SECONDS):
        while "/the-last" not in server.output[written:]:
            await asyncio.sleep(0.01)
    return server.output[written:].splitlines()


async def test_hostile_requests_break_no_line_of_runserver(keep_server):
    lines = await hostile_requests(keep_server("runserver"))

    assert len(lines) > 8
    assert [line for line in lines if not re.match(r"\d\d:\d\d:\d\d (INFO|WARNING) +[\w.]+: ", line)] == []
    assert [line for line in lines if not line.isprintable() or line.startswith(FORGED)] == []


async def test_hostile_requests_break_no_object_of_json(keep_server):
    lines = await hostile_requests(keep_server("access log", **CLOSED))

    told = [json.loads(line) for line in lines]

    assert {record["level"] for record in told} <= {"INFO", "WARNING"}
    assert len([record for record in told if record.get("action") == "request"]) > 8
    assert all(line.isascii() and line.isprintable() for line in lines)
