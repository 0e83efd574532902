// Options: providers, policy, timeouts, heartbeat, signal.

import { connect, HomingSocket, log, Native, QUICK, where } from '../support/homing.js'
import { assert, rejects, throws } from '../support/assert.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

test('s1_options_that_cannot_work_are_refused_at_once', () => {
  const refused = [
    { reconnect: { min: 0 } }, { reconnect: { min: 10, max: 5 } }, { reconnect: { factor: 0.5 } }, { reconnect: { factor: NaN } },
    { reconnect: { jitter: 2 } }, { reconnect: { jitter: -1 } }, { reconnect: { maxAttempts: -1 } }, { openTimeout: 0 },
    { openTimeout: NaN }, { closeTimeout: -5 }, { maxSendBuffer: 0 }, { heartbeat: { message: 'x', interval: 0 } },
    { reconnect: { min: Infinity } }, { reconnect: { min: 1e300 } }, { reconnect: { factor: Infinity } }, { reconnect: { max: NaN } },
    { heartbeat: { message: 'x', timeout: -1 } }, { pauseWhileHidden: true, reconnect: false },
  ]
  for (const options of refused) throws(() => new HomingSocket('ws://127.0.0.1:9/', [], options), 'RangeError')
})

test('s1_an_option_of_the_wrong_type_is_a_type_error_before_anything_is_dialled', () => {
  let dialled = 0
  class Counted {
    constructor() {
      dialled++
    }
  }
  const beat = (more) => ({ heartbeat: { message: 'x', ...more } })
  const refused = [
    ['options', null, 'null'], ['options', [], 'Array'], ['options', 'x', 'string'],
    ['reconnect', { reconnect: null }, 'null'], ['reconnect', { reconnect: 5 }, '5'], ['reconnect', { reconnect: () => {} }, 'function'],
    ['reconnect.min', { reconnect: { min: '5' } }, 'string'], ['reconnect.max', { reconnect: { max: null } }, 'null'],
    ['reconnect.max', { reconnect: { max: 5n } }, '5'], ['reconnect.min', { reconnect: { min: Symbol('x') } }, 'symbol'],
    ['reconnect.factor', { reconnect: { factor: {} } }, 'Object'], ['reconnect.jitter', { reconnect: { jitter: true } }, 'true'],
    ['reconnect.maxAttempts', { reconnect: { maxAttempts: 5n } }, '5'], ['reconnect.stableAfter', { reconnect: { stableAfter: [] } }, 'Array'],
    ['reconnect.shouldReconnect', { reconnect: { shouldReconnect: true } }, 'true'],
    ['reconnect.shouldReconnect', { reconnect: { shouldReconnect: null } }, 'null'],
    ['heartbeat', { heartbeat: null }, 'null'], ['heartbeat', { heartbeat: 1000 }, '1000'], ['heartbeat.message', { heartbeat: {} }, 'undefined'],
    ['heartbeat.message', beat({ message: 5 }), '5'], ['heartbeat.message', beat({ message: { type: 'ping' } }), 'Object'],
    ['heartbeat.isReply', beat({ isReply: 'pong' }), 'string'], ['heartbeat.inWorker', beat({ inWorker: 1 }), '1'],
    ['heartbeat.interval', beat({ interval: '1s' }), 'string'], ['heartbeat.timeout', beat({ timeout: new Date() }), 'Date'],
    ['signal', { signal: new AbortController() }, 'AbortController'], ['signal', { signal: null }, 'null'], ['signal', { signal: true }, 'true'],
    ['queue', { queue: 'no' }, 'string'], ['pauseWhileHidden', { pauseWhileHidden: null }, 'null'],
    ['maxSendBuffer', { maxSendBuffer: '1M' }, 'string'], ['openTimeout', { openTimeout: null }, 'null'],
    ['closeTimeout', { closeTimeout: false }, 'false'], ['WebSocket', { WebSocket: {} }, 'Object'], ['WebSocket', { WebSocket: null }, 'null'],
  ]
  for (const [name, wrong, given] of refused) {
    const options = wrong && !Array.isArray(wrong) && typeof wrong === 'object' ? { WebSocket: Counted, ...wrong } : wrong
    const { message } = throws(() => new HomingSocket('ws://127.0.0.1:9/', [], options), 'TypeError')
    assert.ok(message.startsWith(`homing: ${name} must be `) && message.endsWith(`, not ${given}`), message)
  }
  assert.strictEqual(dialled, 0)
})

