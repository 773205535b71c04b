"""`/asyncapi.json` of a real server, as AsyncAPI's own parser finds it."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from consumers import asyncapi
from tests.consumers.test_messages import ON_A_WEBSOCKET, SERVER_SENT

ASK = Path(__file__).with_name("asyncapi.mjs")


def ask_the_parser(url):
    return subprocess.run(["node", ASK, url], capture_output=True, text=True, timeout=60)


@pytest.mark.node
def test_the_parser_has_nothing_to_say_against_it(keep_server):
    server = keep_server("ours")

    asked = ask_the_parser(f"{server.origin}/asyncapi.json")

    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert asked.stdout == f"AsyncAPI {asyncapi.VERSION}: {len(ON_A_WEBSOCKET | SERVER_SENT)} messages\n"


@pytest.mark.node
def test_the_parser_would_find_what_is_wrong(keep_server, tmp_path):
    whole = asyncapi.document(asyncapi.Place(host="localhost"), asyncapi.current())
    whole["components"]["messages"]["ack"]["examples"] = [{"payload": {"op": "ack", "pos": "one"}}]
    whole["operations"]["sendV1"]["action"] = "shout"

    asked = ask_the_parser("data:application/json," + json.dumps(whole).replace("%", "%25").replace("#", "%23"))

    assert asked.returncode == 1
    assert "operations.sendV1.action" in asked.stdout


async def test_every_server_has_it_for_anybody(server, get):
    head, _, body = (await asyncio.wait_for(get(server, "/asyncapi.json"), 20)).partition("\r\n\r\n")

    assert " 200 " in head.splitlines()[0]
    assert json.loads(body)["servers"]["websocket"]["host"] == f"127.0.0.1:{server.port}"
