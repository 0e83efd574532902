// homing beside bare `web_sys::WebSocket` closures, in one page of each browser.
//
// There are two measures:
// - The CPU time of the page for each message of a real server. It is what matters, but nearly all of it is the browser's.
// - The time of the client's own code, without a network: message events are dispatched by hand, and `send` does nothing.
//   The cost of that alone is measured as "nothing" and subtracted.
//
// The two sides take turns on connections that stay open, and the results are medians of all rounds. Changes in the speed of
// the machine therefore affect both sides alike.
//
// Usage: node run.mjs DIRECTORY_OF_THE_MODULE TEST_SERVER [--rounds N] [chromium|firefox|WORD ...]

import * as chromium from "../../tests/browsers/chromium.mjs";
import * as firefox from "../../tests/browsers/firefox.mjs";
import { LOADED, serve } from "../../tests/browsers/page.mjs";
import { start } from "../../tests/browsers/server.mjs";

const BROWSERS = { chromium, firefox };

const [pkg, testServer, ...words] = process.argv.slice(2);
const options = parse(words);
const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;

/** A case with a script of the server: after `sent` messages, it sends `messages` of this size. The client may answer each. */
const real = (name, path, plan) => ({ name, path, plan: { sent: 1, answers: false, ...plan } });
/** A round of each takes about 30 ms. */
const REAL = [
  real("receive 16 B binary", "/burst?n=4000&size=16&binary=1", { messages: 4000, size: 16 }),
  real("receive 128 B text", "/burst?n=4000&size=128", { messages: 4000, size: 128 }),
  real("receive 64 KiB binary", "/burst?n=500&size=65536&binary=1", { messages: 500, size: 65536 }),
  real("send 16 B", "/burst?per=4000&n=1&size=1", { sent: 4000, messages: 1, size: 1 }),
  real("round trip 16 B", "/burst?size=16&binary=1", { messages: 500, answers: true, size: 16 }),
];
/** A round of each takes a few milliseconds: short enough to be rarely interrupted, and long enough for the clock's resolution. */
const OWN = [
  { name: "receive 16 B binary", size: 16, binary: true, count: 1000 },
  { name: "receive 128 B text", size: 128, binary: false, count: 1000 },
  { name: "receive 64 KiB binary", size: 65536, binary: true, count: 40 },
  { name: "send 16 B", sends: true, count: 1000 },
];
const ROUNDS = 60;
/** How many short rounds there are for each long one. */
const SHORTER = 20;
const SPEED = 0.97;
const OWN_NS = 200;

function parse(words) {
  const options = { rounds: undefined, browsers: [], filters: [] };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--rounds") options.rounds = Number(words.shift());
    else if (word in BROWSERS) options.browsers.push(word);
    else options.filters.push(word);
  }
  if (options.browsers.length === 0) options.browsers = Object.keys(BROWSERS);
  if (options.rounds !== undefined && !(options.rounds >= 1)) throw new Error("--rounds needs a number");
  return options;
}

function quartiles(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share) => sorted[Math.round((sorted.length - 1) * share)];
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}

/** Prints a row: `figures` with `digits[0]` decimals, and the quartiles `what` with `digits[1]`. */
function row(name, figures, what, digits, target, met) {
  const numbers = figures.map((value) => value.toFixed(digits[0]).padStart(9)).join("");
  const { lower, median, upper } = what;
  const range = `${median.toFixed(digits[1])} (${lower.toFixed(digits[1])} .. ${upper.toFixed(digits[1])})`;
  console.log(`  ${name.padEnd(22)}${numbers}   ${range.padEnd(24)} ${target} ${met ? "met" : "missed"}`);
}

function head(name, columns, what, unit) {
  const names = columns.map((column) => column.padStart(9)).join("");
  console.log(`  ${name.padEnd(22)}${names}   ${what.padEnd(24)} target   (${unit})`);
}

async function measureReal(session, cpu, server, { name, path, plan }) {
  const url = server + path;
  const rounds = options.rounds ?? ROUNDS;
  const turn = async (side) => {
    const before = await cpu();
    if (side) await session.run("real(...args)", side, url, plan);
    else await session.run("null");
    return (await cpu()) - before;
  };
  await turn("Bare");
  await turn("Homing");
  const measured = [];
  for (let round = 0; round < rounds; round += 1) {
    const figures = {};
    for (const side of round % 2 ? ["Homing", "Bare"] : ["Bare", "Homing"]) figures[side] = await turn(side);
    // The cost of the call itself.
    figures.nothing = await turn();
    measured.push(figures);
  }
  await session.run("hangUp()");
  const each = plan.sent > 1 ? plan.sent : plan.messages;
  const nothing = quartiles(measured.map((figures) => figures.nothing)).median;
  const of = (side) => measured.map((figures) => Math.max(figures[side] - nothing, 0.001) / each);
  const [homing, bare] = [of("Homing"), of("Bare")];
  const ratio = quartiles(homing.map((cost, at) => bare[at] / cost));
  const figures = [quartiles(homing).median, quartiles(bare).median];
  row(name, figures, ratio, [2, 3], `>= ${SPEED}`, ratio.median >= SPEED);
}

async function measureOwn(session, server, { name, sends, ...plan }) {
  const rounds = SHORTER * (options.rounds ?? ROUNDS);
  const url = `${server}/echo?quiet=1`;
  const measured = await session.run(sends ? "ownSend(...args)" : "ownReceive(...args)", url, { ...plan, rounds });
  const over = (side, than) => quartiles(measured.map((figures) => figures[side] - figures[than]));
  const more = over("Homing", "Bare");
  const empty = quartiles(measured.map((figures) => figures.empty)).median;
  const figures = [over("Homing", "empty").median, over("Bare", "empty").median, empty];
  row(name, figures, more, [0, 0], `<= ${OWN_NS}`, more.median <= OWN_NS);
}

const wanted = ({ name }) => options.filters.every((word) => name.includes(word));
const page = await serve(here, pkg);
const server = await start(testServer);
try {
  for (const browser of options.browsers) {
    const session = await BROWSERS[browser].launch();
    try {
      await session.go(page.url);
      await session.run(LOADED);
      console.log(session.version);
      head("CPU of the page", ["homing", "bare"], "speed, of bare's", "microseconds a message");
      const cpu = await session.cpu();
      for (const it of REAL.filter(wanted)) await measureReal(session, cpu, server.url, it);
      head("own part", ["homing", "bare", "nothing"], "more than bare", "nanoseconds a message");
      for (const it of OWN.filter(wanted)) await measureOwn(session, server.url, it);
    } finally {
      await session.close();
    }
  }
} finally {
  server.close();
  page.close();
}
