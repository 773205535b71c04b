"""Follows the stream, prints one event a line, and goes on where it was: python follow.py [URL [FILE]]

It needs `pip install websockets`, and a token in $SIGNALCAST_TOKEN, but not for a development server on this machine.
FILE keeps the place. Who stores events in a database keeps the place there, in the same transaction.
"""

import json
import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

DEFAULTS = ["ws://127.0.0.1:8000/ws/", "place.json"]


def follow(url, place):
    """One connection. Gives each new place once everything before it has been printed."""
    token = os.environ.get("SIGNALCAST_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with connect(url, subprotocols=["signalcast.v1"], additional_headers=headers) as socket:
        with suppress(ConnectionClosed):  # Who is sent away at once shall read why.
            socket.send(json.dumps({"op": "hello"} | place))
        silence = 10
        while True:
            header, *lines = socket.recv(timeout=silence).split("\n")
            message = json.loads(header)
            match message["op"]:
                case "welcome":
                    # The new epoch is kept only together with a place in it, which follows.
                    epoch, position = message["epoch"], message["from"]
                    silence = 2.5 * message["heartbeat_ms"] / 1000
                case "batch":
                    if message["from"] != position:
                        raise OSError("something is missing: ask again")
                    position = message["to"]
                    for line in lines:
                        print(line, flush=True)
                    yield {"from": position, "epoch": epoch, "tip": message["tip"]}
                    socket.send(json.dumps({"op": "ack", "pos": position}))
                case "gap":
                    position = message["to"]
                    print(f"Will not come: {header}", file=sys.stderr)
                    yield {"from": position, "epoch": epoch}
                case "error":
                    print(message["message"], file=sys.stderr)
                case "bye":
                    time.sleep(random.uniform(0, message["retry_ms"] / 1000))


def keep(file, place):
    new = file.with_suffix(".new")
    new.write_text(json.dumps(place))
    new.replace(file)


def main(url, file):
    file, tries = Path(file), 0
    place = json.loads(file.read_text()) if file.exists() else {"from": "earliest"}
    while True:
        try:
            for reached in follow(url, place):
                place = reached
                keep(file, place)
                tries = 0
        except ConnectionClosed as closed:
            if closed.rcvd and 4400 <= closed.rcvd.code <= 4999:
                sys.exit(f"The server does not want us back ({closed.rcvd.code}).")
        except (OSError, WebSocketException) as lost:
            print(f"Cannot be reached: {lost}", file=sys.stderr)
        time.sleep(random.uniform(0, min(15, 0.25 * 2**tries)))
        tries += 1


if __name__ == "__main__":
    main(*(sys.argv[1:] + DEFAULTS[len(sys.argv) - 1 :]))
