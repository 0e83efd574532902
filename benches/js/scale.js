// Many clients of one page, in Firefox: `node benches/js/scale.js`. Chromium keeps at most 255 WebSockets open in all, whatever their
// hosts; Firefox as many as a preference says, and 1,000 sockets of any kind. HOMING_TEST_SERVER names the test server, HOMING_PAGES the directory of the module
// with the clients of the crate. Prints a line for each figure, with a column for each client and number.

import * as firefox from '../../tests/browsers/firefox.mjs'
import { start } from '../../tests/browsers/server.mjs'
import { fileServer } from '../../tests/js/support/server.js'

const { HOMING_TEST_SERVER, HOMING_PAGES, WATCHED = 60, NUMBERS = '100,950' } = process.env

/** Firefox dials each host once at a time. */
const HOSTS = 40
const PREFS = { 'network.websocket.max-connections': 4000 }
const OPTIONS = { heartbeat: { interval: 20_000, timeout: 10_000 } }
/** The first delay of a client is spread over this time, in milliseconds. */
const SPREAD = 1000
const BUCKET = 100

/** Four digits. */
const short = (figure) => figure.toFixed(Math.max(3 - Math.floor(Math.log10(Math.max(Math.abs(figure), 1e-3))), 0))

/** Returns the most times within a bucket. */
function peak(times) {
  const counts = {}
  for (const time of times) counts[Math.floor(time / BUCKET)] = (counts[Math.floor(time / BUCKET)] ?? 0) + 1
  return Math.max(...Object.values(counts))
}

/** Returns when the next connections of the page were open, in its milliseconds, once there are so many. */
const opened = (page, count) =>
  page.run(
    `new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(JSON.stringify([crowd.events, crowd.errors]))), 240_000)
      const look = () => window.opens.length >= args[0] && (clearTimeout(late), resolve(window.opens.splice(0)))
      crowd.onEvent = (_, kind) => kind === 'open' && (window.opens.push(performance.now()), look())
      look()
    })`,
    count,
  )

/** Makes clients, a few at each host. Returns the milliseconds that their constructors took, and when they were called. */
const add = (page, count, port) =>
  page.run(
    `(() => {
      window.opens = []
      crowd.onEvent = (_, kind) => kind === 'open' && window.opens.push(performance.now())
      const [count, hosts, port, options] = args
      const start = performance.now()
      for (let number = 0; number < count; number++) {
        crowd.add(1, 'ws://127.0.0.' + (1 + (number % hosts)) + ':' + port + '/echo?quiet=1', options)
      }
      return [performance.now() - start, start]
    })()`,
    count,
    HOSTS,
    port,
    OPTIONS,
  )

/** Collects garbage. Returns the memory of the page's process, of the browser's own, and of the crate's module, in bytes. */
async function memory(page, used) {
  await page.call('POST', '/moz/context', { context: 'chrome' })
  await page.run(`['gc', 'cc', 'gc', 'cc'].forEach((what) => Services.obs.notifyObservers(null, 'child-' + what + '-request'))`)
  await page.call('POST', '/moz/context', { context: 'content' })
  await page.run('crowd.after(1000)')
  const processes = await used()
  const wasm = (await page.run('crowd.seen().memory.inUse ?? null')) ?? NaN
  return [processes.page.memory, processes.browser.memory, wasm]
}

let version

/** Returns the figures of a client by their names. */
async function measure(client, count, site) {
  let server = await start(HOMING_TEST_SERVER, '0.0.0.0:0')
  const { port } = new URL(server.url)
  const page = await firefox.launch({ prefs: PREFS })
  try {
    await page.go(`${site.url}/tests/js/pressure/page.html?client=${client}`)
    await page.run(`new Promise((resolve) => {
      const look = () => (globalThis.crowd ? resolve() : setTimeout(look, 10))
      look()
    })`)
    version = page.version
    const used = await page.used()
    const cpu = async () => (await used()).page.cpu
    // The first clients make what all share.
    await add(page, 10, port)
    await opened(page, 10)
    const before = await memory(page, used)
    let spent = await cpu()
    const since = async () => {
      const last = spent
      spent = await cpu()
      return spent - last
    }

    const [constructed, started] = await add(page, count, port)
    const open = Math.max(...(await opened(page, count))) - started
    const opening = await since()
    const grown = (await memory(page, used)).map((bytes, at) => (bytes - before[at]) / 1024 / count)

    const hours = (WATCHED / 3600) * (count + 10)
    const fired = await page.run('counted.fired')
    await since()
    await page.run('crowd.after(args[0])', WATCHED * 1000)
    const idle = await since()
    const timers = (await page.run('counted.fired')) - fired

    const dialled = await page.run('(window.opens.length = 0, counted.dialled.length)')
    await since()
    await server.close()
    server = await start(HOMING_TEST_SERVER, `0.0.0.0:${port}`)
    const restarted = await page.run('performance.now()')
    const back = (await opened(page, count + 10)).map((time) => time - restarted).sort((one, other) => one - other)
    const reconnecting = await since()
    const dials = (await page.run('counted.dialled')).slice(dialled)
    const even = ((count + 10) * BUCKET) / SPREAD
    return {
      'time of the constructor, µs': (constructed * 1000) / count,
      'time to open, µs': (open * 1000) / count,
      "CPU time of the page's process to open, µs": opening / count,
      "memory of the page's process, KiB": grown[0],
      "memory of the browser's own process, KiB": grown[1],
      'memory in use of the module, KiB': grown[2],
      "CPU time of the page's process in an idle hour, ms": idle / 1000 / hours,
      'timers in an idle hour': timers / hours,
      'server restarted: time until half are back, s': back[back.length >> 1] / 1000,
      'server restarted: time until all are back, s': back.at(-1) / 1000,
      'server restarted: most attempts in 100 ms, in parts of an even spread over 1 s': peak(dials) / even,
      'server restarted: attempts of a connection': dials.length / (count + 10),
      "server restarted: CPU time of the page's process, µs": reconnecting / (count + 10),
    }
  } finally {
    await page.close()
    server.close()
  }
}

const mounts = { '/tests/js/pressure/pkg/': HOMING_PAGES }
const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
const site = await fileServer({}, { mounts, headers })
const columns = []
for (const client of ['index', 'rust']) {
  for (const count of NUMBERS.split(',').map(Number)) {
    const failed = (error) => console.error(`${client}, ${count}: ${error.message}`)
    columns.push((await measure(client, count, site).catch(failed)) ?? {})
  }
}
site.end()
console.log(`about\tbrowser of many clients\t${version}`)
for (const name of Object.keys(Object.assign({}, ...columns))) {
  const cell = (figure) => (Number.isFinite(figure) ? short(figure) : figure === undefined ? 'failed' : '–')
  console.log(['scale', name, 'homing', ...columns.map((column) => cell(column[name]))].join('\t'))
}
