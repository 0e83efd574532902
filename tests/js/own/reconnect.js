// `reconnect()` of clients that do not reconnect by themselves.

import { assert } from '../support/assert.js'
import { connect, log, QUICK } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

const PLAIN = { reconnect: false, queue: false }
const withoutErrors = (entries) => entries.filter((entry) => entry !== 'error')

test('without a further attempt readyState is CLOSED in the close event', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/close?code=4000'), { reconnect: false })
  const states = []
  ws.addEventListener('close', () => states.push(ws.readyState))
  await ws.closed
  assert.deepEqual([...states, ws.readyState], [3, 3])
})

test('reconnect() in the close event of a plain client', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), PLAIN)
  const entries = log(ws)
  await next(ws, 'open')
  ws.addEventListener('close', () => ws.reconnect(), { once: true })
  const [closed, again] = [next(ws, 'close'), next(ws, 'open')]
  await server.command('cut_all')
  await closed
  // Connecting, or already open: there is no wait.
  assert.ok(ws.readyState < 2, `${ws.readyState}`)
  await again
  assert.deepEqual(withoutErrors(entries), ['open', 'close 1006', 'reconnecting', 'open'])
  assert.deepEqual([ws.readyState, ws.state], [1, 'open'])
  ws.close()
  assert.strictEqual((await ws.closed).reason, 'closed')
})

test('reconnect() of a plain client that is cut at the same time', async (t) => {
  for (;;) {
    const server = await t.server()
    const ws = connect(t, server.url('/echo'), PLAIN)
    const entries = log(ws)
    await next(ws, 'open')
    const closed = next(ws, 'close')
    const again = next(ws, 'open').then(
      () => true,
      () => false,
    )
    ws.reconnect()
    await server.command('cut_all')
    await closed
    // A late cut may hit the handshake of the next attempt, which ends a plain client. Then the case is repeated.
    if (!(await Promise.race([again, ws.closed.then(() => false)]))) continue
    // The code is that of the server's answer or of the cut, whichever is first. A late cut may also hit the next connection.
    const types = withoutErrors(entries).map((entry) => entry.split(' ')[0])
    assert.deepEqual(types.slice(0, 4), ['open', 'close', 'reconnecting', 'open'])
    return
  }
})

test('s03_a_failed_first_attempt_of_a_plain_client_is_dispatched_once', async (t) => {
  let asked = 0
  const server = await t.server()
  const url = () => {
    asked += 1
    if (asked === 1) throw new Error('no token')
    return server.url('/echo')
  }
  const ws = connect(t, url, PLAIN)
  const entries = log(ws)
  ws.addEventListener('close', () => ws.reconnect(), { once: true })
  await next(ws, 'open')
  assert.deepEqual(
    entries.filter((entry) => entry !== 'reconnecting'),
    ['error', 'close 1006', 'open'],
  )
})

for (const when of ['open', 'message']) {
  test(`s08a_reconnect_undoes_a_close_in_${when}`, async (t) => {
    const reports = []
    t.catchReports((error) => reports.push(error))
    const server = await t.server()
    // Would take longer than the test.
    const ws = connect(t, server.url('/echo'), { closeTimeout: 3_600_000 })
    const entries = log(ws)
    const act = () => {
      ws.close()
      ws.reconnect()
    }
    ws.addEventListener(when, act, { once: true })
    ws.send('queued')
    await until(() => entries.filter((entry) => entry === 'open').length === 2)
    if (when === 'open') await until(() => entries.includes('message queued'))
    const sent = when === 'open' ? [] : ['message queued']
    assert.deepEqual(entries.slice(0, 4 + sent.length), ['open', ...sent, 'close 1005', 'reconnecting', 'open'])
    assert.deepEqual(reports, [])
  })
}

test('an abort right after reconnect() ends a client that has started again', async (t) => {
  const server = await t.server()
  const controller = new AbortController()
  const ws = connect(t, server.url('/echo'), { signal: controller.signal })
  await next(ws, 'open')
  ws.close()
  await ws.closed
  ws.reconnect()
  controller.abort()
  assert.strictEqual((await ws.closed).reason, 'closed')
  assert.strictEqual(ws.readyState, 3)
})

for (const path of ['/echo', '/stall']) {
  test(`close() of ${path} in its first attempt`, async (t) => {
    const server = await t.server()
    const ws = connect(t, server.url(path), { reconnect: QUICK })
    const entries = log(ws)
    if (path === '/echo') await next(ws, 'open')
    ws.close()
    assert.strictEqual(ws.readyState, 2)
    await next(ws, 'close')
    assert.strictEqual(ws.readyState, 3)
    await ws.closed
    assert.deepEqual(entries, path === '/echo' ? ['open', 'close 1005', 'end closed'] : ['error', 'close 1006', 'end closed'])
  })
}

test('a message is sent before a close() that follows at once', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/count'))
  await next(ws, 'open')
  ws.send('x'.repeat(400_000))
  ws.close()
  assert.strictEqual((await ws.closed).unsent, 0)
  const texts = (await server.journal()).filter(([kind]) => kind === 'text')
  assert.deepEqual(
    texts.map(([, text]) => text.length),
    [400_000],
  )
})
