// Listeners and attributes over several attempts.

import { assert } from '../support/assert.js'
import { connect, isByDeno, log, where } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

test('listeners remain across attempts, and once means once', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const calls = []
  ws.addEventListener('open', () => calls.push('listener'))
  // Node 20 resets the current target after the first listener.
  ws.onopen = function (event) {
    calls.push(`attribute ${[this === ws, event.target === ws, event.currentTarget === ws || where === 'node']}`)
  }
  ws.addEventListener('open', () => calls.push('once'), { once: true })
  ws.addEventListener('open', { handleEvent: () => calls.push('object') })
  const opened = next(ws, 'open')
    .then(() => next(ws, 'close'))
    .then(() => next(ws, 'open'))
  await until(() => calls.length === 4)
  await server.command('cut_all')
  await opened
  await until(() => calls.length >= 7)
  assert.deepEqual(calls, [
    'listener',
    'attribute true,true,true',
    'once',
    'object',
    'listener',
    'attribute true,true,true',
    'object',
  ])
})

test('listeners added in the close event receive the next attempt', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/numbered?n=1'))
  await next(ws, 'message')
  const got = []
  ws.addEventListener('close', () => ws.addEventListener('message', ({ data }) => got.push(data)), { once: true })
  await server.command('cut_all')
  await until(() => got.length === 1)
  assert.deepEqual(got, ['0'])
})

test('s03_one_close_event_per_attempt_however_it_ends', async (t) => {
  const server = await t.server()
  // Deno does not check the server's `Sec-WebSocket-Accept`.
  const bad = isByDeno ? '/http?status=400' : '/bad-accept'
  const paths = ['/rst', '/http?status=500', '/close?code=4000', bad, '/close', '/echo']
  const ws = connect(t, () => server.url(paths.shift()))
  const order = []
  for (const type of ['open', 'error', 'close', 'reconnecting']) ws.addEventListener(type, () => order.push(type))
  await until(() => paths.length === 0 && ws.readyState === 1)
  assert.strictEqual(order.filter((type) => type === 'close').length, 5)
  assert.strictEqual(order.filter((type) => type === 'reconnecting').length, 5)
  // An error event directly precedes the close event of its attempt.
  order.forEach((type, i) => type === 'error' && assert.strictEqual(order[i + 1], 'close'))
})

test('s03_a_listener_added_in_the_close_event_does_not_stop_the_client', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/close'))
  const entries = log(ws)
  const added = () => entries.push('added')
  ws.addEventListener('close', () => ws.addEventListener('close', added), { once: true })
  await until(() => entries.filter((entry) => entry === 'open').length >= 3)
  assert.ok(entries.includes('added'), `${entries}`)
})

test('stopImmediatePropagation in the close event does not stop the client', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  let called = false
  ws.addEventListener('close', (event) => event.stopImmediatePropagation(), { once: true })
  ws.addEventListener('close', () => (called = true), { once: true })
  await next(ws, 'open')
  const again = next(ws, 'open')
  await server.command('cut_all')
  await again
  assert.ok(!called)
})

test('s03_capturing_listeners_that_stop_events_do_not_stop_the_client', async (t) => {
  const server = await t.server()
  const stops = {
    stopPropagation: (event) => event.stopPropagation(),
    stopImmediatePropagation: (event) => event.stopImmediatePropagation(),
    cancelBubble: (event) => (event.cancelBubble = true),
  }
  for (const [name, stop] of Object.entries(stops)) {
    const ws = connect(t, server.url('/echo'))
    const targets = []
    for (const type of ['open', 'error', 'close']) {
      ws.addEventListener(
        type,
        (event) => {
          targets.push(event.target === ws)
          stop(event)
        },
        { capture: true },
      )
    }
    await ws.opened
    ws.send(name)
    await next(ws, 'message')
    await server.command('cut_all')
    await until(() => ws.stats.reconnects === 1)
    ws.send('again')
    await next(ws, 'message')
    ws.close()
    assert.strictEqual((await ws.closed).reason, 'closed')
    assert.ok(targets.length >= 4 && targets.every(Boolean), `${name}: ${targets}`)
  }
})

test('s05_an_exception_of_a_listener_does_not_stop_the_client', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const reported = []
  // If a connection breaks, browsers dispatch no error event, but Deno does.
  t.catchReports(({ message }) => (isByDeno && message === 'error') || reported.push(message))
  for (const type of ['open', 'error', 'close', 'reconnecting']) {
    ws.addEventListener(type, () => {
      throw new Error(type)
    })
  }
  await next(ws, 'open')
  const again = next(ws, 'open')
  await server.command('cut_all')
  await again
  await until(() => reported.length >= 4)
  assert.deepEqual(reported, ['open', 'close', 'reconnecting', 'open'])
  ws.close()
  await ws.closed
})

test('events dispatched by the program reach the same listeners', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const got = []
  ws.onmessage = ({ data, target }) => got.push([data, target === ws])
  ws.dispatchEvent(new MessageEvent('message', { data: 'mine' }))
  assert.deepEqual(got, [['mine', true]])
  assert.strictEqual(ws.stats.messagesReceived, 0)
  await next(ws, 'open')
})

test('a removed listener leaves no listener at its signal', async (t) => {
  if (where === 'node') t.skip('the platform adds a listener to the signal as well')
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const { signal } = new AbortController()
  const left = new Set()
  const { addEventListener: add, removeEventListener: remove } = signal
  signal.addEventListener = (type, act, options) => (left.add(act), add.call(signal, type, act, options))
  signal.removeEventListener = (type, act) => (left.delete(act), remove.call(signal, type, act))
  const listener = () => {}
  for (const once of [false, true]) ws.addEventListener('open', once ? () => {} : listener, { signal, once })
  ws.removeEventListener('open', listener)
  await next(ws, 'open')
  assert.strictEqual(left.size, 0)
})
