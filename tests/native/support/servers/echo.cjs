// Echoes, by npm's `ws`. Prints its port, then `closed <code> <reason>` for every Close frame that came.
// With the argument `deflate` it agrees to compress. Texts that begin with `/` are orders: `/close <code> <reason>`, `/fragments`, `/ping`.
"use strict";

const path = require("node:path");
const { WebSocketServer } = require(path.join(process.env.HOMING_TEST_NODE_MODULES, "ws"));

const handleProtocols = (offered) => (offered.has("chat") ? "chat" : false);
const perMessageDeflate = process.argv.includes("deflate") && { threshold: 0 };
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols, perMessageDeflate }, () => {
  console.log(server.address().port);
});

server.on("connection", (ws) => {
  ws.on("message", (data, isBinary) => {
    const [order, ...rest] = isBinary ? [] : data.toString().split(" ");
    if (order === "/close") {
      ws.close(Number(rest[0]), rest.slice(1).join(" "));
    } else if (order === "/fragments") {
      ws.send("part0", { fin: false });
      ws.send("part1", { fin: false });
      ws.send("part2", { fin: true });
    } else if (order === "/ping") {
      ws.once("pong", () => ws.send("pong"));
      ws.ping("from the server");
    } else {
      ws.send(data, { binary: isBinary });
    }
  });
  ws.on("close", (code, reason) => console.log(`closed ${code} ${reason}`.trimEnd()));
});

// Nobody is left to stop this once the test is gone, but its end of the pipe is.
process.stdin.resume();
process.stdin.on("end", () => process.exit());
