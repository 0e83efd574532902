// The memory of clients that reconnect over and over, and that receive blobs.

import { assert } from '../support/assert.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'
import { CLIENT, isLong, visit } from './visit.js'

const RECONNECTS = isLong ? 10_000 : 100
/** How many clients reconnect side by side. */
const CLIENTS = 5

/**
 * Waits until at most some sockets of each client are left where the browser can collect the others, and returns what is left then. `heap`
 * and `listeners` are undefined where the browser does not report them.
 */
async function left(page) {
  // The test's own records.
  await page.page.script('crowd.notes.length = crowd.first.length = counted.dialled.length = 0')
  if (await page.collect()) await page.collected(({ alive }) => alive <= 4 * CLIENTS)
  const { heap, listeners } = page.page.devtools ? await page.heap() : {}
  const { memory, alive, timers } = await page.seen()
  return { heap, listeners, memory, sockets: alive, timers }
}

/** Fails if a client has more after its reconnects than it had after half of them. */
test('s08a_what_a_page_has_is_the_same_after_many_reconnects', async (t) => {
  const server = await t.server()
  const page = await visit(t)
  await page.add(CLIENTS, server.url('/echo'), { heartbeat: { interval: 600_000, timeout: 600_000 } })
  await page.state('open', CLIENTS)
  if (page.page.devtools) await page.sampleHeap()
  /** Reconnects all clients, each from its open event, until this many connections were opened. */
  const reconnect = async (opens) => {
    await page.page.async(
      `const [opens, done] = arguments, { crowd } = window
      crowd.onEvent = (number, kind) => {
        if (kind !== 'open') return
        if (crowd.events.open < opens) crowd.clients[number].reconnect()
        else crowd.after(0).then(() => done())
      }
      crowd.each((client) => client.reconnect())`,
      opens,
    )
    await page.state('open', CLIENTS)
    await until(async () => (await server.command('connections')) === `${CLIENTS}`)
    return left(page)
  }
  // Until tables and caches have their sizes.
  await reconnect(20)
  const half = await reconnect(RECONNECTS / 2)
  const whole = await reconnect(RECONNECTS)
  console.log(`# ${t.page.name}: after ${RECONNECTS / 2} ${JSON.stringify(half)}, after ${RECONNECTS} ${JSON.stringify(whole)}`)
  const more = RECONNECTS / 2
  assert.strictEqual(whole.memory.whole, half.memory.whole)
  if (CLIENT === 'rust') assert.ok(whole.memory.inUse < half.memory.inUse + 256)
  assert.ok(whole.timers <= CLIENTS + 2, `${whole.timers} timers`)
  // A closure that stays would be more than this each time. It takes many reconnects to be more than chance.
  if (page.page.devtools && isLong) assert.ok(whole.heap < half.heap + 40 * more, `${whole.heap - half.heap} bytes`)
  if (!half.listeners) return
  // Sockets that are not collected yet have listeners as well.
  const isAsBefore = ({ listeners }) => listeners <= half.listeners + 4 * CLIENTS
  await page.until(isAsBefore, undefined, async () => {
    await page.collect()
    return page.heap()
  })
})
