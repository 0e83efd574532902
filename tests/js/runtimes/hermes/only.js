// Differences in React Native.

import { assert, throws } from '../../support/assert.js'
import { test } from '../../support/test.js'
import { next } from '../../support/wait.js'

test("binary messages are ArrayBuffers by default, as in React Native's class", async (t) => {
  const server = await t.server()
  const ws = new t.HomingSocket(server.url('/echo'))
  t.onEnd(() => ws.close())
  assert.strictEqual(ws.binaryType, 'arraybuffer')
  ws.send(Uint8Array.of(1, 2))
  const { data } = await next(ws, 'message')
  assert.ok(data instanceof ArrayBuffer)
  assert.deepEqual([...new Uint8Array(data)], [1, 2])
})

test("headers are passed to React Native's class", async (t) => {
  const server = await t.server()
  const ws = new t.HomingSocket(server.url('/headers'), [], { headers: { 'x-token': 'abc' } })
  t.onEnd(() => ws.close())
  const { data } = await next(ws, 'message')
  assert.ok(data.toLowerCase().includes('x-token') && data.includes('abc'), data)
})

test('an invalid close code never reaches the native side', async (t) => {
  const server = await t.server()
  const ws = new t.HomingSocket(server.url('/echo'))
  t.onEnd(() => ws.close())
  await next(ws, 'open')
  for (const code of [0, 999, 1005, 1006, 1015, 5000]) throws(() => ws.close(code), 'InvalidAccessError')
  assert.strictEqual(ws.readyState, 1)
})

/** Returns the package's own `EventTarget` and `Event`, found through its class. */
const targets = ({ HomingSocket }) => {
  const EventTarget = Object.getPrototypeOf(HomingSocket)
  const socket = new HomingSocket(() => new Promise(() => {}))
  let Event
  socket.addEventListener('end', (event) => (Event = Object.getPrototypeOf(event.constructor)))
  socket.close()
  return socket.closed.then(() => ({ EventTarget, Event }))
}

test('events are dispatched as in the DOM standard', async (t) => {
  const { EventTarget, Event } = await targets(t)
  const target = new EventTarget()
  const calls = []
  const note = (name, more) => (event) => {
    calls.push(name)
    more?.(event)
  }
  const later = note('added while dispatching')
  const removed = note('removed while dispatching')
  target.addEventListener(
    'x',
    note('first', () => {
      target.removeEventListener('x', removed)
      target.addEventListener('x', later)
    }),
    { once: true },
  )
  target.addEventListener('x', removed)
  target.addEventListener('x', note('capture'), true)
  const both = note('both')
  target.addEventListener('x', both)
  target.addEventListener('x', both, { capture: false })
  target.addEventListener('x', both, { capture: true })
  target.addEventListener('x', {
    handleEvent: note('object', (event) =>
      assert.deepEqual([event.target === target, event.currentTarget === target], [true, true]),
    ),
  })
  target.addEventListener('x', null)
  const event = new Event('x', { cancelable: true })
  assert.strictEqual(target.dispatchEvent(event), true)
  assert.deepEqual(calls, ['capture', 'both', 'first', 'both', 'object'])
  assert.deepEqual([event.currentTarget, event.target === target, event.eventPhase], [null, true, 0])
  calls.length = 0
  target.dispatchEvent(event)
  assert.deepEqual(calls, ['capture', 'both', 'both', 'object', 'added while dispatching'])
})

test('events can be prevented and stopped, and exceptions are reported', async (t) => {
  const { EventTarget, Event } = await targets(t)
  const reports = []
  const { error } = console
  console.error = (report) => reports.push(report)
  t.onEnd(() => (console.error = error))
  const target = new EventTarget()
  const calls = []
  const stop = new AbortController()
  target.addEventListener('x', () => calls.push('signal'), { signal: stop.signal })
  target.addEventListener('x', () => {
    throw new Error('thrown')
  })
  target.addEventListener('x', {})
  target.addEventListener('x', (event) => event.preventDefault(), { passive: true })
  assert.strictEqual(target.dispatchEvent(new Event('x', { cancelable: true })), true)
  assert.deepEqual(
    reports.map((report) => report.message === 'thrown' || report.name),
    [true, 'TypeError'],
  )
  target.addEventListener('x', (event) => {
    event.preventDefault()
    event.stopImmediatePropagation()
    throws(() => target.dispatchEvent(event), 'InvalidStateError')
  })
  target.addEventListener('x', () => calls.push('never'))
  stop.abort()
  assert.deepEqual(
    [target.dispatchEvent(new Event('x', { cancelable: true })), target.dispatchEvent(new Event('x'))],
    [false, true],
  )
  assert.deepEqual(calls, ['signal'])
  throws(() => target.addEventListener('x', 'text'), 'TypeError')
  throws(() => target.addEventListener('x', () => {}, { signal: null }), 'TypeError')
  throws(() => target.dispatchEvent({ type: 'x' }), 'TypeError')
})
