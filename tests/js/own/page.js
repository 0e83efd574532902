// Events of the page: network, visibility, back/forward cache. The tests dispatch them in place of the browser.

import { assert } from '../support/assert.js'
import { connect, log, QUICK } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

const LONG = { min: 600_000, max: 600_000, jitter: 0 }

/** Makes the page appear hidden or shown. */
function hide(t, hidden) {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
  t.onEnd(() => delete document.hidden)
}

const transition = (type, persisted = true) => window.dispatchEvent(new PageTransitionEvent(type, { persisted }))

async function waiting(t, options = {}) {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: LONG, ...options })
  const entries = log(ws)
  await next(ws, 'reconnecting')
  await server.command('restart')
  return { server, ws, entries }
}

/** Waits until all listeners of the open event have been called: no event of the page comes between them. */
async function opened(ws) {
  await next(ws, 'open')
  await new Promise((resolve) => setTimeout(resolve))
}

test('s08c_online_ends_the_wait', async (t) => {
  const { ws } = await waiting(t)
  window.dispatchEvent(new Event('online'))
  await next(ws, 'open')
})

test('s08c_becoming_visible_ends_the_wait', async (t) => {
  const { ws } = await waiting(t)
  hide(t, true)
  assert.strictEqual(ws.state, 'waiting')
  hide(t, false)
  await next(ws, 'open')
})

test('s08c_online_probes_an_open_connection', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: 600_000, timeout: 10_000 } })
  await next(ws, 'open')
  assert.strictEqual(ws.stats.heartbeats, 0)
  window.dispatchEvent(new Event('online'))
  assert.strictEqual((await next(ws, 'message')).data, 'beat')
  assert.strictEqual(ws.stats.heartbeats, 1)
})

test('s08c_a_page_in_the_back_forward_cache_is_disconnected_and_reconnects', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { reconnect: LONG })
  const entries = log(ws)
  await opened(ws)
  transition('pagehide', false)
  assert.deepEqual(entries, ['open'])
  transition('pagehide')
  assert.deepEqual(entries, ['open', 'close 1006'])
  assert.deepEqual([ws.readyState, ws.state], [0, 'waiting'])
  window.dispatchEvent(new Event('online'))
  ws.send('kept')
  transition('pageshow', false)
  await until(async () => (await server.command('connections')) === '0')
  transition('pageshow')
  await next(ws, 'message')
  assert.deepEqual(
    entries.filter((entry) => entry !== 'reconnecting'),
    ['open', 'close 1006', 'open', 'message kept'],
  )
})

test('s08c_a_client_that_never_reconnects_ends_with_its_attempt', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { reconnect: false })
  const entries = log(ws)
  await next(ws, 'open')
  transition('pagehide')
  transition('pageshow')
  assert.strictEqual((await ws.closed).reason, 'exhausted')
  assert.deepEqual(entries, ['open', 'close 1006', 'end exhausted'])
})

test('s08c_a_closed_client_does_not_reconnect', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { reconnect: QUICK })
  await next(ws, 'open')
  ws.close()
  await ws.closed
  const entries = log(ws)
  for (const type of ['pagehide', 'pageshow']) transition(type)
  window.dispatchEvent(new Event('online'))
  hide(t, true)
  hide(t, false)
  const { ws: other } = await waiting(t)
  window.dispatchEvent(new Event('online'))
  await next(other, 'open')
  assert.deepEqual(entries, [])
  assert.strictEqual(ws.readyState, 3)
})

test('pauseWhileHidden disconnects while the page is hidden', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { pauseWhileHidden: true, reconnect: LONG })
  const entries = log(ws)
  await opened(ws)
  hide(t, true)
  assert.strictEqual(ws.state, 'waiting')
  await until(async () => (await server.command('connections')) === '0')
  window.dispatchEvent(new Event('online'))
  ws.send('later')
  assert.deepEqual(entries, ['open', 'close 1006'])
  hide(t, false)
  await next(ws, 'message')
  assert.deepEqual(
    entries.filter((entry) => entry !== 'reconnecting'),
    ['open', 'close 1006', 'open', 'message later'],
  )
})

test('pauseWhileHidden in a page that is hidden from the start', async (t) => {
  const server = await t.server()
  hide(t, true)
  const ws = connect(t, server.url('/echo'), { pauseWhileHidden: true, reconnect: LONG })
  await until(() => ws.state === 'waiting')
  hide(t, false)
  await next(ws, 'open')
})

test('a plain client ignores events of the page', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { reconnect: false, queue: false })
  await next(ws, 'open')
  transition('pagehide')
  hide(t, true)
  ws.send('x')
  assert.strictEqual((await next(ws, 'message')).data, 'x')
  transition('pageshow')
  assert.ok(ws.readyState === 1)
})
