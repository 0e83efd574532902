// The measurements, in a page that loads one client. All clients do the same work.

import { distinct } from './messages.js'
import { own } from './own.js'

const series = (script, text, size, count) => ({
  path: `/${script}?n=${count}&size=${size}&distinct=${distinct(size)}${text ? '' : '&binary=1'}&quiet=1`,
  text,
  size,
  count,
})
const receive = (...plan) => ({ ...series('series', ...plan), run: (client, count) => client.run(1, count, false, false) })
const send = (...plan) => ({ ...series('check', ...plan), run: (client, count) => client.run(count, 0, false, true) })

/** Each takes about 20 ms. */
const SCENARIOS = {
  'receive text 128 B': receive(true, 128, 2000),
  'receive 1 KiB': receive(false, 1024, 2000),
  'receive 64 KiB': receive(false, 65536, 200),
  'send text 128 B': send(true, 128, 4000),
  'send 1 KiB': send(false, 1024, 3000),
  'round trip 32 B': {
    path: '/echo?quiet=1',
    text: false,
    size: 32,
    count: 500,
    run: (client, count) => client.run(1, count, true, false),
  },
  'connect and close': { path: '/echo?quiet=1', count: 40, isCycle: true },
}

const turn = () => new Promise((resolve) => setTimeout(resolve))

/** Starts a page whose clients `open` creates. `make` is the constructor behind it, for clients of JavaScript. */
export function start({ open, make, memory = () => 0 }) {
  let name, client, address
  const held = []

  async function hangUp() {
    await client?.close().catch(() => {})
    client = undefined
  }

  const bench = {
    scenarios: Object.keys(SCENARIOS),

    /** Prepares a round of a scenario, or of nothing. */
    async prepare(scenario, server) {
      if (scenario !== name) {
        await hangUp()
        name = scenario
        const { path, text, size, isCycle } = SCENARIOS[scenario] ?? {}
        address = server + path
        if (path && !isCycle) {
          client = await open(address)
          client.prepare(text, size)
        }
      }
      globalThis.gc?.()
      await turn()
    },

    /** Runs the round. Returns the number of operations and the microseconds that they took. */
    async run() {
      const { count, isCycle, run } = SCENARIOS[name] ?? { count: 1, run: () => {} }
      const before = performance.now()
      if (isCycle) for (let left = count; left > 0; left--) await (await open(address)).close()
      else await run(client, count)
      const took = performance.now() - before
      // So that no round pays for the one before it.
      globalThis.gc?.({ type: 'minor' })
      return [count, took * 1000]
    },

    /** Opens connections that stay open. */
    async hold(server, count) {
      for (let left = count; left > 0; left--) held.push(await open(`${server}/echo?quiet=1`))
    },

    memory,
    own: (messages) => own(make, messages),

    /** Returns the milliseconds from `new` to the open event. */
    async open(server) {
      const before = performance.now()
      const client = await open(`${server}/echo`)
      const took = performance.now() - before
      await client.close().catch(() => {})
      return took
    },
  }
  window.bench = bench
}
