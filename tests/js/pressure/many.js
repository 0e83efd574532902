// Many clients in one page.

import { assert } from '../support/assert.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'
import { CLIENT, isLong, visit } from './visit.js'

/** How many connections a browser keeps open at once: Chromium 255, Firefox 200, WebKit 199. */
const CLIENTS = isLong ? 190 : 50
const OPTIONS = { heartbeat: { interval: 600_000, timeout: 600_000, inWorker: true } }
/** How many bytes of the module's memory a client may use while it is open. */
const BYTES = 4000
/** The first delay before a reconnect is at most this, rounded to whole milliseconds, and every tenth of it is as likely. */
const SPREAD = 1000

/** The most that fall into one tenth, except in fewer than one of a million runs. */
const most = (count) => count / 10 + 7 * Math.sqrt(count * 0.09)

function peak(times, width) {
  const counts = {}
  for (const time of times) counts[Math.floor(time / width)] = (counts[Math.floor(time / width)] ?? 0) + 1
  return Math.max(...Object.values(counts))
}

/** Closes all clients. Returns what the page has then: nothing that it had not before, but one set of listeners. */
async function left(page, server, before) {
  await page.page.script('crowd.end()')
  await until(async () => (await server.command('connections')) === '0')
  const after = await page.until(({ timers, listeners }) => timers <= before.timers && listeners <= before.listeners + 4)
  assert.deepEqual([after.workers, after.blobUrls], [0, 0])
  return after
}

test('s07_s08_many_clients_that_were_cut_off_return_spread_over_the_jitter', async (t) => {
  const server = await t.server()
  const page = await visit(t)
  const before = await page.seen()
  await page.add(CLIENTS, server.url('/echo'), OPTIONS)
  await page.state('open', CLIENTS)
  await page.each("send('hello')")
  // A timeout for each client when everything has left, and one set of listeners and one worker for all of them.
  const open = await page.until(({ events, timers }) => events.message === CLIENTS && timers <= before.timers + CLIENTS)
  assert.deepEqual(
    [open.sockets - before.sockets, open.listeners - before.listeners, open.workers, open.blobUrls],
    [CLIENTS, 4, 1, 1],
  )
  if (CLIENT === 'rust') {
    const bytes = (open.memory.inUse - before.memory.inUse) / CLIENTS
    console.log(`# ${t.page.name}: ${Math.round(bytes)} bytes of wasm memory for a client`)
    assert.ok(bytes < BYTES, `${bytes} bytes for a client`)
  }

  const cut = await page.page.script('return performance.now()')
  await server.command('cut_all')
  const back = await page.until(({ events, states }) => events.open === 2 * CLIENTS && states.open === CLIENTS)
  const { first } = back
  assert.deepEqual([first.length, back.sockets - before.sockets], [CLIENTS, 2 * CLIENTS])
  assert.ok(Math.max(...first) <= SPREAD)
  assert.ok(peak(first, SPREAD / 10) <= most(CLIENTS), first.join())
  // No client dials too early: the dials in their order, beside the delays in theirs. A busy page announces a delay
  // some time after it has begun, so delays are counted from the cut.
  const due = first.map((delay) => cut + delay).sort((one, other) => one - other)
  const dialled = back.dialled.slice(before.sockets + CLIENTS)
  due.forEach((time, index) => assert.ok(dialled[index] >= time - 5, `dialled ${dialled[index]}, due ${time}`))
  console.log(`# ${t.page.name}: at most ${peak(dialled, 100)} of ${CLIENTS} dials in 100 ms`)

  const after = await left(page, server, before)
  await page.add(CLIENTS, server.url('/echo'), OPTIONS)
  await page.state('open', CLIENTS)
  const again = await left(page, server, before)
  // Tables keep their capacity, but no second crowd needs more.
  if (CLIENT === 'rust') assert.ok(again.memory.inUse <= after.memory.inUse + 256, JSON.stringify([after.memory, again.memory]))
  if (await page.collect()) {
    await page.collected(({ sockets, collected }) => collected >= sockets - 1)
  }
})

if (isLong) {
  test('s07_a_thousand_clients_in_a_page_take_turns_at_the_connections_of_the_browser', async (t) => {
    const server = await t.server()
    const page = await visit(t)
    const clients = 1000
    const resident = page.resident()
    // Each closes when it has been served, which lets another one in.
    await page.page.script('crowd.onEvent = (n, kind) => { if (kind === "message") crowd.clients[n].close() }')
    await page.add(clients, server.url('/echo'))
    await page.each("send('hello')")
    const crowded = await page.until(({ events }) => events.open >= 150)
    console.log(`# ${t.page.name}: ${Math.round((page.resident() - resident) / clients)} bytes of processes for a client`)
    const served = await page.until(({ events }) => events.end === clients, 80_000)
    assert.deepEqual([served.events.message, served.states], [clients, { closed: clients }])
    const texts = (await server.journal()).filter(([kind]) => kind === 'text')
    assert.strictEqual(texts.length, clients)
    console.log(`# ${t.page.name}: ${served.sockets} sockets, ${crowded.sockets} of them while it was crowded`)
  })
}
