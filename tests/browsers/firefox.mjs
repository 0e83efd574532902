// Firefox, controlled by geckodriver (W3C WebDriver).

import { spawn } from "node:child_process";
import { printed } from "./printed.mjs";

/** Starts a browser with one page. */
export async function launch({ headless = true, args = [], prefs = {} } = {}) {
  // System access lets the browser's own process report the CPU time of the page's process.
  const words = ["--port", "0", "--allow-system-access"];
  const driver = spawn("geckodriver", words, { stdio: ["ignore", "pipe", "ignore"] });
  const session = new Session(driver);
  try {
    const port = await printed(driver, /Listening on \S+:(\d+)/);
    await session.start(`http://127.0.0.1:${port}/session`, [...(headless ? ["-headless"] : []), ...args], prefs);
    return session;
  } catch (error) {
    driver.kill();
    throw error;
  }
}

class Session {
  #driver;
  #base;

  constructor(driver) {
    this.#driver = driver;
  }

  async start(base, args, prefs) {
    this.#base = base;
    const alwaysMatch = { browserName: "firefox", "moz:firefoxOptions": { args, prefs } };
    const { sessionId, capabilities } = await this.call("POST", "", { capabilities: { alwaysMatch } });
    this.#base += `/${sessionId}`;
    this.version = `Firefox/${capabilities.browserVersion}`;
    await this.call("POST", "/timeouts", { script: 600_000 });
  }

  async call(method, path, body) {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(this.#base + path, { method, headers, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  go(url) {
    return this.call("POST", "/url", { url });
  }

  /** Evaluates an expression in the page, with `args`, and returns what its promise resolves with. */
  async run(expression, ...args) {
    const script = `
      const args = [...arguments], done = args.pop();
      const failed = (error) => done({ error: \`\${error?.message ?? error}\\n\${error?.stack}\` });
      (async () => (${expression}))().then((value) => done({ value }), failed);`;
    const { value, error } = await this.call("POST", "/execute/async", { script, args });
    if (error) throw new Error(error);
    return value;
  }

  /** Returns a function that returns the CPU time of the page's process, in microseconds. */
  async cpu() {
    const used = await this.used();
    return async () => (await used()).page.cpu;
  }

  /**
   * Returns a function that returns the CPU time in microseconds and the memory in bytes of the page's process and of the browser's
   * own, which has the sockets.
   */
  async used() {
    const before = new Map((await this.#processes()).map(({ pid, cpuTime }) => [pid, cpuTime]));
    await this.run("(() => { for (const end = Date.now() + 500; Date.now() < end;); })()");
    const [{ pid: page }] = (await this.#processes()).sort(
      (one, other) => other.cpuTime - (before.get(other.pid) ?? 0) - (one.cpuTime - (before.get(one.pid) ?? 0)),
    );
    return async () => {
      const all = await this.#processes(true);
      const of = ({ cpuTime, memory }) => ({ cpu: cpuTime / 1e3, memory });
      return { page: of(all.find(({ pid }) => pid === page)), browser: of(all.find(({ isBrowser }) => isBrowser)) };
    };
  }

  /** Returns the CPU time in nanoseconds and the memory in bytes of each child process of the browser. */
  async #processes(withBrowser = false) {
    await this.call("POST", "/moz/context", { context: "chrome" });
    try {
      const child = "({ pid, cpuTime, memory }) => ({ pid, cpuTime, memory })";
      const browser = withBrowser ? "[{ ...pick(all), isBrowser: true }]" : "[]";
      return await this.run(
        `(async (all, pick) => [...all.children.map(pick), ...${browser}])(await ChromeUtils.requestProcInfo(), ${child})`,
      );
    } finally {
      await this.call("POST", "/moz/context", { context: "content" });
    }
  }

  async close() {
    try {
      await this.call("DELETE", "");
    } finally {
      this.#driver.kill();
    }
  }
}
