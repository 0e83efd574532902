// Servers that attack a client in a page. Framing and the opening handshake are the browser's part: what is left to the client is how
// many attempts it makes at once, and what each of them leaves behind. All bounds are counts.

import { assert } from '../support/assert.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'
import { CLIENT, isLong, visit } from './visit.js'

const CLIENTS = 3
/** How often each client is attacked when it was open, and before. Browsers delay attempts when many have failed. */
const OPENED = isLong ? 1000 : 20
const FAILED = 5
const MESSAGES = isLong ? 200_000 : 10_000
/** How long a flood may take to arrive. */
const FLOOD = isLong ? 600_000 : 60_000
const OPTIONS = { reconnect: { min: 1, max: 8, jitter: 0 }, heartbeat: { interval: 600_000, timeout: 600_000 } }

/** The script of connections that take turns at these bytes, in hexadecimal digits. */
const raw = (all, rest) => `/raw?${all.map((hex) => `hex=${hex.replaceAll(' ', '+')}`).join('&')}${rest}`

/** Returns what the server has seen: requests, open connections, and the most at once. */
async function log(server) {
  const kinds = (await server.journal()).map(([kind]) => kind)
  const seen = { requests: 0, open: 0, most: 0 }
  for (const kind of kinds) {
    seen.requests += kind === 'request'
    seen.open += (kind === 'accepted') - (kind === 'gone')
    seen.most = Math.max(seen.most, seen.open)
  }
  return seen
}

/**
 * Attacks clients with a script of the server until each was closed this often. Returns what the page has seen by then, and the server's
 * log. Browsers keep sockets and connections for a while whose handshake was not answered or refused.
 */
async function attack(t, closes, path, options = {}, isOpened = true) {
  const server = await t.server()
  const page = await visit(t)
  const before = await page.seen()
  await page.add(CLIENTS, server.url(path), { ...OPTIONS, ...options })
  await page.until(({ events }) => events.close >= CLIENTS * closes, 80_000)
  // The server first: the clients go on dialling, and each request has its socket in what the page has seen later.
  const { requests, most } = await log(server)
  const seen = await page.seen()
  const dialled = seen.sockets - before.sockets
  const { events, peak } = seen
  const counts = JSON.stringify({ dialled, events, peak, requests, most })
  // A socket for each attempt, and an attempt for each close: none was made beside another.
  assert.ok(dialled >= events.close && dialled <= events.close + CLIENTS, counts)
  assert.ok(events.error <= events.close, counts)
  // One socket for each client, and one that is closing.
  if (isOpened) assert.ok(peak.sockets <= 2 * CLIENTS && most <= 2 * CLIENTS, counts)
  // A timer for each, besides one that a socket's end may take.
  assert.ok(peak.timers <= before.timers + 2 * CLIENTS, counts)
  await left(page, before, isOpened ? server : undefined)
  return { ...seen, requests }
}

/** Ends the clients. Fails if anything of them stays, but one set of listeners for the page's events. */
async function left(page, before, server) {
  await page.page.script('crowd.end()')
  if (server) await until(async () => (await log(server)).open === 0)
  const after = await page.until(({ timers, unfinished }) => timers <= before.timers && unfinished === 0)
  assert.ok(after.listeners <= before.listeners + 4, `${after.listeners} listeners`)
  assert.deepEqual([after.workers, after.blobUrls], [0, 0])
}

test('s07_a_server_that_accepts_and_closes_at_once_does_not_reset_the_delays', async (t) => {
  const seen = await attack(t, OPENED, '/drop')
  const delays = seen.notes.filter((note) => note.startsWith('reconnecting ')).map((note) => +note.split(' ')[1])
  // After a reset they would be 1 again. Some are less than planned: what has passed of them when they are announced is not included.
  const long = delays.filter((delay) => delay > 4).length
  assert.ok(delays.length >= OPENED - 1 && long > OPENED / 2, delays.join())
})

test('s10_s23_invalid_and_huge_closes_end_one_attempt_each', async (t) => {
  const closes = [
    // With the code 4000 and reasons of 123, 124 and 1,048,576 bytes, and with one that is no UTF-8.
    '887d0fa0 78*123',
    '887e007e0fa0 78*124',
    '887f00000000001000020fa0 78*1048576',
    '88040fa0c328',
    // With the codes 1005 and 0, with half a code, and cut off.
    '880203ed',
    '88020000',
    '880103',
    '88020f',
  ]
  const seen = await attack(t, 2 * closes.length, raw(closes, '&then=fin'))
  const allowed = ['0', '1002', '1005', '1006', '1007', '4000']
  assert.ok(
    Object.keys(seen.codes).every((code) => allowed.includes(code)),
    JSON.stringify(seen.codes),
  )
})

test('s01_s08d_a_handshake_that_is_never_answered_leaves_one_socket_at_a_time', async (t) => {
  const seen = await attack(t, FAILED, '/stall', { openTimeout: 200 }, false)
  assert.deepEqual([seen.events.open, Object.keys(seen.codes)], [0, ['1006']])
})

test('s07_s24_endless_refusals_and_redirects_cost_one_request_each', async (t) => {
  const refusals = [
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\n\r\n',
    'nonsense\r\n\r\n',
  ]
  const path = raw(
    refusals.map((text) => Buffer.from(text).toString('hex')),
    '&instead=1&then=fin',
  )
  const seen = await attack(t, FAILED, path, {}, false)
  assert.deepEqual([seen.events.open, Object.keys(seen.codes)], [0, ['1006']])
  // WebKit repeats some of them by itself.
  assert.ok(seen.requests >= CLIENTS * FAILED && seen.requests <= 2 * (seen.events.close + CLIENTS), `${seen.requests} requests`)
})

test('s20_a_flood_of_messages_needs_no_timers_and_leaves_no_memory', async (t) => {
  const server = await t.server()
  const page = await visit(t)
  const before = await page.seen()
  // Without the events of the first client, which are too many to pass on.
  const arrived = (messages) =>
    page.until(
      ({ events }) => events.message === messages,
      FLOOD,
      () => page.page.script('return { ...crowd.seen(), notes: [] }'),
    )
  // The first ones to open can keep the page busy for long.
  await page.add(CLIENTS, server.url(`/text?n=${MESSAGES}&size=1`), { ...OPTIONS, openTimeout: FLOOD })
  const first = await arrived(CLIENTS * MESSAGES)
  assert.deepEqual([first.sockets - before.sockets, first.states], [CLIENTS, { open: CLIENTS }])
  assert.ok(first.peak.timers <= before.timers + 2 * CLIENTS, `${first.peak.timers} timers`)
  await server.command(`flood_all?n=${MESSAGES}&size=1`)
  const { memory, bytes } = await arrived(2 * CLIENTS * MESSAGES)
  assert.strictEqual(bytes, 2 * CLIENTS * MESSAGES)
  if (CLIENT === 'rust') assert.ok(memory.inUse <= first.memory.inUse + 256, JSON.stringify([first.memory, memory]))
  await left(page, before, server)
})