test('an option whose getter throws is thrown before anything is dialled', () => {
  let dialled = 0
  class Counted {
    constructor() {
      dialled++
    }
  }
  const thrower = (name) => Object.defineProperty({}, name, { enumerable: true, get: () => { throw new RangeError(name) } })
  const nested = (name, inner) => ({ [name]: Object.assign(thrower(inner), name === 'heartbeat' ? { message: 'x' } : {}) })
  const given = [
    ...['reconnect', 'heartbeat', 'queue', 'signal', 'WebSocket', 'openTimeout', 'maxSendBuffer'].map((name) => [name, thrower(name)]),
    ...['min', 'max', 'shouldReconnect'].map((name) => [name, nested('reconnect', name)]),
    ...['interval', 'isReply'].map((name) => [name, nested('heartbeat', name)]),
  ]
  for (const [name, options] of given) {
    if (name !== 'WebSocket') options.WebSocket = Counted
    assert.strictEqual(throws(() => new HomingSocket('ws://127.0.0.1:9/', [], options), 'RangeError').message, name)
  }
  assert.strictEqual(dialled, 0)
})

test('whatever shouldReconnect returns counts by its truth', async (t) => {
  const server = await t.server()
  for (const [answer, reason, attempts] of [
    ['yes', 'exhausted', 2], [{}, 'exhausted', 2], [[1, 2], 'exhausted', 2], [Infinity, 'exhausted', 2],
    ['', 'declined', 1], [0, 'declined', 1], [undefined, 'declined', 1], [null, 'declined', 1],
  ]) {
    const reconnect = { ...QUICK, maxAttempts: 1, shouldReconnect: () => answer }
    const ws = connect(t, server.url('/close?code=4000'), { reconnect })
    assert.strictEqual((await ws.closed).reason, reason)
    assert.strictEqual(ws.stats.attempts, attempts)
  }
})

test('a shouldReconnect that is asynchronous is reported once, and the default policy applies', async (t) => {
  const server = await t.server()
  const reports = []
  t.catchReports((error) => reports.push(error))
  let asked = 0
  const shouldReconnect = async () => {
    if (++asked === 2) throw new Error('nobody waits for this')
    return false
  }
  const codes = [4000, 4001, 1008]
  const ws = connect(t, () => server.url(`/close?code=${codes.shift()}`), { reconnect: { ...QUICK, shouldReconnect } })
  const entries = log(ws)
  await ws.closed
  assert.deepEqual(entries.filter((entry) => entry.startsWith('close')), ['close 4000', 'close 4001', 'close 1008'])
  await until(() => reports.length > 0)
  assert.deepEqual(reports.map(({ name, message }) => `${name}: ${message}`), ['TypeError: homing: reconnect.shouldReconnect must not return a promise'])
})

test('what is reported never ends a process', async (t) => {
  if (where !== 'node') t.skip('this is a page')
  const server = await t.server()
  const uncaught = []
  const note = (error) => uncaught.push(error)
  process.on('uncaughtException', note)
  const { error } = console
  const printed = []
  console.error = (reported) => printed.push(reported.message)
  t.onEnd(() => {
    process.off('uncaughtException', note)
    console.error = error
  })
  const fail = (what) => () => {
    throw new Error(what)
  }
  const heartbeat = { message: fail('message'), interval: 20, timeout: 60_000, isReply: fail('isReply') }
  const ws = connect(t, server.url('/echo'), { heartbeat, reconnect: { ...QUICK, maxAttempts: 0, shouldReconnect: fail('shouldReconnect') } })
  await next(ws, 'open')
  ws.send('x')
  await next(ws, 'message')
  await until(() => printed.includes('message'))
  await server.command('cut_all')
  await ws.closed
  assert.deepEqual([...new Set(printed)].sort(), ['isReply', 'message', 'shouldReconnect'])
  // Longer than it takes until an exception of a microtask is uncaught.
  await new Promise((resolve) => setTimeout(resolve))
  assert.deepEqual(uncaught, [])
})

