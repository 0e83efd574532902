"""An app of Starlette, and the ASGI server that the argument names: ASGI has neither fragments nor pings."""

import asyncio
import os
import sys

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

last_close = ""


async def echo(ws):
    global last_close
    await ws.accept()
    while (event := await ws.receive())["type"] == "websocket.receive":
        text = event.get("text")
        order, *rest = text.split(" ") if text is not None else [None]
        if order in ("/fragments", "/ping"):
            await ws.send_text("unsupported")
        elif order == "/close":
            await ws.close(int(rest[0]), " ".join(rest[1:]))
        elif order == "/last-close":
            await ws.send_text(last_close)
        elif text is not None:
            await ws.send_text(text)
        else:
            await ws.send_bytes(event["bytes"])
    last_close = f"{event.get('code')} {event.get('reason') or ''}".strip()


app = Starlette(routes=[WebSocketRoute("/", echo)])


def main(server, *arguments):
    port, cert, key = (os.environ.get(name) for name in ("PORT", "CERT", "KEY"))
    if server == "uvicorn":
        import uvicorn

        uvicorn.run(app, port=int(port), ssl_certfile=cert, ssl_keyfile=key, ws=arguments[0], log_level="warning")
    elif server == "hypercorn":
        from hypercorn.asyncio import serve
        from hypercorn.config import Config

        config = Config()
        config.bind, config.certfile, config.keyfile = [f"127.0.0.1:{port}"], cert, key
        asyncio.run(serve(app, config))
    elif server == "daphne":
        from daphne.cli import CommandLineInterface

        listen = ["-e", f"ssl:{port}:interface=127.0.0.1:privateKey={key}:certKey={cert}"]
        CommandLineInterface().run([*(listen if cert else ["-b", "127.0.0.1", "-p", port]), "-v", "0", "asgi:app"])
    elif server == "granian":
        from pathlib import Path

        from granian import Granian

        tls = {"ssl_cert": Path(cert), "ssl_key": Path(key)} if cert else {}
        Granian("asgi:app", port=int(port), interface="asgi", websockets=True, **tls).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
