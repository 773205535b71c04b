"""python-websockets' `broadcast`: what comes in at /publish goes out to everybody else.

python -m benchmarks.peers.broadcast PORT
"""

import asyncio
import sys

from websockets.asyncio.server import broadcast, serve

connected = set()


async def follow(websocket):
    if websocket.request.path == "/publish":
        async for text in websocket:
            broadcast(connected, text)
        return
    connected.add(websocket)
    try:
        await websocket.wait_closed()
    finally:
        connected.discard(websocket)


async def main(port):
    async with serve(follow, "127.0.0.1", int(port), compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
