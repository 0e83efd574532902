// Functions that return the URL or the subprotocols.

import { assert } from '../support/assert.js'
import { connect, log, Native, QUICK } from '../support/homing.js'
import { test } from '../support/test.js'
import { next } from '../support/wait.js'

test('s08b_the_url_may_come_from_a_function_for_each_attempt', async (t) => {
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

test('s08b_subprotocols_may_come_from_a_function', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/protocol'), { protocols: () => ['a', 'b'] })
  await next(ws, 'open')
  assert.strictEqual(ws.protocol, 'a')
})

test('s08b_a_provider_may_abort_the_signal_of_its_client', async (t) => {
  const server = await t.server()
  const controller = new AbortController()
  const { signal } = controller
  const provide = () => {
    controller.abort()
    return server.url('/echo')
  }
  const ws = connect(t, provide, { signal })
  const types = []
  for (const type of ['open', 'end']) ws.addEventListener(type, () => types.push(type))
  const { reason } = await ws.closed
  assert.deepEqual([reason, types], ['closed', ['end']])
})

test('s08b_a_provider_that_fails_is_a_failed_attempt', async (t) => {
  const server = await t.server()
  let asked = 0
  const ws = connect(t, () => {
    asked += 1
    if (asked === 1) throw new Error('no token')
    return asked === 2 ? Promise.reject(new Error('none yet')) : server.url('/echo')
  })
  const entries = log(ws)
  const errors = []
  // An `error` of the browser's own has none, as when the server ends after the test while the client closes.
  ws.addEventListener('error', ({ error }) => errors.push(error?.cause.message))
  await next(ws, 'open')
  assert.deepEqual(entries, ['error', 'close 1006', 'reconnecting', 'error', 'close 1006', 'reconnecting', 'open'])
  assert.deepEqual(errors, ['no token', 'none yet'])
})

test('s08b_a_provider_may_fail_with_any_value', async (t) => {
  const server = await t.server()
  const texts = ['Symbol(why)', '', '[object Object]']
  const values = [Symbol('why'), Object.create(null), Object.assign(new Error(), { message: {} })]
  const errors = []
  const ws = connect(t, async () => {
    if (errors.length < values.length) throw values[errors.length]
    return server.url('/echo')
  })
  ws.addEventListener('error', ({ error }) => errors.push(error))
  await next(ws, 'open')
  assert.deepEqual(
    errors.map(({ message }) => message),
    texts.map((text) => `homing: failed to connect: ${text}`),
  )
  assert.ok(errors.every(({ cause }, index) => cause === values[index]))
})

test('s08b_both_providers_may_fail_in_different_ways', async (t) => {
  const protocols = () => {
    throw new Error('first')
  }
  const reject = () => Promise.reject(new Error('second'))
  const ws = connect(t, reject, { protocols, reconnect: { ...QUICK, maxAttempts: 0 } })
  // An unhandled rejection would fail this test.
  const { error } = await ws.closed
  assert.strictEqual(error.cause.message, 'first')
})

test('s08b_the_result_of_a_provider_is_checked', async (t) => {
  const server = await t.server()
  let dialled = 0
  class Counted extends Native {
    constructor(...given) {
      super(...given)
      dialled++
    }
  }
  const refused = [
    [undefined, 'undefined'],
    [null, 'null'],
    ['', 'string'],
    [5, '5'],
    [{}, 'Object'],
    [['ws://127.0.0.1:9/'], 'Array'],
    [Symbol('x'), 'symbol'],
  ]
  for (const [given, shown] of refused) {
    for (const url of [() => given, async () => given]) {
      const ws = connect(t, url, { WebSocket: Counted, reconnect: { ...QUICK, maxAttempts: 1 } })
      const entries = log(ws)
      const { error } = await ws.closed
      assert.deepEqual(entries, ['error', 'close 1006', 'reconnecting', 'error', 'close 1006', 'end exhausted'])
      assert.strictEqual(
        error.message,
        `homing: failed to connect: the result of url() must be a URL or a non-empty string, not ${shown}`,
      )
    }
  }
  assert.strictEqual(dialled, 0)
  // The socket's class refuses these.
  for (const url of ['http://[', 'ftp://127.0.0.1/', 'ws://127.0.0.1:9/#x y']) {
    const ws = connect(t, () => url, { reconnect: { ...QUICK, maxAttempts: 0 } })
    const { reason, error } = await ws.closed
    assert.deepEqual([reason, error.cause?.name ?? 'none'], ['exhausted', 'SyntaxError'], url)
  }
  const taken = connect(t, () => new URL(server.url('/echo')))
  await next(taken, 'open')
})

test('s08b_a_provider_that_never_settles_ends_its_attempt_even_without_reconnecting', async (t) => {
  const ws = connect(t, () => new Promise(() => {}), { reconnect: false, openTimeout: undefined })
  assert.strictEqual(ws.state, 'connecting')
  // The default of ten seconds applies.
  const { reason, error } = await ws.closed
  assert.deepEqual([reason, error.message], ['exhausted', 'homing: open timeout'])
})

test('s08b_a_provider_that_takes_too_long_is_a_failed_attempt', async (t) => {
  const ws = connect(t, () => new Promise(() => {}), { openTimeout: 50, reconnect: { ...QUICK, maxAttempts: 0 } })
  const entries = log(ws)
  const end = await ws.closed
  assert.deepEqual(entries, ['error', 'close 1006', 'end exhausted'])
  assert.ok(end.error.message.includes('open timeout'), end.error.message)
})
