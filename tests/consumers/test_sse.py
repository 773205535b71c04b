"""The stream as server-sent events: on a log in memory, to a client that reads as the standard says."""

import asyncio
import json
from dataclasses import dataclass, field, replace

import pytest
from prometheus_client import REGISTRY

from consumers import changes, goodbye, process, sse, window
from consumers.sse import EventStream
from consumers.viewer import Viewer
from consumers.visits import Visits

from .conftest import until
from .memory import MemoryLog

PAID, COMPLETED = "academy.order_paid", "academy.course_completed"


class Database:
    """Knows one user, and no cookies but these."""

    async def share(self, function, claim):
        if claim.session != "anna":
            return function(replace(claim, session=""))
        return Viewer(name="anna", personal=True)

    async def run(self, function, *arguments):
        return {changes.newest: 0, changes.since: []}[function]


class Process:
    """A process whose hub is given."""

    users = 1
    check_room = process.Process.check_room

    def __init__(self, hub):
        self._hub = hub
        self.visits = Visits(Database())
        self.error = None

    def may_say(self, complaint):
        return True

    async def hub(self):
        if self.error:
            raise self.error
        return self._hub


@dataclass
class Client:
    """What an EventSource has: WHATWG HTML §9.2.6. It survives its connections."""

    last_id: str = ""
    retry: int = 0
    events: list = field(default_factory=list)
    control: list = field(default_factory=list)

    @property
    def positions(self):
        return [int(event["sequence"]) for event in self.events]

    def read(self, text):
        for block in text.split("\n\n")[:-1]:
            name, data = "message", []
            for line in block.split("\n"):
                key, _, value = line.partition(":")
                value = value.removeprefix(" ")
                match key:
                    case "id":
                        self.last_id = value
                    case "event":
                        name = value
                    case "data":
                        data.append(value)
                    case "retry":
                        self.retry = int(value)
                    case _:
                        assert line.startswith(":")
            if data and name == "message":
                self.events.append(json.loads("\n".join(data)))
            elif data:
                event = json.loads("\n".join(data))
                assert event["type"] == f"signalcast.{name}" and "sequence" not in event
                self.control.append((name, event["data"]))


class Response:
    """One request, and what was answered."""

    def __init__(self, process, query="", method="GET", client=None, **headers):
        self.client = client or Client()
        if self.client.last_id:
            headers["last_event_id"] = self.client.last_id
        given = {"host": "localhost"} | headers
        self.scope = {
            "type": "http",
            "method": method,
            "path": "/sse/",
            "query_string": query.encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
            "client": ["127.0.0.1", 1],
        }
        self.status = None
        self.headers = {}
        self.text = ""
        self.has_ended = False
        self._gone = asyncio.Event()
        self.stream = EventStream(self.scope, self.send, process)
        self.task = asyncio.create_task(self.stream.run(self.receive))

    @property
    def error(self):
        return json.loads(self.text)["error"]

    async def receive(self):
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        assert not self.has_ended
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            body = message.get("body", b"").decode("ascii")
            self.text += body
            if self.status == 200:
                self.client.read(body)
            self.has_ended = not message.get("more_body")

    async def leave(self):
        self._gone.set()
        await self.ended()

    async def ended(self):
        async with asyncio.timeout(5):
            # It would swallow the end of our patience.
            await asyncio.shield(self.task)
        return self


@pytest.fixture
async def request_of(settings):
    """Asks for the stream, from this machine, under DEBUG."""
    settings.DEBUG = True
    responses, processes = [], []

    def ask(hub, *arguments, **options):
        processes.append(hub if isinstance(hub, Process) else Process(hub))
        responses.append(Response(processes[-1], *arguments, **options))
        return responses[-1]

    yield ask

    for response in responses:
        response.task.cancel()
    for each in processes:
        await each.visits.stop()


async def test_each_event_says_where_its_client_resumes(start_hub, request_of):
    hub = await start_hub(MemoryLog(3))

    response = request_of(hub, "after=1")
    await until(lambda: len(response.client.events) == 2)

    assert response.status == 200
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["signalcast-heartbeat"] == "60"
    retry, start, *events = response.text.split("\n\n")[0].split("\n") + response.text.split("\n\n")[1:]
    assert retry == f"retry: {response.client.retry}" and 250 <= response.client.retry <= 1000
    assert start == "id: one:1"
    assert [event.split("\n")[0] for event in events[:-1]] == ["id: one:2", "id: one:3"]
    await response.leave()


@pytest.mark.parametrize("filter", ["", f"&type={PAID}"])
async def test_exactly_once_in_order_to_a_client_that_comes_back_with_its_last_id(start_hub, request_of, filter):
    log, client, expected = MemoryLog(), Client(), []
    for _ in range(5):
        # Each time another process: what is old it has to read from the log.
        hub = await start_hub(log)
        for type in (COMPLETED, PAID, COMPLETED, PAID):
            expected += [entry.position for entry in log.append(3, type=type) if not filter or type == PAID]
            await hub.catch_up()
        response = request_of(hub, f"after=0{filter}", client=client)
        await until(lambda newest=expected[-1]: client.positions[-1:] == [newest])
        await response.leave()

    assert client.positions == expected
    assert client.control == []


