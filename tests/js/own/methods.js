// Members that the standard does not have: reconnect(), state, promises, iteration.

import { assert, rejects, throws } from '../support/assert.js'
import { connect, log, QUICK } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

test('reconnect() rejects a delay out of range', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  await next(ws, 'open')
  for (const delay of [1e300, Infinity, -Infinity, NaN, -1, 2 ** 31]) throws(() => ws.reconnect(delay), 'RangeError')
  for (const delay of [null, '5', {}]) throws(() => ws.reconnect(delay), 'TypeError')
  assert.deepEqual([ws.state, ws.stats.attempts], ['open', 1])
})

test('s08a_reconnect_while_open_closes_the_old_attempt_first', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const entries = log(ws)
  await next(ws, 'open')
  // Deno dispatches both in one task.
  const [again, kept] = [next(ws, 'open'), next(ws, 'message')]
  ws.reconnect()
  ws.send('kept')
  await again
  await kept
  assert.deepEqual(entries, ['open', 'close 1000', 'reconnecting', 'open', 'message kept'])
  assert.strictEqual((await server.journal()).filter(([kind]) => kind === 'accepted').length, 2)
})

test('s08a_reconnect_while_waiting_connects_at_once', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { min: 60_000, max: 60_000, jitter: 0 } })
  await next(ws, 'reconnecting')
  assert.deepEqual([ws.state, ws.readyState], ['waiting', 0])
  await server.command('restart')
  ws.reconnect()
  await next(ws, 'open')
})

test('s08a_reconnect_after_the_end_starts_again', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  await next(ws, 'open')
  ws.close()
  await ws.closed
  const entries = log(ws)
  assert.deepEqual([ws.state, ws.readyState], ['closed', 3])
  ws.reconnect()
  ws.send('again')
  await next(ws, 'message')
  assert.deepEqual(entries, ['open', 'message again'])
  assert.deepEqual([ws.stats.attempts, ws.stats.reconnects], [2, 1])
  ws.close()
  assert.strictEqual((await ws.closed).reason, 'closed')
})

test('s08a_reconnect_in_the_close_event_overrides_the_policy', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/close?code=1008'))
  const entries = log(ws)
  ws.addEventListener('close', () => ws.reconnect(10), { once: true })
  await ws.closed
  assert.deepEqual(entries, ['open', 'close 1008', 'reconnecting', 'open', 'close 1008', 'end fatal'])
})

test('s08a_reconnect_with_a_delay', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  await next(ws, 'open')
  ws.reconnect(50)
  const { delay } = await next(ws, 'reconnecting')
  assert.ok(delay <= 50, `${delay}`)
  await next(ws, 'open')
})

test('s08a_reconnect_without_reconnecting', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { reconnect: false, queue: false })
  const entries = log(ws)
  await next(ws, 'open')
  await server.command('cut_all')
  assert.strictEqual((await ws.closed).reason, 'exhausted')
  ws.reconnect()
  await next(ws, 'open')
  assert.deepEqual(
    entries.filter((entry) => entry !== 'error'),
    ['open', 'close 1006', 'end exhausted', 'open'],
  )
  ws.close()
  await ws.closed
})

test('s11_close_while_connecting', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/stall'))
  const entries = log(ws)
  ws.close()
  assert.deepEqual([ws.readyState, ws.state], [2, 'closing'])
  await ws.closed
  assert.deepEqual(entries, ['error', 'close 1006', 'end closed'])
})

test('s11_close_while_waiting_dispatches_only_end', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { min: 60_000, max: 60_000, jitter: 0 } })
  await next(ws, 'reconnecting')
  const entries = log(ws)
  ws.close()
  assert.deepEqual(entries, [])
  await ws.closed
  assert.deepEqual(entries, ['end closed'])
})

test('s11_close_while_the_url_is_awaited', async (t) => {
  const ws = connect(t, () => new Promise(() => {}))
  const entries = log(ws)
  ws.close()
  assert.strictEqual(ws.readyState, 2)
  await ws.closed
  assert.strictEqual(entries.at(-1), 'end closed')
  assert.deepEqual(
    entries.filter((entry) => entry.startsWith('close')),
    ['close 1006'],
  )
})