test('an isReply that is asynchronous is reported once, and messages are delivered', async (t) => {
  const server = await t.server()
  const reports = []
  t.catchReports((error) => reports.push(error))
  const isReply = async (data) => data === 'beat'
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: 10_000, isReply } })
  const entries = log(ws)
  for (const text of ['one', 'two', 'three']) ws.send(text)
  await until(() => entries.includes('message three'))
  assert.deepEqual(entries, ['open', 'message one', 'message two', 'message three'])
  await until(() => reports.length > 0)
  assert.deepEqual(reports.map(({ name, message }) => `${name}: ${message}`), ['TypeError: homing: heartbeat.isReply must not return a promise'])
})

test('a heartbeat message that is asynchronous is reported once and not sent', async (t) => {
  const server = await t.server()
  const reports = []
  t.catchReports((error) => reports.push(error))
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: async () => 'beat', interval: 10, timeout: 10_000 } })
  const entries = log(ws)
  await until(() => reports.length > 0)
  ws.send('after')
  await until(() => entries.includes('message after'))
  assert.deepEqual([entries, reports.map(({ name }) => name)], [['open', 'message after'], ['TypeError']])
})

test('whatever isReply returns counts by its truth', async (t) => {
  const server = await t.server()
  const isReply = (data) => data.match(/^beat/)
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: 30, timeout: 10_000, isReply } })
  const entries = log(ws)
  await next(ws, 'latency')
  ws.send('mine')
  await next(ws, 'message')
  assert.deepEqual(entries.filter((entry) => entry.startsWith('message')), ['message mine'])
})

test('s8b_the_url_may_come_from_a_function_for_each_attempt', async (t) => {
  const server = await t.server()
  let asked = 0
  const ws = connect(t, async () => server.url(`/echo?token=${++asked}`))
  assert.deepEqual([ws.readyState, ws.url], [0, ''])
  await next(ws, 'open')
  assert.ok(ws.url.endsWith('token=1'))
  const again = next(ws, 'open')
  await server.command('cut_all')
  await again
  assert.ok(ws.url.endsWith('token=2'))
  assert.strictEqual(asked, 2)
})

test('s8b_subprotocols_may_come_from_a_function', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/protocol'), { protocols: () => ['a', 'b'] })
  await next(ws, 'open')
  assert.strictEqual(ws.protocol, 'a')
})

test('s8b_a_provider_that_fails_is_a_failed_attempt', async (t) => {
  const server = await t.server()
  let asked = 0
  const ws = connect(t, () => {
    asked += 1
    if (asked === 1) throw new Error('no token')
    return asked === 2 ? Promise.reject(new Error('none yet')) : server.url('/echo')
  })
  const entries = log(ws)
  const errors = []
  ws.addEventListener('error', ({ error }) => errors.push(error.cause.message))
  await next(ws, 'open')
  assert.deepEqual(entries, ['error', 'close 1006', 'reconnecting', 'error', 'close 1006', 'reconnecting', 'open'])
  assert.deepEqual(errors, ['no token', 'none yet'])
})

