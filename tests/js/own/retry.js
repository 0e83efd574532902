// Failed attempts: timeouts, delays, limits, and which closes are retried.

import { assert } from '../support/assert.js'
import { connect, log, QUICK } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

test('s08d_a_stalled_handshake_is_abandoned_and_retried', async (t) => {
  const server = await t.server()
  const paths = ['/stall']
  const ws = connect(t, () => server.url(paths.shift() ?? '/echo'), { openTimeout: 300 })
  const entries = log(ws)
  await next(ws, 'open')
  // On a busy machine the next attempt may time out as well.
  assert.deepEqual([...entries.slice(0, 3), entries.at(-1)], ['error', 'close 1006', 'reconnecting', 'open'])
})

test('s04_the_error_of_the_end_is_of_the_last_attempt', async (t) => {
  const server = await t.server()
  const paths = ['/stall']
  const ws = connect(t, () => server.url(paths.shift() ?? '/close?code=1008'), { openTimeout: 500 })
  const { reason, error } = await ws.closed
  assert.deepEqual([reason, error], ['fatal', undefined])
})

test('s07_only_a_stable_connection_resets_the_count', async (t) => {
  const server = await t.server()
  for (const [stableAfter, expected] of [
    [600_000, [1, 2, 3]],
    [1, [1, 1, 1]],
  ]) {
    const ws = connect(t, server.url('/close?code=4000&after=1'), { reconnect: { ...QUICK, stableAfter } })
    const attempts = []
    ws.addEventListener('open', () => setTimeout(() => ws.send('go'), 20))
    ws.addEventListener('reconnecting', ({ attempt }) => attempts.push(attempt))
    await until(() => attempts.length >= 3)
    ws.close()
    assert.deepEqual(attempts.slice(0, 3), expected)
  }
})

test('s07_a_connection_is_stable_by_the_time_it_ended', async (t) => {
  const server = await t.server()
  let ahead = 0
  const { now } = performance
  const own = Object.getOwnPropertyDescriptor(performance, 'now')
  performance.now = () => now.call(performance) + ahead
  t.onEnd(() => (own ? Object.defineProperty(performance, 'now', own) : delete performance.now))
  // The predicate takes longer than `stableAfter`.
  const shouldReconnect = () => (ahead += 120_000) > 0
  const reconnect = { ...QUICK, stableAfter: 60_000, maxAttempts: 3, shouldReconnect }
  const ws = connect(t, server.url('/close?code=4000'), { reconnect })
  const attempts = []
  ws.addEventListener('reconnecting', ({ attempt }) => attempts.push(attempt))
  assert.strictEqual((await ws.closed).reason, 'exhausted')
  assert.deepEqual(attempts, [1, 2, 3])
})

test('s07_the_reconnecting_event_has_delay_attempt_and_cause', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { min: 40, max: 100, factor: 2, jitter: 0, maxAttempts: 3 } })
  const events = []
  ws.addEventListener('reconnecting', (event) => events.push(event))
  await ws.closed
  assert.deepEqual(
    events.map(({ attempt }) => attempt),
    [1, 2, 3],
  )
  const delays = events.map(({ delay }) => delay)
  // The delay is what is left when the event is dispatched: less on a busy machine.
  assert.ok(
    delays.every((delay, i) => delay <= [40, 80, 100][i]),
    `${delays}`,
  )
  assert.ok(events.every(({ cause }) => cause.code === 1006))
})

test('s02_connecting_is_dispatched_after_the_wait', async (t) => {
  const server = await t.server()
  await server.command('refuse_next?n=2')
  const ws = connect(t, server.url('/echo'))
  const seen = []
  for (const type of ['reconnecting', 'connecting', 'open']) {
    ws.addEventListener(type, () => seen.push([type, ws.state, ws.readyState, ws.stats.attempts]))
  }
  await next(ws, 'open')
  assert.deepEqual(seen, [
    ['reconnecting', 'waiting', 0, 1],
    ['connecting', 'connecting', 0, 2],
    ['reconnecting', 'waiting', 0, 2],
    ['connecting', 'connecting', 0, 3],
    ['open', 'open', 1, 3],
  ])
})

test('s05_close_when_the_wait_is_over', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'))
  const entries = log(ws)
  ws.addEventListener('connecting', () => ws.close())
  await ws.closed
  assert.deepEqual(entries, ['error', 'close 1006', 'reconnecting', 'error', 'close 1006', 'end closed'])
})

test('s08_policy_violation_is_not_retried_unless_wanted', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/close?code=1008'))
  assert.strictEqual((await ws.closed).reason, 'fatal')
  let asked = 0
  const wants = connect(t, server.url('/close?code=1008'), {
    reconnect: { ...QUICK, shouldReconnect: (event) => (asked += 1) < 3 && event.code === 1008 },
  })
  assert.strictEqual((await wants.closed).reason, 'declined')
  assert.strictEqual(asked, 3)
  assert.strictEqual(wants.stats.attempts, 3)
})

test('s08_any_other_close_is_retried', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/close?code=1000'), { reconnect: { ...QUICK, maxAttempts: 2 } })
  const entries = log(ws)
  assert.strictEqual((await ws.closed).reason, 'exhausted')
  assert.strictEqual(entries.filter((entry) => entry === 'close 1000').length, 3)
  assert.ok(!entries.includes('error'))
})

test('max alone also bounds the first delay', async (t) => {
  for (const reconnect of [{ max: 500 }, { min: 60_000 }]) connect(t, 'ws://127.0.0.1:9/', { reconnect })
})