test('s10_a_peer_that_does_not_answer_close_is_abandoned', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/close?never=1'), { closeTimeout: 200 })
  await next(ws, 'open')
  ws.close(1000)
  const event = await next(ws, 'close')
  assert.deepEqual([event.code, event.wasClean], [1006, false])
  assert.strictEqual((await ws.closed).reason, 'closed')
})

test('s05_every_method_may_be_called_in_every_event', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const order = []
  let within = 0
  const step = (name, act) => {
    within += 1
    order.push(`${name} ${within}`)
    act()
    within -= 1
  }
  ws.addEventListener('open', () => step('open', () => ws.send('x')))
  ws.addEventListener('message', () => step('message', () => ws.reconnect()), { once: true })
  ws.addEventListener('close', () => step('close', () => ws.send('y')), { once: true })
  ws.addEventListener('reconnecting', () => step('reconnecting', () => ws.reconnect()))
  ws.addEventListener('end', () => step('end', () => {}))
  await until(() => order.filter((entry) => entry.startsWith('open')).length === 2)
  ws.addEventListener('message', () => ws.close(), { once: true })
  ws.send('z')
  await ws.closed
  assert.deepEqual(order, ['open 1', 'message 1', 'close 1', 'reconnecting 1', 'open 1', 'end 1'])
})

test('s05_reconnect_may_be_called_in_an_error_event', async (t) => {
  const server = await t.server()
  const asked = []
  const url = () => {
    asked.push('url')
    if (asked.length === 1) throw new Error('no token')
    return server.url('/echo')
  }
  for (const where of ['error', 'shouldReconnect']) {
    asked.length = 0
    let ws
    const shouldReconnect = () => {
      if (where === 'shouldReconnect') ws.reconnect()
      return true
    }
    ws = connect(t, url, { reconnect: { min: 600_000, max: 600_000, shouldReconnect } })
    const entries = log(ws)
    if (where === 'error') ws.addEventListener('error', () => ws.reconnect())
    await next(ws, 'open')
    ws.close()
    await ws.closed
    assert.deepEqual(
      entries.filter((entry) => entry !== 'reconnecting'),
      ['error', 'close 1006', 'open', 'close 1005', 'end closed'],
      where,
    )
  }
})

test('s04_closed_resolves_with_the_reason_even_after_the_end', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/protocol'), { protocols: ['chat'] })
  assert.deepEqual(await ws.opened, { protocol: 'chat', extensions: '' })
  assert.deepEqual(await ws.opened, { protocol: 'chat', extensions: '' })
  ws.close(4000)
  const end = await ws.closed
  assert.deepEqual([end.reason, end.unsent, end.cause.code], ['closed', 0, 4000])
  assert.strictEqual((await ws.closed).reason, 'closed')
  await rejects(ws.opened)
})

test('s24_opened_resolves_with_the_result_of_the_handshake', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/protocol'), { protocols: ['chat', 'other'] })
  assert.deepEqual(await ws.opened, { protocol: 'chat', extensions: '' })
  assert.deepEqual([ws.protocol, ws.extensions], ['chat', ''])
})

test('s04_opened_rejects_at_the_end', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { ...QUICK, maxAttempts: 1 } })
  const error = await rejects(ws.opened)
  assert.ok(error instanceof Error)
  assert.strictEqual(ws.state, 'closed')
})

test('messages can be iterated across reconnects until the end', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/numbered?n=3'), { reconnect: { ...QUICK } })
  const got = []
  for await (const data of ws) {
    got.push(data)
    if (got.length === 3) await server.command('cut_all')
    if (got.length === 6) ws.close()
  }
  assert.deepEqual(got, ['0', '1', '2', '0', '1', '2'])
  ws.addEventListener = () => {
    throw new Error('a message after the end')
  }
  for await (const _ of ws) throw new Error('a message after the end')
})

test('an iteration can be stopped', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/numbered?n=3'))
  for await (const data of ws) {
    if (data === '1') break
  }
  const entries = log(ws)
  ws.send('on')
  await until(() => entries.includes('message on'))
})