test('s8b_what_a_provider_gives_is_checked', async (t) => {
  const server = await t.server()
  let dialled = 0
  class Counted extends Native {
    constructor(...given) {
      super(...given)
      dialled++
    }
  }
  const refused = [
    [undefined, 'undefined'], [null, 'null'], ['', 'string'], [5, '5'], [{}, 'Object'], [['ws://127.0.0.1:9/'], 'Array'], [Symbol('x'), 'symbol'],
  ]
  for (const [given, shown] of refused) {
    for (const url of [() => given, async () => given]) {
      const ws = connect(t, url, { WebSocket: Counted, reconnect: { ...QUICK, maxAttempts: 1 } })
      const entries = log(ws)
      const { error } = await ws.closed
      assert.deepEqual(entries, ['error', 'close 1006', 'reconnecting', 'error', 'close 1006', 'end exhausted'])
      assert.strictEqual(error.message, `homing: not dialled: the result of url() must be a URL, or a string that is not empty, not ${shown}`)
    }
  }
  assert.strictEqual(dialled, 0)
  // The class itself refuses these.
  for (const url of ['http://[', 'ftp://127.0.0.1/', 'ws://127.0.0.1:9/#x y']) {
    const ws = connect(t, () => url, { reconnect: { ...QUICK, maxAttempts: 0 } })
    const { reason, error } = await ws.closed
    assert.deepEqual([reason, error.cause?.name ?? 'none'], ['exhausted', 'SyntaxError'], url)
  }
  const taken = connect(t, () => new URL(server.url('/echo')))
  await next(taken, 'open')
})

test('s8b_a_provider_that_never_settles_ends_its_attempt_also_where_nothing_reconnects', async (t) => {
  const ws = connect(t, () => new Promise(() => {}), { reconnect: false, openTimeout: undefined })
  assert.strictEqual(ws.state, 'connecting')
  // By the default of ten seconds.
  const { reason, error } = await ws.closed
  assert.deepEqual([reason, error.message], ['exhausted', 'homing: open timeout'])
})

test('s8b_a_provider_that_takes_too_long_is_a_failed_attempt', async (t) => {
  const ws = connect(t, () => new Promise(() => {}), { openTimeout: 50, reconnect: { ...QUICK, maxAttempts: 0 } })
  const entries = log(ws)
  const end = await ws.closed
  assert.deepEqual(entries, ['error', 'close 1006', 'end exhausted'])
  assert.ok(end.error.message.includes('open timeout'), end.error.message)
})

test('s8d_a_stalled_handshake_is_abandoned_and_tried_again', async (t) => {
  const server = await t.server()
  const paths = ['/stall']
  const ws = connect(t, () => server.url(paths.shift() ?? '/echo'), { openTimeout: 300 })
  const entries = log(ws)
  await next(ws, 'open')
  // On a busy machine the next one may take too long as well.
  assert.deepEqual([...entries.slice(0, 3), entries.at(-1)], ['error', 'close 1006', 'reconnecting', 'open'])
})

test('s4_the_error_of_the_end_is_of_the_last_attempt', async (t) => {
  const server = await t.server()
  const paths = ['/stall']
  const ws = connect(t, () => server.url(paths.shift() ?? '/close?code=1008'), { openTimeout: 500 })
  const { reason, error } = await ws.closed
  assert.deepEqual([reason, error], ['fatal', undefined])
})

test('s7_only_a_connection_that_lasts_starts_the_count_over', async (t) => {
  const server = await t.server()
  for (const [stableAfter, expected] of [[600_000, [1, 2, 3]], [1, [1, 1, 1]]]) {
    const ws = connect(t, server.url('/close?code=4000&after=1'), { reconnect: { ...QUICK, stableAfter } })
    const attempts = []
    ws.addEventListener('open', () => setTimeout(() => ws.send('go'), 20))
    ws.addEventListener('reconnecting', ({ attempt }) => attempts.push(attempt))
    await until(() => attempts.length >= 3)
    ws.close()
    assert.deepEqual(attempts.slice(0, 3), expected)
  }
})

