// Options: their checks, and the signal.

import { assert, rejects, throws } from '../support/assert.js'
import { connect, HomingSocket, log } from '../support/homing.js'
import { test } from '../support/test.js'
import { next } from '../support/wait.js'

test('s01_invalid_options_throw_at_once', () => {
  const refused = [
    { reconnect: { min: 0 } },
    { reconnect: { min: 10, max: 5 } },
    { reconnect: { factor: 0.5 } },
    { reconnect: { factor: NaN } },
    { reconnect: { jitter: 2 } },
    { reconnect: { jitter: -1 } },
    { reconnect: { maxAttempts: -1 } },
    { reconnect: { maxInitialAttempts: 0 } },
    { setup() {}, setupTimeout: 0 },
    { openTimeout: 0 },
    { openTimeout: NaN },
    { closeTimeout: -5 },
    { maxSendBuffer: 0 },
    { heartbeat: { message: 'x', interval: 0 } },
    { reconnect: { min: Infinity } },
    { reconnect: { min: 1e300 } },
    { reconnect: { factor: Infinity } },
    { reconnect: { max: NaN } },
    { heartbeat: { message: 'x', timeout: -1 } },
    { pauseWhileHidden: true, reconnect: false },
  ]
  for (const options of refused) throws(() => new HomingSocket('ws://127.0.0.1:9/', [], options), 'RangeError')
})

test('s01_an_option_of_the_wrong_type_is_a_type_error_before_connecting', () => {
  let dialled = 0
  class Counted {
    constructor() {
      dialled++
    }
  }
  const beat = (more) => ({ heartbeat: { message: 'x', ...more } })
  const refused = [
    ['options', null, 'null'],
    ['options', [], 'Array'],
    ['options', 'x', 'string'],
    ['reconnect', { reconnect: null }, 'null'],
    ['reconnect', { reconnect: 5 }, '5'],
    ['reconnect', { reconnect: () => {} }, 'function'],
    ['reconnect.min', { reconnect: { min: '5' } }, 'string'],
    ['reconnect.max', { reconnect: { max: null } }, 'null'],
    ['reconnect.max', { reconnect: { max: 5n } }, '5'],
    ['reconnect.min', { reconnect: { min: Symbol('x') } }, 'symbol'],
    ['reconnect.factor', { reconnect: { factor: {} } }, 'Object'],
    ['reconnect.jitter', { reconnect: { jitter: true } }, 'true'],
    ['reconnect.maxAttempts', { reconnect: { maxAttempts: 5n } }, '5'],
    ['reconnect.stableAfter', { reconnect: { stableAfter: [] } }, 'Array'],
    ['reconnect.shouldReconnect', { reconnect: { shouldReconnect: true } }, 'true'],
    ['reconnect.shouldReconnect', { reconnect: { shouldReconnect: null } }, 'null'],
    ['reconnect.maxInitialAttempts', { reconnect: { maxInitialAttempts: null } }, 'null'],
    ['setup', { setup: {} }, 'Object'],
    ['setup', { setup: null }, 'null'],
    ['setupTimeout', { setup() {}, setupTimeout: '5' }, 'string'],
    ['heartbeat', { heartbeat: null }, 'null'],
    ['heartbeat', { heartbeat: 1000 }, '1000'],
    ['heartbeat.message', { heartbeat: {} }, 'undefined'],
    ['heartbeat.message', beat({ message: 5 }), '5'],
    ['heartbeat.message', beat({ message: { type: 'ping' } }), 'Object'],
    ['heartbeat.isReply', beat({ isReply: 'pong' }), 'string'],
    ['heartbeat.inWorker', beat({ inWorker: 1 }), '1'],
    ['heartbeat.interval', beat({ interval: '1s' }), 'string'],
    ['heartbeat.timeout', beat({ timeout: new Date() }), 'Date'],
    ['signal', { signal: new AbortController() }, 'AbortController'],
    ['signal', { signal: null }, 'null'],
    ['signal', { signal: true }, 'true'],
    ['queue', { queue: 'no' }, 'string'],
    ['pauseWhileHidden', { pauseWhileHidden: null }, 'null'],
    ['maxSendBuffer', { maxSendBuffer: '1M' }, 'string'],
    ['openTimeout', { openTimeout: null }, 'null'],
    ['closeTimeout', { closeTimeout: false }, 'false'],
    ['WebSocket', { WebSocket: {} }, 'Object'],
    ['WebSocket', { WebSocket: null }, 'null'],
  ]
  for (const [name, wrong, given] of refused) {
    const options = wrong && !Array.isArray(wrong) && typeof wrong === 'object' ? { WebSocket: Counted, ...wrong } : wrong
    const { message } = throws(() => new HomingSocket('ws://127.0.0.1:9/', [], options), 'TypeError')
    assert.ok(message.startsWith(`homing: ${name} must be `) && message.endsWith(`, not ${given}`), message)
  }
  assert.strictEqual(dialled, 0)
})

test("an exception of an option's getter is thrown before connecting", () => {
  let dialled = 0
  class Counted {
    constructor() {
      dialled++
    }
  }
  const thrower = (name) =>
    Object.defineProperty({}, name, {
      enumerable: true,
      get: () => {
        throw new RangeError(name)
      },
    })
  const nested = (name, inner) => ({ [name]: Object.assign(thrower(inner), name === 'heartbeat' ? { message: 'x' } : {}) })
  const given = [
    ...['reconnect', 'heartbeat', 'queue', 'signal', 'WebSocket', 'openTimeout', 'maxSendBuffer'].map((name) => [
      name,
      thrower(name),
    ]),
    ...['min', 'max', 'shouldReconnect'].map((name) => [name, nested('reconnect', name)]),
    ...['interval', 'isReply'].map((name) => [name, nested('heartbeat', name)]),
  ]
  for (const [name, options] of given) {
    if (name !== 'WebSocket') options.WebSocket = Counted
    assert.strictEqual(throws(() => new HomingSocket('ws://127.0.0.1:9/', [], options), 'RangeError').message, name)
  }
  assert.strictEqual(dialled, 0)
})

test('reconnect() starts again even after the signal was aborted', async (t) => {
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

test('an aborted signal prevents any attempt', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { signal: AbortSignal.abort() })
  assert.strictEqual((await ws.closed).reason, 'closed')
  assert.strictEqual(ws.readyState, 3)
  await rejects(ws.opened)
  assert.strictEqual(await server.command('connections'), '0')
})

test('the signal stops a waiting client', async (t) => {
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
