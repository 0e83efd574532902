"""aiohttp."""

import asyncio
import os
import ssl

from aiohttp import WSMsgType, web

last_close = ""
# Messages that are not answered by the library itself.
PONGS = (WSMsgType.PING, WSMsgType.PONG)


async def handle(request):
    global last_close
    # With autoping the program never sees a Pong.
    ws = web.WebSocketResponse(max_msg_size=2**24, autoping=False)
    await ws.prepare(request)
    async for message in ws:
        order, *rest = message.data.split(" ") if message.type == WSMsgType.TEXT else [None]
        if message.type == WSMsgType.PING:
            await ws.pong(message.data)
        elif message.type == WSMsgType.PONG:
            await ws.send_str("pong")
        elif order == "/fragments":
            await ws.send_str("unsupported")
        elif order == "/ping":
            await ws.ping(b"from the server")
        elif order == "/close":
            await ws.close(code=int(rest[0]), message=" ".join(rest[1:]).encode())
        elif order == "/last-close":
            await ws.send_str(last_close)
        elif message.type == WSMsgType.TEXT:
            await ws.send_str(message.data)
        else:
            await ws.send_bytes(message.data)
    # The reason is not kept.
    last_close = str(ws.close_code)
    return ws


def main():
    context = None
    if os.environ.get("CERT"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(os.environ["CERT"], os.environ["KEY"])
    app = web.Application()
    app.router.add_get("/", handle)
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), ssl_context=context, print=None)


main()