test('s7_whether_a_connection_lasted_is_judged_when_it_ends', async (t) => {
  const server = await t.server()
  let ahead = 0
  const { now } = performance
  const own = Object.getOwnPropertyDescriptor(performance, 'now')
  performance.now = () => now.call(performance) + ahead
  t.onEnd(() => (own ? Object.defineProperty(performance, 'now', own) : delete performance.now))
  // Whoever is asked takes his time.
  const shouldReconnect = () => (ahead += 120_000) > 0
  const reconnect = { ...QUICK, stableAfter: 60_000, maxAttempts: 3, shouldReconnect }
  const ws = connect(t, server.url('/close?code=4000'), { reconnect })
  const attempts = []
  ws.addEventListener('reconnecting', ({ attempt }) => attempts.push(attempt))
  assert.strictEqual((await ws.closed).reason, 'exhausted')
  assert.deepEqual(attempts, [1, 2, 3])
})

test('s7_the_reconnecting_event_tells_delay_attempt_and_cause', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { min: 40, max: 100, factor: 2, jitter: 0, maxAttempts: 3 } })
  const told = []
  ws.addEventListener('reconnecting', (event) => told.push(event))
  await ws.closed
  assert.deepEqual(told.map(({ attempt }) => attempt), [1, 2, 3])
  const delays = told.map(({ delay }) => delay)
  // What is left of it when it is told: less on a busy machine.
  assert.ok(delays.every((delay, i) => delay <= [40, 80, 100][i]), `${delays}`)
  assert.ok(told.every(({ cause }) => cause.code === 1006))
})

test('s2_the_end_of_the_wait_is_told', async (t) => {
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

test('s5_close_when_the_wait_is_over', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'))
  const entries = log(ws)
  ws.addEventListener('connecting', () => ws.close())
  await ws.closed
  assert.deepEqual(entries, ['error', 'close 1006', 'reconnecting', 'error', 'close 1006', 'end closed'])
})

test('s25_round_trips_are_timed_in_parts_of_a_millisecond', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), {
    heartbeat: { message: 'beat', interval: 5, timeout: 10_000, isReply: (data) => data === 'beat' },
  })
  const latencies = []
  const clock = []
  ws.addEventListener('latency', ({ latency }) => {
    latencies.push(latency)
    clock.push(performance.now())
  })
  await until(() => latencies.length >= 20)
  const isWhole = (millis) => Math.abs(millis - Math.round(millis)) < 1e-3
  if (clock.every(isWhole)) t.skip('the clock counts whole milliseconds here')
  assert.ok(!latencies.every(isWhole), latencies)
})

test('s8_policy_violation_is_not_tried_again_unless_wanted', async (t) => {
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

test('s8_any_other_close_is_tried_again', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/close?code=1000'), { reconnect: { ...QUICK, maxAttempts: 2 } })
  const entries = log(ws)
  assert.strictEqual((await ws.closed).reason, 'exhausted')
  assert.strictEqual(entries.filter((entry) => entry === 'close 1000').length, 3)
  assert.ok(!entries.includes('error'))
})

test('s17_a_heartbeat_finds_out_that_the_peer_is_gone', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { openTimeout: 500, heartbeat: { message: 'beat', interval: 50, timeout: 500 } })
  await next(ws, 'open')
  const entries = log(ws)
  const closed = next(ws, 'close')
  await next(ws, 'message')
  await server.command('silence?on=1')
  const event = await closed
  assert.deepEqual([event.code, event.wasClean, event.target === ws], [1006, false, true])
  await server.command('silence?on=0')
  const failed = entries.indexOf('error')
  await until(() => entries.slice(failed).includes('open'))
  assert.deepEqual(entries.slice(failed, failed + 3), ['error', 'close 1006', 'reconnecting'])
})

test('s17_answers_are_told_apart_and_timed', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), {
    heartbeat: { message: () => 'beat', interval: 30, timeout: 10_000, isReply: (data) => data === 'beat' },
  })
  const entries = log(ws)
  const event = await next(ws, 'latency')
  assert.ok(event.latency >= 0 && event.latency < 10_000)
  ws.send('mine')
  await next(ws, 'message')
  await next(ws, 'latency')
  assert.deepEqual(entries.filter((entry) => entry.startsWith('message')), ['message mine'])
  assert.ok(ws.stats.heartbeats >= 2 && ws.stats.lastRtt !== undefined && ws.stats.smoothedRtt !== undefined)
})