async def test_a_live_client_that_has_heard_of_no_event_yet_misses_none(start_hub, request_of):
    log = MemoryLog(3)
    hub = await start_hub(log)
    response = request_of(hub)
    await until(lambda: response.client.last_id)
    await response.leave()
    log.append(2)

    response = request_of(hub, client=response.client)
    await until(lambda: response.client.events)

    assert response.client.positions == [4, 5]
    await response.leave()


async def test_the_last_id_wins_over_the_query(start_hub, request_of):
    hub = await start_hub(MemoryLog(5))

    response = request_of(hub, "last=5", client=Client(last_id="one:4"))
    await until(lambda: response.client.events)

    assert response.client.positions == [5]
    await response.leave()


async def test_the_last_id_may_be_in_the_query_where_the_header_has_none(start_hub, request_of):
    hub = await start_hub(MemoryLog(5))

    one = request_of(hub, "after=earliest&lastEventId=one:3")
    other = request_of(hub, "lastEventId=one:1", client=Client(last_id="one:4"))
    await until(lambda: one.client.events and other.client.events)

    assert (one.client.positions, other.client.positions) == ([4, 5], [5])
    await one.leave()
    await other.leave()


async def test_what_does_not_match_is_passed_at_the_heartbeat(start_hub, request_of):
    hub = await start_hub(MemoryLog(7), heartbeat=0.01)

    response = request_of(hub, f"after=0&type={COMPLETED}")
    await until(lambda: response.client.last_id == "one:7")

    assert response.client.events == []
    await until(lambda: response.text.endswith("\n\n:\n\n"))
    await response.leave()


async def test_behind_the_last_match_of_a_batch_its_end_is_told(start_hub, request_of):
    log = MemoryLog()
    log.append(1, type=PAID)
    log.append(3, type=COMPLETED)
    hub = await start_hub(log)

    response = request_of(hub, f"after=0&type={PAID}")
    await until(lambda: response.client.events)

    assert response.client.last_id == "one:4"
    await response.leave()


@pytest.mark.parametrize(
    "last_id, gap",
    [
        ("one:2", {"from": 3, "to": 6, "reason": "retention"}),
        ("2", {"from": 3, "to": 6, "reason": "retention"}),
        ("0", {"from": 1, "to": 6, "reason": "retention"}),
        ("another:2", {"from": 3, "to": 6, "reason": "epoch"}),
        ("one:99", {"from": 100, "to": 6, "reason": "epoch"}),
    ],
)
async def test_what_is_not_there_is_a_gap_which_is_told_once(start_hub, request_of, last_id, gap):
    log = MemoryLog(7)
    log.prune(6)
    hub = await start_hub(log)
    client = Client(last_id=last_id)

    # The connection breaks right behind the gap, and then again.
    for gaps in (1, 0):
        response = request_of(hub, f"type={COMPLETED}", client=client)
        await until(lambda: client.last_id == "one:5")
        await response.leave()
        # Not even a client that is cut off before it has heard of the gap would pass it over.
        assert response.text.count("event: gap") == gaps
        assert response.text.count("id: ") == 1 or not gaps
    response = request_of(hub, client=client)
    await until(lambda: client.events)

    assert client.control == [("gap", gap)]
    assert client.positions == [6, 7]
    await response.leave()


async def test_clients_of_a_log_that_is_replaced_are_sent_away_and_told_when_they_are_back(start_hub, request_of):
    log = MemoryLog(3)
    hub = await start_hub(log)
    response = request_of(hub, "after=0")
    await until(lambda: response.client.events)

    log.replace("two", 2)
    await hub.catch_up()
    await response.ended()
    response = request_of(hub, client=response.client)
    await until(lambda: len(response.client.control) == 2)

    (bye, _), (gap, numbers) = response.client.control
    assert (bye, gap, numbers["reason"]) == ("bye", "gap", "epoch")
    await until(lambda: len(response.client.events) == 5)
    assert response.client.positions == [1, 2, 3, 1, 2]
    await response.leave()


# -- Who is refused, and how


