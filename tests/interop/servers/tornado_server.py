"""Tornado."""

import asyncio
import os
import ssl

from tornado.httpserver import HTTPServer
from tornado.web import Application
from tornado.websocket import WebSocketHandler

last_close = ""


class Echo(WebSocketHandler):
    def check_origin(self, origin):
        return True

    def get_compression_options(self):
        return {}

    async def on_message(self, message):
        order, *rest = message.split(" ") if isinstance(message, str) else [None]
        if order == "/fragments":
            await self.write_message("unsupported")
        elif order == "/ping":
            self.ping(b"from the server")
        elif order == "/close":
            self.close(int(rest[0]), " ".join(rest[1:]))
        elif order == "/last-close":
            await self.write_message(last_close)
        else:
            await self.write_message(message, binary=isinstance(message, bytes))

    def on_pong(self, data):
        self.write_message("pong")

    def on_close(self):
        global last_close
        last_close = f"{self.close_code} {self.close_reason or ''}".strip()


async def main():
    context = None
    if os.environ.get("CERT"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(os.environ["CERT"], os.environ["KEY"])
    app = Application([("/", Echo)], websocket_max_message_size=2**24)
    HTTPServer(app, ssl_options=context).listen(int(os.environ["PORT"]), "127.0.0.1")
    await asyncio.Future()


asyncio.run(main())
