// Rules that the browser or the machine follow, as visible in the class.

import { assert, throws } from '../support/assert.js'
import { connect, isByWs, log, QUICK } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

test('s09_an_invalid_close_code_throws_in_every_state', async (t) => {
  const server = await t.server()
  // Without a socket, the client checks in place of the browser.
  const busy = connect(t, server.url('/count'), { maxSendBuffer: 1000 })
  await next(busy, 'open')
  for (let i = 0; i < 2; i++) busy.send(new Uint8Array(900))
  const nowhere = connect(t, () => new Promise(() => {}))
  const idle = connect(t, server.url('/echo'))
  await next(idle, 'open')
  for (const ws of [busy, nowhere, idle]) {
    // Classes other than browsers', such as Bun's, accept more codes.
    const more = isByWs || 'Bun' in globalThis ? [] : [1001, 1011]
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, ...more]) throws(() => ws.close(code), 'InvalidAccessError')
    throws(() => ws.close(4000, 'ü'.repeat(62)), 'SyntaxError')
    assert.ok(ws.readyState < 2)
  }
  busy.close(4000, 'ü'.repeat(61))
  await busy.closed
  assert.ok((await server.journal()).some((entry) => `${entry}` === `close,4000,${'ü'.repeat(61)}`))
})

test('s16_text_and_binary_arrive_in_order_by_binary_type', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const got = []
  ws.addEventListener('message', ({ data }) => got.push(data))
  ws.send('text')
  ws.send(Uint8Array.of(1))
  await until(() => got.length === 2)
  assert.deepEqual([got[0], got[1] instanceof Blob, got[1].size], ['text', true, 1])
  ws.binaryType = 'arraybuffer'
  // It applies to later sockets as well.
  const again = next(ws, 'open')
  ws.reconnect()
  await again
  ws.send(Uint8Array.of(1, 2))
  ws.send('last')
  await until(() => got.length === 4)
  assert.deepEqual([got[2] instanceof ArrayBuffer, got[2].byteLength, got[3]], [true, 2, 'last'])
})

test('s18_waking_from_sleep_closes_no_healthy_connection', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), {
    heartbeat: { message: 'beat', interval: 50, timeout: 10_000, isReply: (data) => data === 'beat' },
  })
  const entries = log(ws)
  await next(ws, 'latency')
  const { now } = Date
  t.onEnd(() => (Date.now = now))
  for (const hours of [1, -5]) {
    // Sleep: the wall clock has moved and the other clock has not. Then the wall clock is set back.
    const moved = hours * 3_600_000
    Date.now = () => now() + moved
    const { heartbeats } = ws.stats
    await until(() => ws.stats.heartbeats > heartbeats + 2)
    await next(ws, 'latency')
  }
  assert.deepEqual(
    entries.filter((entry) => entry !== 'latency'),
    ['open'],
  )
})

test('s20_the_browser_answers_pings_of_the_peer', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/ping'))
  await next(ws, 'open')
  await until(async () => (await server.journal()).some(([kind]) => kind === 'pong'))
})

test('s23_a_known_reason_of_failure_is_reported', async (t) => {
  const server = await t.server()
  const options = { reconnect: { ...QUICK, maxAttempts: 0 } }
  const slow = connect(t, server.url('/stall'), { ...options, openTimeout: 50 })
  assert.strictEqual((await next(slow, 'error')).error.message, 'homing: open timeout')
  assert.strictEqual((await slow.closed).error.message, 'homing: open timeout')
  const cause = new Error('no token today')
  const unasked = connect(t, () => Promise.reject(cause), options)
  const { error } = await next(unasked, 'error')
  assert.deepEqual([error.message, error.cause === cause], ['homing: failed to connect: no token today', true])
})

test('s26_secrets_of_a_url_are_not_repeated', async (t) => {
  const server = await t.server()
  const options = { openTimeout: 50, reconnect: { ...QUICK, maxAttempts: 0 } }
  // Nobody connects to the last two; the error of each contains the URL.
  const urls = [
    server.url('/stall?token=secret'),
    'ws://user:secret@127.0.0.1:9/path?token=secret#fragment',
    "ws://user:p@secret@127.0.0.1:99999/path?token='secret or more secret",
  ]
  for (const url of urls) {
    const ws = connect(t, () => url, options)
    const { message } = (await ws.closed).error
    assert.ok(message.startsWith('homing: ') && !message.includes('secret'), message)
  }
})

test('s26_what_the_constructor_refuses_is_not_repeated', async (t) => {
  const server = await t.server()
  // The class names the subprotocol that it refuses, and what is no URL.
  for (const [url, protocol] of [
    [server.url('/echo'), 'secret='],
    ['secret?token=secret#', 'valid'],
  ]) {
    const options = { openTimeout: 10_000, protocols: () => [protocol], reconnect: { ...QUICK, maxAttempts: 0 } }
    const { message, cause } = (await connect(t, () => url, options).closed).error
    assert.strictEqual(message, `homing: failed to connect: ${cause.name} thrown by the constructor`)
  }
})