@pytest.mark.parametrize(
    "asked, status, message",
    [
        ({"query": "nonsense=1"}, 400, "nonsense"),
        ({"query": "data.å.gte="}, 400, "data.å.gte must be"),
        ({"last_event_id": "one:two"}, 400, "Last-Event-ID is"),
        ({"last_event_id": "one:-1"}, 400, "Last-Event-ID is"),
        ({"last_event_id": ":7"}, 400, "Last-Event-ID is"),
        ({"query": "lastEventId=one:"}, 400, "lastEventId is"),
        ({"host": "elsewhere.example"}, 403, "host name"),
        ({"origin": "https://elsewhere.example"}, 403, "this origin"),
        ({"sec-fetch-site": "cross-site"}, 403, "another origin"),
        ({"method": "POST"}, 405, "GET"),
        ({"method": "OPTIONS"}, 405, "GET"),
    ],
)
async def test_a_refusal_is_a_status_and_says_why_in_json(start_hub, request_of, asked, status, message):
    hub = await start_hub(MemoryLog(1))

    response = await request_of(hub, **asked).ended()

    assert (response.status, response.has_ended, hub.clients) == (status, True, 0)
    assert message in response.error
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "headers, status",
    [
        ({}, 401),
        ({"cookie": "sessionid=anna"}, 200),
        ({"cookie": "sessionid=anna", "sec-fetch-site": "same-origin"}, 200),
        ({"cookie": "sessionid=anna", "origin": "http://localhost"}, 200),
        ({"cookie": "sessionid=anna", "sec-fetch-site": "same-site"}, 403),
        ({"cookie": "sessionid=anna", "sec-fetch-site": "cross-site"}, 403),
        ({"cookie": "sessionid=anna", "origin": "http://localhost:81"}, 403),
        ({"cookie": "sessionid=anna", "origin": "null"}, 403),
    ],
)
async def test_cookies_count_as_for_any_page_unless_another_site_asks(start_hub, request_of, settings, headers, status):
    hub = await start_hub(MemoryLog(1))
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["localhost"]

    response = await request_of(hub, method="HEAD", **headers).ended()

    assert response.status == status


async def test_a_server_that_is_full_says_when_to_come_back(start_hub, request_of, settings):
    settings.SIGNALCAST = {"MAX_CLIENTS": 1}
    hub = await start_hub(MemoryLog(1))
    first = request_of(hub)
    await until(lambda: hub.clients == 1)

    second = await request_of(hub).ended()

    assert (second.status, second.headers["retry-after"]) == (503, "5")
    assert "as many clients as it takes" in second.error
    await first.leave()


async def test_a_log_that_cannot_be_read_is_told_with_503(start_hub, request_of, caplog):
    process = Process(None)
    process.error = OSError("the disk is gone")

    response = await request_of(process).ended()

    assert (response.status, response.headers["retry-after"]) == (503, "5")
    assert "disk" not in response.text
    assert "Clients are sent away" in caplog.text


async def test_head_is_answered_with_headers_alone(start_hub, request_of):
    hub = await start_hub(MemoryLog(3))

    response = await request_of(hub, "after=0", method="HEAD").ended()

    assert (response.status, response.text, response.has_ended) == (200, "", True)
    assert response.headers["content-type"] == "text/event-stream"


# -- How it ends


async def test_a_client_that_goes_leaves_nothing(start_hub, request_of):
    hub = await start_hub(MemoryLog(1))
    response = request_of(hub)
    await until(lambda: hub.clients == 1)
    assert open_streams() == 1

    await response.leave()

    assert hub.clients == open_streams() == 0
    assert not response.has_ended


def open_streams():
    return REGISTRY.get_sample_value("signalcast_connections", {"dialect": "sse"})


async def test_a_server_that_stops_says_goodbye(start_hub, request_of, monkeypatch):
    monkeypatch.setattr(goodbye, "SECONDS", 0)
    hub = await start_hub(MemoryLog(1))
    response = request_of(hub, "after=0")
    await until(lambda: response.client.events)

    response.task.cancel()
    await response.ended()

    assert response.client.control == [("bye", {"code": 4012, "retry_ms": 1000})]
    assert response.client.last_id == "one:1"
    assert response.has_ended and hub.clients == 0


async def test_where_the_server_tells_nothing_a_response_ends_before_it_fills_its_memory(
    start_hub, request_of, monkeypatch
):
    monkeypatch.setattr(sse, "MOST_BYTES", 10_000)
    log = MemoryLog()
    log.append(64, size=1000)
    hub = await start_hub(log)
    client = Client()

    for _ in range(2):
        await request_of(hub, "after=0", client=client).ended()

    assert client.positions == list(range(1, 65))
    assert [name for name, _ in client.control] == ["bye", "bye"]


async def test_where_send_waits_a_client_that_reads_nothing_is_let_go(start_hub, request_of, monkeypatch):
    monkeypatch.setattr(window, "STALLED_SECONDS", 0.01)
    hub = await start_hub(MemoryLog(1))
    response = request_of(hub, "after=0")
    sent = response.send

    async def send(message):
        if message.get("more_body"):
            await asyncio.Event().wait()
        await sent(message)

    response.stream._send = send

    await response.ended()

    assert not response.has_ended and hub.clients == 0


async def test_our_server_cuts_off_a_client_that_reads_nothing(start_hub, request_of, monkeypatch):
    monkeypatch.setattr(window, "STALLED_SECONDS", 0.01)
    hub = await start_hub(MemoryLog(1), heartbeat=0.01)
    said = []
    response = request_of(hub)
    response.stream._outbox = {
        "buffered": lambda: 1_000_000,
        "on_drained": lambda tell: None,
        "write": lambda data: None,
        "abort": lambda: said.append("abort"),
        "never_ends": lambda: said.append("never_ends"),
    }

    await response.ended()

    assert said == ["never_ends", "abort"]
    assert not response.has_ended and hub.clients == 0
