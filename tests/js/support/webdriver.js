// A minimal WebDriver client.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'

const CHROMIUM_ARGUMENTS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const BROWSERS = {
  chromium: {
    command: (port) => ['chromedriver', [`--port=${port}`]],
    capabilities: (profile, { args = [] }) => ({
      'goog:chromeOptions': { args: [...CHROMIUM_ARGUMENTS, ...args, `--user-data-dir=${profile}`] },
    }),
    offline: (post, on) =>
      post('chromium/network_conditions', {
        network_conditions: { offline: on, latency: 0, download_throughput: -1, upload_throughput: -1 },
      }),
    devtools: (post, cmd, params) => post('goog/cdp/execute', { cmd, params }),
  },
  firefox: {
    command: (port) => ['geckodriver', ['--port', `${port}`, '--allow-system-access']],
    offline: (post, on) => privileged(post, 'Services.io.offline = arguments[0]; arguments[1]()', on),
    privileged,
    capabilities: (_, { prefs = {} }) => ({
      'moz:firefoxOptions': {
        binary: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
        args: ['-headless'],
        prefs: {
          // Firefox's own delays between failed attempts would slow the tests down.
          'network.websocket.delay-failed-reconnects': false,
          'network.disable-localhost-when-offline': true,
          ...prefs,
        },
      },
    }),
  },
  webkit: {
    command: (port) => ['xvfb-run', ['-a', 'WebKitWebDriver', `--port=${port}`]],
    capabilities: () => ({ 'webkitgtk:browserOptions': { binary: MINI_BROWSER, args: ['--automation'] } }),
    environment: { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' },
  },
  /** The window of an app that was built with Tauri, `settings.binary`. */
  tauri: {
    command: (port) => ['xvfb-run', ['-a', 'WebKitWebDriver', `--port=${port}`]],
    capabilities: (_, { binary, args }) => ({ 'webkitgtk:browserOptions': { binary, args } }),
    environment: { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', TAURI_WEBVIEW_AUTOMATION: 'true' },
  },
}

/**
 * Starts a browser, with additional arguments (Chromium) or preferences (Firefox). `script` runs the body of a function in the page,
 * `end` closes the browser.
 */
export async function browser(name, settings = {}) {
  const { command, capabilities, environment, offline = noSwitch, devtools, privileged } = BROWSERS[name]
  const port = await freePort()
  const profile = mkdtempSync(join(tmpdir(), 'homing-js-'))
  const [program, args] = command(port)
  const driver = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
    env: { ...process.env, ...environment },
  })
  const failed = new Promise((_, reject) => driver.on('error', reject))
  const call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
    const { value } = await response.json()
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`)
    return value
  }
  const end = async () => {
    if (session) await call('DELETE', session).catch(() => {})
    try {
      process.kill(-driver.pid)
    } catch {
      // It has already ended.
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  let session
  try {
    await Promise.race([failed, answers(port)])
    const made = await call('POST', '/session', {
      capabilities: { alwaysMatch: { acceptInsecureCerts: true, ...capabilities(profile, settings) } },
    })
    session = `/session/${made.sessionId}`
    await call('POST', `${session}/timeouts`, { script: 600_000, pageLoad: 60_000 })
    const post = (path, body) => call('POST', `${session}/${path}`, body)
    return {
      name,
      pid: driver.pid,
      profile,
      go: (url) => call('POST', `${session}/url`, { url }),
      back: () => call('POST', `${session}/back`, {}),
      script: (script, ...args) => call('POST', `${session}/execute/sync`, { script, args }),
      async: (script, ...args) => call('POST', `${session}/execute/async`, { script, args }),
      /** Disconnects or reconnects the network. Rejects if the browser has no command for that. */
      offline: (on) => offline(post, on),
      /** Sends a command of the DevTools protocol, in Chromium. */
      devtools: devtools && ((cmd, params = {}) => devtools(post, cmd, params)),
      /** Runs the body of a function in the browser's own process, in Firefox. Its last argument is to be called with the result. */
      privileged: privileged && ((script, ...args) => privileged(post, script, ...args)),
      end,
    }
  } catch (error) {
    await end()
    throw error
  }
}

async function privileged(post, script, ...args) {
  await post('moz/context', { context: 'chrome' })
  try {
    return await post('execute/async', { script, args })
  } finally {
    await post('moz/context', { context: 'content' })
  }
}

/** The command of another browser, which this one's driver rejects. */
const noSwitch = (post, on) => post('network_conditions', { network_conditions: { offline: on } })

let asked = 0

/** Returns a free port. It is none of those that systems assign by themselves, which another program could be given meanwhile. */
async function freePort() {
  for (;;) {
    const port = 10_000 + ((process.pid * 97 + asked++) % 9000)
    const server = createServer()
    const isFree = await new Promise((resolve) => {
      server.on('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    await new Promise((resolve) => server.close(resolve))
    if (isFree) return port
  }
}

async function answers(port) {
  for (const giveUp = Date.now() + 30_000; ; ) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/status`)
      if ((await response.json()).value.ready) return
    } catch (error) {
      if (Date.now() > giveUp) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