test('s17_messages_alone_keep_a_connection_alive', async (t) => {
  const server = await t.server()
  // Answers no heartbeat within its timeout, but sends all the time.
  const ws = connect(t, server.url('/numbered?n=160&every_ms=20&delay_ms=9000'), { heartbeat: { message: 'beat', interval: 100, timeout: 2500 } })
  const entries = log(ws)
  await until(() => entries.includes('message 159'))
  assert.ok(!entries.includes('error'), `${entries}`)
})

test('s17_a_heartbeat_behind_bytes_that_still_leave_has_not_left', async (t) => {
  const server = await t.server()
  // As on a slow link, where the browser's buffer empties little by little.
  let left = 0
  class Slow extends Native {
    get bufferedAmount() {
      return left
    }

    send(data) {
      left += data.length
      super.send(data)
    }
  }
  const ws = connect(t, server.url('/silent'), { WebSocket: Slow, heartbeat: { message: 'beat', interval: 100, timeout: 300 } })
  await next(ws, 'open')
  const entries = log(ws)
  ws.send('x'.repeat(1000))
  const leaving = setInterval(() => (left -= 1), 10)
  t.onEnd(() => clearInterval(leaving))
  await until(() => ws.stats.heartbeats >= 12)
  assert.ok(!entries.includes('error'), `${entries}`)
  // Nothing moves any more.
  clearInterval(leaving)
  await until(() => entries.includes('error'))
})

test('s19_the_beat_may_be_kept_in_a_worker', async (t) => {
  const server = await t.server()
  const { setTimeout } = globalThis
  t.onEnd(() => (globalThis.setTimeout = setTimeout))
  // The page's timers are as slow as long in the background. Node has no such worker, nor slow timers; Deno's is another.
  if (typeof Worker === 'function' && !('Deno' in globalThis)) globalThis.setTimeout = (act, millis) => setTimeout(act, Math.max(millis, 60_000))
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: 30, timeout: 10_000, inWorker: true } })
  let left = 5
  await new Promise((resolve) => ws.addEventListener('message', () => (left -= 1) || resolve()))
})

test('a longest delay alone shortens the first one as well', async (t) => {
  for (const reconnect of [{ max: 500 }, { min: 60_000 }]) connect(t, 'ws://127.0.0.1:9/', { reconnect })
})

test('reconnect() begins, though the signal was aborted before', async (t) => {
  const server = await t.server()
  const control = new AbortController()
  control.abort()
  const ws = connect(t, server.url('/echo'), { signal: control.signal })
  const entries = log(ws)
  ws.reconnect()
  await next(ws, 'open')
  assert.deepEqual(entries, ['open'])
})

test('the signal closes the client', async (t) => {
  const server = await t.server()
  const control = new AbortController()
  const ws = connect(t, server.url('/echo'), { signal: control.signal })
  const entries = log(ws)
  await next(ws, 'open')
  control.abort()
  assert.strictEqual(ws.readyState, 2)
  await ws.closed
  assert.deepEqual(entries, ['open', 'close 1000', 'end closed'])
})

test('a signal that is aborted already dials nothing', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { signal: AbortSignal.abort() })
  assert.strictEqual((await ws.closed).reason, 'closed')
  assert.strictEqual(ws.readyState, 3)
  await rejects(ws.opened)
  assert.strictEqual(await server.command('connections'), '0')
})

test('the signal stops a client that waits', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const control = new AbortController()
  const ws = connect(t, server.url('/echo'), { signal: control.signal, reconnect: { min: 60_000, max: 60_000, jitter: 0 } })
  const entries = log(ws)
  await next(ws, 'reconnecting')
  control.abort()
  await ws.closed
  assert.deepEqual(entries, ['error', 'close 1006', 'reconnecting', 'end closed'])
})
