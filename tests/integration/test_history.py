"""History and exports, as far as only a real server can tell."""

import asyncio
import json
import re
import subprocess
import sys
from contextlib import closing, suppress
from hashlib import sha256
from http.client import HTTPConnection, HTTPException

import pytest
from django.db import connection

from events import log
from events.models import StreamRow
from events.streams import MAIN

from .client import SECONDS
from .server import ROOT

MEGABYTE = 1024  # as /proc has it, in kB
MANY = 200_000


def read(server, address, **headers):
    """The status, and the body as JSON."""
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=SECONDS)) as http:
        http.request("GET", address, headers=headers)
        answer = http.getresponse()
        return answer.status, json.loads(answer.read())


class Download:
    """An export: its lines are hashed as they come, and only the last ones kept."""

    def __init__(self, server, query="format=ndjson", pause=None):
        self.count = 0
        self.last = b""
        self.digest = sha256()
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=SECONDS)) as http:
            http.request("GET", f"/api/events/?{query}")
            answer = http.getresponse()
            assert answer.status == 200, answer.read()
            line = answer.readline()
            while following := answer.readline():
                self.digest.update(line)
                self.count += 1
                self.last, line = line, following
                if pause and self.count % 10_000 == 0:
                    pause()
            self.end = json.loads(line)


def digest_of_log():
    digest, position = sha256(), 1
    while entries := log.read(MAIN, position, 5000).entries:
        for entry in entries:
            digest.update(f"{entry.line}\n".encode())
        position += len(entries)
    connection.close()
    return digest.hexdigest()


def append_many(count, size=200):
    """So many events with positions, in one statement."""
    id = {"sqlite": "printf('019ab000-0000-7000-8000-%012x', n)"}.get(
        connection.vendor, "'019ab000-0000-7000-8000-' || lpad(to_hex(n), 12, '0')"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO signalcast_event (event_id, stream, position, type, source, text)"
            " WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)"
            f" SELECT {id}, 'main', n, 'academy.order_paid', '/signalcast',"
            f""" '{{"specversion":"1.0","id":"' || {id} || '","type":"academy.order_paid","data":{{"note":"' || """
            f""" %s || '"}}}}' FROM numbers""",
            [count, "x" * size],
        )
    StreamRow.objects.update_or_create(name=MAIN, defaults={"epoch": "e" * 32, "head": count})
    connection.close()


async def test_pages_and_an_export_on_every_server_are_what_the_log_has(server, send):
    await send(250)

    status, newest = await asyncio.to_thread(read, server, "/api/events/")
    _, before = await asyncio.to_thread(read, server, newest["previous"])
    event = before["events"][0]
    _, alone = await asyncio.to_thread(read, server, f"/api/events/{event['id']}/")
    download = await asyncio.to_thread(Download, server)

    assert status == 200 and (before["from"], newest["from"], newest["to"]) == (51, 151, 251)
    assert [event["data"]["number"] for event in newest["events"]] == list(range(150, 250))
    assert alone == event
    assert (download.count, download.end["type"]) == (250, "signalcast.end")
    assert download.digest.hexdigest() == await asyncio.to_thread(digest_of_log)


@pytest.fixture
def alone(servers, transactional_db):
    """No other server reads what is appended: there is much of it."""
    for kept in servers.values():
        kept.stop()


HISTORY = (ROOT / "docs" / "protocol.md").read_text().partition("\n# History\n")[2].partition("\n# Filters\n")[0]


async def test_what_the_protocol_has_people_ask_for_is_there(keep_server, send):
    server = keep_server("ours")
    await send(250)
    addresses = re.findall(r"^curl 'http://127.0.0.1:8000(/api/events/[^']*)'", HISTORY, re.MULTILINE)

    answers = [await asyncio.to_thread(read, server, address) for address in addresses if "ndjson" not in address]
    download = await asyncio.to_thread(Download, server, addresses[-1].partition("?")[2])

    assert [(status, page["from"], page["to"]) for status, page in answers] == [
        (200, 151, 251),
        (200, 1, 251),
        (200, 151, 251),
    ]
    assert set(answers[0][1]) <= set(re.findall(r"`(\w+)`", HISTORY))
    assert download.end["data"]["events"] == 250


async def test_the_protocol_s_own_copy_of_the_log_is_the_log(keep_server, send, tmp_path):
    server = keep_server("ours")
    (program,) = re.findall(r"^```python\n(.*?)^```$", HISTORY, re.MULTILINE | re.DOTALL)
    copy = tmp_path / "events.ndjson"

    def run():
        subprocess.run([sys.executable, "-c", program, f"{server.origin}/", copy], check=True, timeout=SECONDS)

    await send(100)
    await asyncio.to_thread(run)
    # Cut off in the middle of a line.
    copy.write_bytes(copy.read_bytes()[:-300])
    await send(100)
    await asyncio.to_thread(run)

    assert sha256(copy.read_bytes()).hexdigest() == await asyncio.to_thread(digest_of_log)
    assert copy.read_bytes().count(b"\n") == 200


def test_an_export_that_is_cut_off_is_seen_to_be_and_goes_on_after_its_last_event(start_server, alone):
    append_many(20_000, size=2000)
    server = start_server("ours")

    lines = cut_off(server, 2000)
    server.start()
    last = json.loads(lines[-1])
    rest = Download(server, f"format=ndjson&after={last['source'].rpartition('/')[2]}:{int(last['sequence'])}")

    assert 2000 <= len(lines) < 20_000 and int(last["sequence"]) == len(lines)
    assert rest.count == 20_000 - len(lines)
    assert rest.end["type"] == "signalcast.end" and rest.end["data"]["from"] == len(lines) + 1


def cut_off(server, enough):
    """The whole lines of an export whose server is killed when there are enough."""
    lines = []
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=SECONDS)) as http, suppress(HTTPException, OSError):
        http.request("GET", "/api/events/?format=ndjson")
        answer = http.getresponse()
        while (line := answer.readline()).endswith(b"\n"):
            lines.append(line)
            if len(lines) == enough:
                server.kill()
    assert b"signalcast.end" not in lines[-1]
    return lines


def test_an_export_takes_no_more_memory_than_its_pieces(start_server, alone):
    append_many(MANY)
    server = start_server("ours")
    Download(server, "format=ndjson&before=20000")
    before = server.status("VmRSS")

    seen = []
    download = Download(server, pause=lambda: seen.append(server.status("VmRSS")))

    assert (download.count, download.end["data"]["events"]) == (MANY, MANY)
    assert download.digest.hexdigest() == digest_of_log()
    assert max(seen) - before < 10 * MEGABYTE
