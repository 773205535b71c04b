"""The demo's application, and two addresses that hold and let go the one thread that sync code shares in a server."""

import asyncio
import os
import threading

from asgiref.sync import sync_to_async

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.integration.settings")

from config.asgi import application as demo  # noqa: E402  (needs the settings' name)

let_go = threading.Event()
tasks = set()


async def application(scope, receive, send):
    match scope["type"], scope.get("path"):
        case "http", "/hold/":
            let_go.clear()
            held = asyncio.Event()
            loop = asyncio.get_running_loop()

            def hold():
                loop.call_soon_threadsafe(held.set)
                let_go.wait(timeout=30)

            task = asyncio.create_task(sync_to_async(hold)())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            await held.wait()
            await _answer(send)
        case "http", "/let-go/":
            let_go.set()
            await _answer(send)
        case _:
            await demo(scope, receive, send)


async def _answer(send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
