// Chromium, controlled through the DevTools protocol on a pipe. ChromeDriver would make the browser report every frame of a
// WebSocket, which costs the page more than the frames themselves.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SWITCHES = [
  // The sandbox does not start as root, nor in most containers.
  "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--no-default-browser-check",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
];

/** Starts a browser with one page. `localState` is what it remembers of earlier runs. */
export async function launch({ headless = true, args = [], localState = {} } = {}) {
  const profile = await mkdtemp(join(tmpdir(), "homing-chromium-"));
  await writeFile(join(profile, "Local State"), JSON.stringify(localState));
  const words = [...SWITCHES, ...(headless ? ["--headless=new"] : []), ...args, `--user-data-dir=${profile}`];
  const child = spawn("chromium", words, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const browser = new Browser(child, profile);
  try {
    browser.version = (await browser.call("Browser.getVersion")).product;
    browser.page = await browser.open();
    return browser;
  } catch (error) {
    await browser.close();
    throw error;
  }
}

class Browser {
  #next = 0;
  #waiting = new Map();
  #child;
  #profile;
  #ended;

  constructor(child, profile) {
    this.#child = child;
    this.#profile = profile;
    this.#ended = new Promise((resolve) => {
      for (const event of ["exit", "error"]) child.once(event, resolve);
    });
    this.#ended.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error("chromium has ended"));
      this.#waiting.clear();
    });
    child.stdio[3].on("error", () => {});
    let rest = "";
    child.stdio[4].setEncoding("utf8").on("data", (text) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop();
      for (const message of messages) this.#answered(JSON.parse(message));
    });
  }

  #answered({ id, result, error }) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }

  /** Sends a command of the DevTools protocol to the browser, or to the page of a session. */
  call(method, params = {}, sessionId = undefined) {
    const id = (this.#next += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  /** Opens another tab in front of the others. */
  async open(url = "about:blank") {
    const { targetId } = await this.call("Target.createTarget", { url });
    const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
    return { targetId, sessionId };
  }

  async go(url) {
    await this.call("Page.navigate", { url }, this.page.sessionId);
  }

  /** Evaluates an expression in the page, with `args`, and returns what its promise resolves with. */
  async run(expression, ...args) {
    const code = `(async (args) => (${expression}))(${JSON.stringify(args)})`;
    const params = { expression: code, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", params, this.page.sessionId);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Returns a function that returns the CPU time of the page's thread, in microseconds. */
  async cpu() {
    const { sessionId } = this.page;
    await this.call("Performance.enable", {}, sessionId);
    return async () => {
      const { metrics } = await this.call("Performance.getMetrics", {}, sessionId);
      return 1e6 * metrics.find(({ name }) => name === "ThreadTime").value;
    };
  }

  async close() {
    this.#child.kill();
    await this.#ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
