"""The demo's application, and addresses that show what a server does with one.

`/hold/` and `/let-go/` hold the one thread that sync code shares; `/slow/` answers when it is let go; `/flood/` sends
until the server's outbox is full, and goes on whenever it is drained; `/prepared/` sends numbered frames, some of them
made ready; `/deaf/` hears nothing that it is told; `/stuck/` never answers, and holds a thread; `/download/` streams
100 MB as its client takes them, and `/broken-download/` fails on the way.
"""

import asyncio
import json
import os
import sys
import threading

from asgiref.sync import sync_to_async

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.integration.settings")

from config.asgi import application as demo  # noqa: E402  (needs the settings' name)
from consumers.flow import Flow  # noqa: E402
from consumers.frame import text_frame  # noqa: E402
from events import log, nudge  # noqa: E402

if "WATCH_SECONDS" in os.environ:
    # So long that only the channel layer can have told of a new event, which must then wait for a busy machine.
    nudge.DEADLINE = 30.0

    class Watch(log.Watch):
        def __init__(self):
            super().__init__()
            self.interval = float(os.environ["WATCH_SECONDS"])

    log.Watch = Watch

if server := sys.modules.get("consumers.server"):
    server.GRACE_SECONDS = float(os.environ.get("GRACE_SECONDS", server.GRACE_SECONDS))
    server.THREAD_SECONDS = float(os.environ.get("THREAD_SECONDS", server.THREAD_SECONDS))

let_go = threading.Event()
tasks = set()
flood = {"frames": 0, "buffered": 0, "drained": 0}
FRAME = "x" * 50_000
PREPARED = 400
# Seconds; what waits to be let go waits longer than any test.
LONGEST = 600


async def application(scope, receive, send):
    match scope["type"], scope.get("path"):
        case "http", "/hold/":
            let_go.clear()
            held = asyncio.Event()
            loop = asyncio.get_running_loop()

            def hold():
                loop.call_soon_threadsafe(held.set)
                let_go.wait(LONGEST)

            task = asyncio.create_task(sync_to_async(hold)())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            await held.wait()
            await _answer(send)
        case "http", "/slow/":
            let_go.clear()
            await asyncio.to_thread(let_go.wait, LONGEST)
            await _answer(send)
        case "http", "/stuck/":
            await sync_to_async(threading.Event().wait)(120)
        case "http", "/flood/":
            await _answer(send, json.dumps(flood).encode())
        case "websocket", "/flood/":
            await _flood(scope["extensions"]["signalcast.outbox"], receive, send)
        case "http", "/download/":
            await _download(scope, send, 2000)
        case "http", "/broken-download/":
            await _download(scope, send, 20)
            raise OSError("in the middle of a response")
        case "websocket", "/prepared/":
            await _prepared(scope["extensions"]["signalcast.outbox"]["write"], receive, send)
        case "websocket", "/deaf/":
            await send({"type": "websocket.accept"})
            await asyncio.sleep(120)
        case "http", "/let-go/":
            let_go.set()
            await _answer(send)
        case _:
            await demo(scope, receive, send)


async def _flood(outbox, receive, send):
    drained = asyncio.Event()
    outbox["on_drained"](drained.set)
    await send({"type": "websocket.accept"})
    await receive()
    gone = asyncio.ensure_future(receive())
    while not gone.done():
        while outbox["buffered"]() <= 65_536:
            await send({"type": "websocket.send", "text": FRAME})
            flood["frames"] += 1
            # The server writes between two turns of its loop.
            await asyncio.sleep(0)
        flood["buffered"] = outbox["buffered"]()
        hears = asyncio.ensure_future(drained.wait())
        await asyncio.wait([hears, gone], return_when=asyncio.FIRST_COMPLETED)
        hears.cancel()
        flood["drained"] += drained.is_set()
        drained.clear()


async def _prepared(write, receive, send):
    """Numbered frames, more of them than a socket takes at once: in turn by the one way and by the other."""
    await send({"type": "websocket.accept"})
    await receive()
    for number in range(0, PREPARED, 4):
        texts = [f"{number + ahead} {FRAME}" for ahead in range(4)]
        write(text_frame(texts[0]))
        await send({"type": "websocket.send", "text": texts[1]})
        write(text_frame(texts[2]) + text_frame(texts[3]))
        await asyncio.sleep(0)
    await receive()


async def _download(scope, send, pieces):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    flow = Flow(scope)
    for _ in range(pieces):
        await send({"type": "http.response.body", "body": FRAME.encode(), "more_body": True})
        await flow.wait(len(FRAME))
    if pieces == 2000:
        await send({"type": "http.response.body"})


async def _answer(send, body=b""):
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
