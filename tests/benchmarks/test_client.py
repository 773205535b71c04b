"""The load client of the benchmarks is honest: it notices whatever a server leaves out, doubles, swaps or makes up."""

import asyncio
import json
import os
import shutil
import time
from array import array

import pytest

from benchmarks import compiler, load

from .liar import DIALECTS, Liar, batch, frame, signalcast_v1

EVENTS = 10
ALL = range(1, EVENTS + 1)

# `make test` needs nothing but Python, and this a compiler.
pytestmark = pytest.mark.skipif(not shutil.which(os.environ.get("CC", "cc")), reason="there is no C compiler")


@pytest.fixture(scope="module", autouse=True)
def client():
    load.build()


@pytest.fixture
def follow(tmp_path):
    """Lets the client follow a server: what it reports, its complaints, its exit status."""

    async def follow(server, dialect, *, sent=ALL, ago=0.0):
        then = time.time_ns() // 1000 - int(ago * 1e6)
        ledger = tmp_path / "ledger"
        ledger.write_bytes(array("Q", [0, *(then if number in sent else 0 for number in ALL)]).tobytes())
        words = ["-s", 1, dialect, server.port, "/", server.clients, EVENTS, ledger]
        process = await asyncio.create_subprocess_exec(
            compiler.binary(load.PROGRAM), *map(str, words), stdin=-1, stdout=-1, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(20):
            said, complaints = await process.communicate(b"")
        lines = said.decode().splitlines()
        return json.loads(lines[-1]) if len(lines) == 2 else None, complaints.decode(), process.returncode

    return follow


def faults(report):
    return {name: report[name] for name in ("received", "lost", "doubled", "out_of_order")}


def whole(**found):
    return {"received": 3 * EVENTS, "lost": 0, "doubled": 0, "out_of_order": 0} | found


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("numbers", "fault"),
    [
        pytest.param([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], {}, id="nothing"),
        pytest.param([1, 2, 3, 5, 6, 7, 8, 9, 10], {"received": 29, "lost": 1}, id="lost"),
        pytest.param([1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10], {"doubled": 1}, id="doubled"),
        pytest.param([1, 2, 3, 5, 4, 6, 7, 8, 9, 10], {"out_of_order": 1}, id="swapped"),
    ],
)
async def test_it_reports_what_one_client_of_three_did_not_get_as_it_was_sent(follow, dialect, numbers, fault):
    encode = DIALECTS[dialect]

    async with Liar(dialect, encode(ALL), encode(numbers)) as server:
        report, complaints, status = await follow(server, dialect)

    assert faults(report) == whole(**fault)
    assert (complaints, status) == ("", 0)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_it_gives_up_at_an_event_that_nobody_has_sent(follow, dialect):
    encode = DIALECTS[dialect]
    sent = [number for number in ALL if number != 7]

    async with Liar(dialect, encode(sent), encode(ALL)) as server:
        report, complaints, status = await follow(server, dialect, sent=sent)

    assert (report, complaints, status) == (None, "Nobody has sent an event 7\n", 1)


async def test_it_gives_up_at_an_event_beyond_the_last(follow):
    encode = DIALECTS["frames"]

    async with Liar("frames", encode(ALL), encode([11, *ALL])) as server:
        report, complaints, status = await follow(server, "frames")

    assert (report, complaints, status) == (None, "Nobody has sent an event 11\n", 1)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_it_gives_up_when_a_connection_is_closed_before_its_last_event(follow, dialect):
    encode = DIALECTS[dialect]

    async with Liar(dialect, encode([1, 2]), encode([1, 2]), hangs_up=True) as server:
        report, complaints, status = await follow(server, dialect)

    assert (report, status) == (None, 1)
    # What the client said, and the server did not read, makes a difference to the kernel.
    dropped = ("The server has dropped a connection", "A connection is broken", "The server takes no message")
    assert complaints.startswith(dropped)


@pytest.mark.parametrize(
    ("lie", "complaint"),
    [
        pytest.param(frame("{}"), "This is no event: {}", id="no event"),
        pytest.param(b"\x88\x05\x03\xe9bye", "The server closes, with 1001", id="close"),
        pytest.param(b"\xc1\x01a", "This frame is compressed, or masked", id="compressed"),
    ],
)
async def test_it_gives_up_at_what_is_no_event(follow, lie, complaint):
    async with Liar("frames", DIALECTS["frames"]([1]), lie) as server:
        report, complaints, status = await follow(server, "frames")

    assert (report, complaints, status) == (None, f"{complaint}\n", 1)


async def test_a_range_that_does_not_join_the_last_one_is_out_of_order(follow):
    welcome = frame('{"op":"welcome","from":1}')
    lie = welcome + batch(range(1, 6), 1, 6) + batch(range(6, 11), 7, 11)

    async with Liar("signalcast.v1", signalcast_v1(ALL), lie) as server:
        report, _, _ = await follow(server, "signalcast.v1")

    assert faults(report) == whole(out_of_order=1)


async def test_what_receivers_did_is_no_event(follow):
    reactions = frame('{"op":"reactions","after":5}\n{"pos":3,"id":"3","reactions":[]}')
    lie = frame('{"op":"welcome","from":1}') + batch(range(1, 6), 1, 6) + reactions + batch(range(6, 11), 6, 11)

    async with Liar("signalcast.v1", signalcast_v1(ALL), lie) as server:
        report, _, _ = await follow(server, "signalcast.v1")

    assert faults(report) == whole()


async def test_it_says_what_the_server_complains_of(follow):
    lie = frame('{"op":"error","code":4401,"message":"Sign in."}')

    async with Liar("signalcast.v1", signalcast_v1([1]), lie) as server:
        report, complaints, status = await follow(server, "signalcast.v1")

    assert report is None and status == 1
    assert "Sign in." in complaints


async def test_latency_counts_from_the_moment_that_the_ledger_has(follow):
    truth = DIALECTS["frames"](ALL)

    async with Liar("frames", truth, truth) as server:
        report, _, _ = await follow(server, "frames", ago=60)

    # Told to 3 %, upwards.
    assert 60_000 <= report["p50_ms"] <= report["p99_ms"]
    assert report["took_ms"] >= 60_000
