// A background tab whose timers Chromium throttles: another tab is opened in front of it. After a few seconds (five minutes
// by default) its timers fire once a minute.
//
// Usage: node run.mjs DIRECTORY_OF_THE_MODULE TEST_SERVER

import { launch } from "../../browsers/chromium.mjs";
import { LOADED, serve } from "../../browsers/page.mjs";
import { start } from "../../browsers/server.mjs";

const [pkg, testServer] = process.argv.slice(2);
const INTERVAL = 1000;
const TIMEOUT = 5000;
/** Timers that have not fired for this long are throttled, not just late. */
const SILENCE = 20_000;
const MINUTE = 60_000;

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** Observes the page until a condition is met; returns `undefined` if it is not met in time. */
async function until(browser, patience, wanted) {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(200)) {
    const seen = await browser.run("observe()");
    if (wanted(seen)) return seen;
  }
  return undefined;
}

function assert(is, ...what) {
  if (!is) throw new Error(what.map((it) => JSON.stringify(it)).join(" "));
}

const connected = ({ events }) => events.timers.length === 1 && events.worker.length === 1;

/** Returns observations of both clients, or the reason why they cannot be made here. */
async function observeBoth(browser) {
  const before = await until(browser, 30_000, (seen) => connected(seen) && seen.heartbeats.timers >= 2 && seen.heartbeats.worker >= 2);
  assert(before, "no heartbeats in a tab in front", await browser.run("observe()"));
  const other = await browser.open();
  const behind = await until(browser, 30_000, ({ hidden }) => hidden);
  if (!behind) return { skipped: "a tab behind another one is not hidden here" };
  const silent = await until(browser, 2 * SILENCE, ({ silence }) => silence >= SILENCE);
  if (!silent) return { skipped: "this browser does not throttle the timers of a hidden tab" };
  // The one wake-up a minute, which is late for the heartbeat.
  const woken = await until(browser, MINUTE + 30_000, ({ silence }) => silence < SILENCE / 2);
  assert(woken, "no timer fires any more", await browser.run("observe()"));
  await sleep(2 * TIMEOUT);
  const after = await browser.run("observe()");
  await browser.call("Target.closeTarget", { targetId: other.targetId });
  return { behind, silent, after };
}

async function echo(browser, client) {
  await browser.run("clients[args[0]].send('hello')", client);
  return until(browser, 30_000, ({ events }) => events[client].length === 2);
}

const TESTS = {
  async s18_throttled_tab_stays_connected(browser, { behind, silent, after }) {
    const beats = silent.heartbeats.timers - behind.heartbeats.timers;
    assert(beats < (SILENCE / INTERVAL) / 2, "the client's own timers were throttled as well", beats);
    assert(after.heartbeats.timers > silent.heartbeats.timers, "it sends a heartbeat when it is woken", silent, after);
    const seen = await echo(browser, "timers");
    assert(seen, "it is connected", await browser.run("observe()"));
    assert(`${seen.events.timers}` === "open,hello", "no other events", seen);
  },
  async s19_throttled_tab_keeps_its_heartbeat_in_a_worker(browser, { behind, silent }) {
    const beats = silent.heartbeats.worker - behind.heartbeats.worker;
    const due = (silent.at - behind.at) / INTERVAL;
    assert(beats >= 0.5 * due, "heartbeats while timers were throttled", beats, due);
    const seen = await echo(browser, "worker");
    assert(seen, "it is connected", await browser.run("observe()"));
    assert(`${seen.events.worker}` === "open,hello", "no other events", seen);
  },
};

const page = await serve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, pkg);
const server = await start(testServer);
const browser = await launch({ args: ["--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/2"] });
const failed = [];
try {
  await browser.go(page.url);
  await browser.run(LOADED);
  await browser.run("begin(...args)", `${server.url}/echo`, INTERVAL, TIMEOUT);
  const seen = await observeBoth(browser);
  for (const [name, test] of Object.entries(TESTS)) {
    try {
      if (seen.skipped) console.log(`SKIPPED: ${seen.skipped}`);
      else await test(browser, seen);
      console.log(`test ${name} ... ok`);
    } catch (error) {
      failed.push(name);
      console.log(`test ${name} ... FAILED\n${error}`);
    }
  }
} finally {
  await browser.close();
  server.close();
  page.close();
}
const passed = Object.keys(TESTS).length - failed.length;
console.log(`test result: ${failed.length ? "FAILED" : "ok"}. ${passed} passed; ${failed.length} failed; 0 ignored`);
process.exitCode = failed.length ? 1 : 0;
