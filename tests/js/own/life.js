// Opening, reconnecting and closing.

import { assert } from '../support/assert.js'
import { connect, log, Native, QUICK, where } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

test('s03_opens_echoes_and_closes', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const entries = log(ws)
  assert.strictEqual(ws.readyState, 0)
  ws.send('queued')
  assert.strictEqual(ws.bufferedAmount, 6)
  await next(ws, 'message')
  assert.strictEqual(ws.readyState, 1)
  assert.strictEqual(ws.state, 'open')
  ws.close(4000, 'bye')
  assert.strictEqual(ws.readyState, 2)
  const event = await next(ws, 'close')
  assert.deepEqual([event.code, event.wasClean], [4000, true])
  assert.ok((await server.journal()).some((entry) => `${entry}` === 'close,4000,bye'))
  assert.ok(event.target === ws)
  await until(() => entries.length === 4)
  assert.deepEqual(entries, ['open', 'message queued', 'close 4000', 'end closed'])
  assert.strictEqual(ws.readyState, 3)
})

test('s07_reconnects_after_a_cut', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const entries = log(ws)
  await next(ws, 'open')
  const closed = next(ws, 'close')
  const opened = closed.then(() => next(ws, 'open'))
  let seen
  ws.addEventListener('close', () => (seen = [ws.readyState, ws.state]), { once: true })
  await server.command('cut_all')
  await closed
  await opened
  assert.deepEqual(seen, [0, 'waiting'])
  ws.send('again')
  await next(ws, 'message')
  assert.deepEqual(
    entries.filter((entry) => entry !== 'error'),
    ['open', 'close 1006', 'reconnecting', 'open', 'message again'],
  )
})

test('s03_a_refused_port_is_1006_with_an_error_before_it', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { ...QUICK, maxAttempts: 2 } })
  const entries = log(ws)
  const end = await ws.closed
  assert.strictEqual(end.reason, 'exhausted')
  assert.deepEqual(entries, [
    'error',
    'close 1006',
    'reconnecting',
    'error',
    'close 1006',
    'reconnecting',
    'error',
    'close 1006',
    'end exhausted',
  ])
})

test('s12_the_servers_close_codes_are_delivered', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/close?code=4001&reason=enough'))
  const event = await next(ws, 'close')
  assert.deepEqual([event.code, event.reason, event.wasClean], [4001, 'enough', true])
})

test('s03_a_port_that_browsers_block_is_1006_with_an_error_before_it', async (t) => {
  if (where === 'node') t.skip('Node blocks no ports')
  for (const options of [{ reconnect: { ...QUICK, maxAttempts: 0 } }, { reconnect: false, queue: false }]) {
    const ws = connect(t, 'ws://127.0.0.1:6667/', options)
    const entries = log(ws)
    await ws.closed
    assert.deepEqual(entries, ['error', 'close 1006', 'end exhausted'])
    assert.strictEqual(ws.readyState, 3)
  }
})

for (const act of ['close', 'reconnect']) {
  test(`s10_messages_that_arrive_after_${act}_are_discarded`, async (t) => {
    const server = await t.server()
    const ws = connect(t, server.url('/numbered?n=40'))
    const entries = log(ws)
    ws.addEventListener('message', ({ data }) => data === '2' && ws.stats.attempts === 1 && ws[act]())
    if (act === 'close') await ws.closed
    else await until(() => entries.filter((entry) => entry === 'message 2').length === 2)
    const first = ['open', 'message 0', 'message 1', 'message 2']
    const second = act === 'close' ? ['close 1005', 'end closed'] : ['close 1000', 'reconnecting', ...first]
    const expected = [...first, ...second]
    assert.deepEqual(entries.slice(0, expected.length), expected)
  })
}

test('s02_s13_while_the_peer_closes_the_client_is_closing_and_queues', async (t) => {
  const server = await t.server()
  let isClosing = false
  // The platform has received a Close frame, and the connection has not ended.
  class Closing extends Native {
    get readyState() {
      return isClosing ? Math.max(2, super.readyState) : super.readyState
    }

    // ws answers the Close frame by this, if it is not closing already.
    close(...args) {
      isClosing = false
      super.close(...args)
    }
  }
  const ws = connect(t, server.url('/echo'), { WebSocket: Closing, heartbeat: { message: 'beat', interval: 20, timeout: 60 } })
  const entries = log(ws)
  // At once, so that no heartbeat has to be answered.
  ws.addEventListener('open', () => (isClosing = true))
  await next(ws, 'open')
  ws.send('queued')
  assert.deepEqual([ws.state, ws.readyState, ws.bufferedAmount >= 6, ws.stats.openFor], ['closing', 2, true, undefined])
  assert.strictEqual(await ws.ping().catch(({ name }) => name), 'InvalidStateError')
  // Without an answer none of them ends the connection.
  await until(() => ws.stats.heartbeats > 10)
  await server.command('close_all?code=1008')
  const { reason, unsent } = await ws.closed
  assert.deepEqual([reason, unsent], ['fatal', 1])
  assert.deepEqual(entries, ['open', 'close 1008', 'end fatal'])
})
