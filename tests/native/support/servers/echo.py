"""The same as echo.cjs, by Python's `websockets`. With the argument `deflate` it agrees to compress."""

import asyncio
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


def say(line):
    print(line, flush=True)


async def handle(ws):
    try:
        async for message in ws:
            order = message.split(" ") if isinstance(message, str) and message.startswith("/") else [None]
            if order[0] == "/close":
                await ws.close(int(order[1]), " ".join(order[2:]))
            elif order[0] == "/fragments":
                await ws.send(["part0", "part1", "part2"])
            elif order[0] == "/ping":
                await (await ws.ping("from the server"))
                await ws.send("pong")
            else:
                await ws.send(message)
    except ConnectionClosed:
        pass
    code = ws.protocol.close_rcvd.code if ws.protocol.close_rcvd else 1006
    reason = ws.protocol.close_rcvd.reason if ws.protocol.close_rcvd else ""
    say(f"closed {code} {reason}".rstrip())


def choose(_, offered):
    return "chat" if "chat" in offered else None


async def main():
    options = {"select_subprotocol": choose, "compression": "deflate" if "deflate" in sys.argv else None, "max_size": 2**24}
    async with serve(handle, "127.0.0.1", 0, **options) as server:
        say(server.sockets[0].getsockname()[1])
        # Nobody is left to stop this once the test is gone, but its end of the pipe is.
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
