// Runs in the page. Both sides are part of one wasm module; `run.mjs` describes what is measured, and how.

import init, { Bare, Homing } from "./pkg/homing_bench_web.js";

const PATIENCE = 60_000;
const SIDES = { Bare, Homing };

/** Open connections, by side and URL. */
const lines = new Map();

globalThis.ready = init();

/** Fails if a promise that must resolve does not do so in time. */
function soon(promise, what) {
  let timeout;
  const late = new Promise((_, reject) => {
    timeout = setTimeout(() => reject(new Error(`${what()}: not within ${PATIENCE} ms`)), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timeout));
}

/** Connects one side. `socket` is the browser's `WebSocket` below it. */
async function connect(side, url) {
  const line = { side };
  const Native = globalThis.WebSocket;
  globalThis.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      line.socket = this;
    }
  };
  const opened = new Promise((resolve) => {
    line.client = new SIDES[side](url, resolve, () => line.arrived());
  });
  // A client may dial after its constructor has returned.
  await soon(opened, () => `${side} opens`);
  globalThis.WebSocket = Native;
  return line;
}

/** Sends `sent` messages and waits for `messages`, each of `size` bytes. */
async function turn(line, { sent, messages, answers, size }) {
  line.client.expect(messages, answers);
  const arrived = new Promise((resolve) => (line.arrived = resolve));
  line.client.send(sent);
  await soon(arrived, () => `${line.side}: ${line.client.messages()} of ${messages} messages`);
  const bytes = line.client.bytes();
  if (bytes !== messages * size) throw new Error(`${line.side}: ${bytes} bytes in ${messages} messages of ${size}`);
}

/** One round with a real server, on a connection that stays open. */
globalThis.real = async (side, url, plan) => {
  const key = `${side} ${url}`;
  if (!lines.has(key)) lines.set(key, await connect(side, url));
  await turn(lines.get(key), plan);
};

globalThis.hangUp = () => {
  for (const { client } of lines.values()) client.close();
  lines.clear();
};

/** Nanoseconds for each of `count` calls. */
function timed(count, act) {
  const start = performance.now();
  act();
  return ((performance.now() - start) * 1e6) / count;
}

/** Runs all sides in each round, in changing order, and returns their results. */
async function takeTurns(rounds, sides) {
  const names = Object.keys(sides);
  const measured = [];
  // The first rounds warm up the compilers.
  for (let round = -5; round < rounds; round += 1) {
    const figures = {};
    for (let at = 0; at < names.length; at += 1) {
      const name = names[(at + round + 2 * names.length) % names.length];
      figures[name] = await sides[name]();
    }
    if (round >= 0) measured.push(figures);
  }
  return measured;
}

/** Dispatches message events at the socket below each side, and at one with an empty listener. */
globalThis.ownReceive = async (url, { size, binary, count, rounds }) => {
  const data = binary ? new Uint8Array(size).fill(120).buffer : "x".repeat(size);
  const event = new MessageEvent("message", { data });
  const empty = new WebSocket(url);
  empty.onmessage = () => {};
  await soon(new Promise((resolve) => (empty.onopen = resolve)), () => "an empty one opens");
  const two = { Bare: await connect("Bare", url), Homing: await connect("Homing", url) };
  const dispatch = (socket) => timed(count, () => {
    for (let at = 0; at < count; at += 1) socket.dispatchEvent(event);
  });
  const side = ({ side, client, socket }) => () => {
    client.expect(0, false);
    const time = dispatch(socket);
    if (client.messages() !== count) throw new Error(`${side}: ${client.messages()} of ${count} messages`);
    return time;
  };
  const sides = { empty: () => dispatch(empty), Bare: side(two.Bare), Homing: side(two.Homing) };
  const measured = await takeTurns(rounds, sides);
  empty.close();
  two.Bare.client.close();
  two.Homing.client.close();
  return measured;
};

/** Sends messages with a `send` of the browser that does nothing. */
globalThis.ownSend = async (url, { count, rounds }) => {
  const { send } = WebSocket.prototype;
  const two = { Bare: await connect("Bare", url), Homing: await connect("Homing", url) };
  let sent = 0;
  WebSocket.prototype.send = () => {
    sent += 1;
  };
  const side = ({ side, client }) => async () => {
    sent = 0;
    const start = performance.now();
    client.send(count);
    // Messages that are sent outside of a callback leave in a microtask.
    await null;
    while (sent < count && performance.now() - start < PATIENCE) await null;
    const time = ((performance.now() - start) * 1e6) / count;
    if (sent !== count) throw new Error(`${side}: ${sent} of ${count} messages`);
    return time;
  };
  const empty = () => timed(count, () => {
    for (let at = 0; at < count; at += 1) two.Bare.socket.send();
  });
  try {
    return await takeTurns(rounds, { empty, Bare: side(two.Bare), Homing: side(two.Homing) });
  } finally {
    WebSocket.prototype.send = send;
    two.Bare.client.close();
    two.Homing.client.close();
  }
};
