"""Python's websockets."""

import asyncio
import os
import ssl

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

last_close = ""


async def handle(ws):
    global last_close
    try:
        async for message in ws:
            order, *rest = message.split(" ") if isinstance(message, str) else [None]
            if order == "/fragments":
                await ws.send(["part0", "part1", "part2"])
            elif order == "/ping":
                await (await ws.ping("from the server"))
                await ws.send("pong")
            elif order == "/close":
                await ws.close(int(rest[0]), " ".join(rest[1:]))
            elif order == "/last-close":
                await ws.send(last_close)
            else:
                await ws.send(message)
    except ConnectionClosed:
        pass
    last_close = f"{ws.close_code} {ws.close_reason}".strip()


async def main():
    context = None
    if os.environ.get("CERT"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(os.environ["CERT"], os.environ["KEY"])
    async with serve(handle, "127.0.0.1", int(os.environ["PORT"]), ssl=context, max_size=2**24):
        await asyncio.Future()


asyncio.run(main())
