// Servers that attack a client in a page. Framing and the opening handshake are the browser's part: what is left to the client is how
// many attempts it makes at once, and what each of them leaves behind. All bounds are counts.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { assert } from '../support/assert.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'
import { CLIENT, isLong, visit } from './visit.js'

const CLIENTS = 3
/** How often each client is attacked when it was open, and before. Browsers delay attempts when many have failed. */
const OPENED = isLong ? 1000 : 20
const FAILED = 5
const MESSAGES = isLong ? 200_000 : 10_000
const OPTIONS = { reconnect: { min: 1, max: 8, jitter: 0 }, heartbeat: { interval: 600_000, timeout: 600_000 } }

const frame = (first, payload) => {
  const { length } = payload
  const head = length < 126 ? [length] : length < 65536 ? [126, length >> 8, length & 255] : [127, 0, 0, 0, 0, ...bytes(length)]
  return Buffer.concat([Buffer.from([first, ...head]), payload])
}
const bytes = (number) => [24, 16, 8, 0].map((shift) => (number >> shift) & 255)
const close = (code, reason) => frame(0x88, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]))
const MESSAGE = frame(0x81, Buffer.from('x'))

function answer(request) {
  const key = /^sec-websocket-key: *(\S+)/im.exec(request)[1]
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

/** Plays a script to each connection once its request was read: a function of the socket, the request and the request's number. */
async function serve(t, script) {
  const sockets = new Set()
  const seen = { requests: 0, most: 0 }
  const server = createServer((socket) => {
    sockets.add(socket)
    seen.most = Math.max(seen.most, sockets.size)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    let request = ''
    socket.on('data', (data) => {
      const isComplete = request.endsWith('\r\n\r\n')
      request += isComplete ? '' : data.toString('latin1')
      if (!isComplete && request.endsWith('\r\n\r\n')) script(socket, request, seen.requests++)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.onEnd(() => {
    sockets.forEach((socket) => socket.destroy())
    server.close()
  })
  return { url: `ws://127.0.0.1:${server.address().port}/`, sockets, seen }
}

/**
 * Attacks clients until each was closed this often. Returns what the page had seen by then. Browsers keep sockets and connections for a
 * while whose handshake was not answered or refused.
 */
async function attack(t, closes, script, options = {}, isOpened = true) {
  const server = await serve(t, script)
  const page = await visit(t)
  const before = await page.seen()
  await page.add(CLIENTS, server.url, { ...OPTIONS, ...options })
  const seen = await page.until(({ events }) => events.close >= CLIENTS * closes, 80_000)
  const dialled = seen.sockets - before.sockets
  const { events, peak } = seen
  const counts = JSON.stringify({ dialled, events, peak, server: server.seen })
  // A socket for each attempt, and an attempt for each close: none was made beside another.
  assert.ok(dialled >= events.close && dialled <= events.close + CLIENTS, counts)
  assert.ok(events.error <= events.close, counts)
  // One socket for each client, and one that is closing.
  if (isOpened) assert.ok(peak.sockets <= 2 * CLIENTS && server.seen.most <= 2 * CLIENTS, counts)
  // A timer for each, besides one that a socket's end may take.
  assert.ok(peak.timers <= before.timers + 2 * CLIENTS, counts)
  await left(page, isOpened ? server.sockets : new Set(), before)
  return seen
}

/** Ends the clients. Fails if anything of them stays. */
async function left(page, sockets, before) {
  await page.page.script('crowd.end()')
  await until(() => sockets.size === 0)
  const after = await page.until(({ timers, unfinished }) => timers <= before.timers && unfinished === 0)
  assert.deepEqual([after.listeners, after.workers, after.blobUrls], [before.listeners, 0, 0])
}

test('s07_a_server_that_accepts_and_closes_at_once_does_not_reset_the_delays', async (t) => {
  const seen = await attack(t, OPENED, (socket, request) => socket.end(answer(request)))
  const delays = seen.notes.filter((note) => note.startsWith('reconnecting ')).map((note) => +note.split(' ')[1])
  // After a reset they would be 1 again. Some are less than planned: what has passed of them when they are announced is not included.
  const long = delays.filter((delay) => delay > 4).length
  assert.ok(delays.length >= OPENED - 1 && long > OPENED / 2, delays.join())
})

test('s10_s23_invalid_and_huge_closes_end_one_attempt_each', async (t) => {
  const closes = [
    close(4000, 'x'.repeat(123)),
    close(4000, 'x'.repeat(124)),
    close(4000, 'x'.repeat(2 ** 20)),
    close(4000, [0xc3, 0x28]),
    close(1005, ''),
    close(0, ''),
    frame(0x88, Buffer.from([3])),
    close(4000, '').subarray(0, 3),
  ]
  const seen = await attack(t, 2 * closes.length, (socket, request, number) => {
    socket.write(answer(request))
    socket.end(closes[number % closes.length])
  })
  const allowed = ['0', '1002', '1005', '1006', '1007', '4000']
  assert.ok(
    Object.keys(seen.codes).every((code) => allowed.includes(code)),
    JSON.stringify(seen.codes),
  )
})

test('s01_s08d_a_handshake_that_is_never_answered_leaves_one_socket_at_a_time', async (t) => {
  const seen = await attack(t, FAILED, () => {}, { openTimeout: 200 }, false)
  assert.deepEqual([seen.events.open, Object.keys(seen.codes)], [0, ['1006']])
})

test('s07_s24_endless_refusals_and_redirects_cost_one_request_each', async (t) => {
  let requests = 0
  const refusals = [
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\n\r\n',
    'nonsense\r\n\r\n',
  ]
  const seen = await attack(t, FAILED, (socket) => socket.end(refusals[requests++ % refusals.length]), {}, false)
  assert.deepEqual([seen.events.open, Object.keys(seen.codes)], [0, ['1006']])
  // WebKit repeats some of them by itself.
  assert.ok(requests >= CLIENTS * FAILED && requests <= 2 * (seen.events.close + CLIENTS), `${requests} requests`)
})

test('s20_a_flood_of_messages_needs_no_timers_and_leaves_no_memory', async (t) => {
  const flood = Buffer.concat(Array(MESSAGES).fill(MESSAGE))
  const server = await serve(t, (socket, request) => {
    socket.write(answer(request))
    socket.write(flood)
    // The Close frame is all that the client sends.
    socket.on('data', () => socket.end())
  })
  const page = await visit(t)
  const before = await page.seen()
  await page.add(CLIENTS, server.url, OPTIONS)
  const first = await page.until(({ events }) => events.message === CLIENTS * MESSAGES)
  assert.deepEqual([first.sockets - before.sockets, first.states], [CLIENTS, { open: CLIENTS }])
  assert.ok(first.peak.timers <= before.timers + 2 * CLIENTS, `${first.peak.timers} timers`)
  for (const socket of server.sockets) socket.write(flood)
  const { memory, bytes } = await page.until(({ events }) => events.message === 2 * CLIENTS * MESSAGES)
  assert.strictEqual(bytes, 2 * CLIENTS * MESSAGES)
  if (CLIENT === 'rust') assert.ok(memory.inUse <= first.memory.inUse + 256, JSON.stringify([first.memory, memory]))
  await left(page, server.sockets, before)
})
