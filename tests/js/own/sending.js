// The send queue.

import { assert, throws } from '../support/assert.js'
import { connect, countsLate, HomingSocket, isByWs, log, Native } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

test('s13_the_queue_is_sent_in_order_after_messages_of_the_open_event', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const got = []
  ws.binaryType = 'arraybuffer'
  ws.addEventListener('message', ({ data }) => got.push(typeof data === 'string' ? data : [...new Uint8Array(data)].join()))
  ws.addEventListener('open', () => ws.send('from open'))
  const bytes = Uint8Array.of(1, 2)
  ws.send('first')
  ws.send(bytes)
  bytes.fill(9)
  ws.send(new Blob(['blob']))
  assert.strictEqual(ws.bufferedAmount, 5 + 2 + 4)
  await until(() => got.length === 4)
  assert.deepEqual(got, ['from open', 'first', '1,2', '98,108,111,98'])
})

test('s13_every_open_listener_sends_before_the_queue_on_every_connection', async (t) => {
  const server = await t.server()
  // A full queue refuses nothing that these listeners send.
  const ws = connect(t, server.url('/echo'), { maxSendBuffer: 3 })
  const got = []
  ws.addEventListener('message', ({ data }) => got.push(data))
  ws.addEventListener('open', () => ws.send('login'), { capture: true })
  ws.addEventListener('open', () => ws.send('subscribe'))
  ws.send('queued')
  await until(() => got.length === 3)
  ws.addEventListener('open', (event) => {
    ws.send('last')
    event.stopImmediatePropagation()
  })
  ws.addEventListener('close', () => ws.send('later'), { once: true })
  await server.command('cut_all')
  await until(() => got.length === 7)
  assert.deepEqual(got, ['login', 'subscribe', 'queued', 'login', 'subscribe', 'last', 'later'])
})

test('s13_reconnect_in_an_open_listener_keeps_the_queue', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const got = []
  ws.addEventListener('message', ({ data }) => got.push(data))
  ws.addEventListener('open', () => ws.reconnect(), { once: true })
  ws.addEventListener('open', () => ws.send(`open ${ws.stats.attempts}`))
  ws.send('queued')
  await until(() => got.length === 3)
  // After `reconnect()`, messages are for the next connection.
  assert.deepEqual(got, ['open 2', 'queued', 'open 1'])
})

test('s13_unsent_messages_survive_a_reconnect', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  await next(ws, 'open')
  const got = []
  ws.addEventListener('message', ({ data }) => got.push(data))
  ws.addEventListener(
    'close',
    () => {
      ws.send('one')
      ws.send('two')
      assert.strictEqual(ws.bufferedAmount, 6)
    },
    { once: true },
  )
  await server.command('cut_all')
  await until(() => got.length === 2)
  assert.deepEqual(got, ['one', 'two'])
  assert.strictEqual(ws.stats.reconnects, 1)
})

test('s14_the_message_that_crosses_the_limit_is_accepted_and_the_next_refused', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/stall'), { maxSendBuffer: 10 })
  ws.send('12345678')
  ws.send('crosses')
  const error = throws(() => ws.send('x'), 'QuotaExceededError')
  assert.ok(error instanceof DOMException)
  assert.ok(error.message.includes('maxSendBuffer'))
  assert.strictEqual(ws.bufferedAmount, 15)
})

test('s14_drain_reports_room', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/count'), { maxSendBuffer: 10 })
  const entries = log(ws)
  await next(ws, 'reconnecting')
  for (const text of ['1234567', 'crosses']) ws.send(text)
  throws(() => ws.send('x'), 'QuotaExceededError')
  assert.ok(!entries.includes('drain'))
  const drained = next(ws, 'drain')
  await server.command('restart')
  await drained
  assert.deepEqual([ws.readyState, entries.filter((entry) => entry === 'drain').length], [1, 1])
  ws.send('x')
  await until(async () => (await server.journal()).some(([kind, text]) => kind === 'text' && text === 'x'))
  const texts = (await server.journal()).filter(([kind]) => kind === 'text').map(([, text]) => text)
  assert.deepEqual(texts, ['1234567', 'crosses', 'x'])
})

test('s14_while_open_the_browser_has_no_limit', async (t) => {
  const server = await t.server()
  for (const maxSendBuffer of [undefined, 10]) {
    const ws = connect(t, server.url('/echo'), { maxSendBuffer })
    ws.binaryType = 'arraybuffer'
    await next(ws, 'open')
    const entries = log(ws)
    let received = 0
    ws.addEventListener('message', ({ data }) => (received += data.byteLength))
    const chunk = new Uint8Array(64 * 1024)
    for (let i = 0; i < 64; i++) ws.send(chunk)
    await until(() => received === 4 * 1024 * 1024)
    assert.deepEqual([ws.stats.messagesSent, ws.bufferedAmount, entries.includes('drain')], [64, 0, false])
  }
})

test('s14_the_buffer_of_a_closing_connection_takes_no_room_in_the_queue', async (t) => {
  const server = await t.server()
  class Full extends Native {
    get bufferedAmount() {
      return this.readyState < 3 ? 1_000_000 : 0
    }
  }
  const ws = connect(t, server.url('/echo'), { WebSocket: Full, maxSendBuffer: 1000, closeTimeout: 2000 })
  const entries = log(ws)
  await next(ws, 'open')
  await server.command('silence?on=1')
  ws.reconnect()
  // Long enough for several checks of the browser's buffer.
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.strictEqual(ws.state, 'closing')
  ws.send('for the next one')
  await server.command('silence?on=0')
  await until(() => entries.includes('message for the next one'))
  assert.ok(!entries.includes('drain'))
})

test('few sent messages are counted as lost', async (t) => {
  const server = await t.server()
  let held = 0
  class Full extends Native {
    get bufferedAmount() {
      return held
    }
  }
  const ws = connect(t, server.url('/sink'), { WebSocket: Full })
  await next(ws, 'open')
  for (let i = 0; i < 1000; i++) ws.send('x')
  held = 1
  const again = next(ws, 'open')
  await server.command('cut_all')
  await again
  assert.ok(ws.stats.messagesLost <= 64, ws.stats.messagesLost)
})

test('s14_a_fast_sender_is_not_refused_while_there_is_room', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/sink'), { maxSendBuffer: 100_000 })
  await next(ws, 'open')
  for (let i = 0; i < 200; i++) {
    ws.send('x'.repeat(10_000))
    await until(() => ws.bufferedAmount === 0)
  }
  assert.strictEqual(ws.stats.messagesSent, 200)
  assert.strictEqual(ws.stats.unitsSent, 2_000_000)
})

test('s10_close_sends_the_queue_first', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/count'))
  const entries = log(ws)
  ws.addEventListener('open', () => {
    for (let i = 0; i < 20; i++) ws.send(`${i}`)
    ws.close(1000, 'done')
    assert.strictEqual(ws.readyState, 2)
    ws.send('too late')
  })
  ws.send('queued')
  await ws.closed
  assert.deepEqual(entries, ['open', 'close 1000', 'end closed'])
  const texts = (await server.journal()).filter(([kind]) => kind === 'text').map(([, text]) => text)
  assert.deepEqual(texts, [...Array.from({ length: 20 }, (_, i) => `${i}`), 'queued'])
})

test('s10_a_message_after_close_does_not_overtake_the_queue', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/count'))
  const long = 'x'.repeat(400_000)
  ws.addEventListener('open', () => {
    ws.send(long)
    ws.close()
    const before = ws.bufferedAmount
    ws.send('too late')
    // WebKit counts the header of the frame as well, Deno and Node count nothing.
    assert.ok([8, 8 + 6, countsLate ? 8 : 0].includes(ws.bufferedAmount - before), `${ws.bufferedAmount - before}`)
  })
  await ws.closed
  const texts = (await server.journal()).filter(([kind]) => kind === 'text').map(([, text]) => text.length)
  assert.deepEqual(texts, [long.length])
})

test('discarded messages are forgotten by reconnect()', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { min: 60_000, max: 60_000, jitter: 0 } })
  await next(ws, 'reconnecting')
  ws.close()
  await ws.closed
  ws.send('abc')
  assert.strictEqual(ws.bufferedAmount, 3)
  ws.reconnect()
  assert.strictEqual(ws.bufferedAmount, 0)
})

test('s15_unsent_messages_are_handed_back_at_the_end', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/stall'))
  ws.send('one')
  ws.send(new Uint8Array([1, 2]))
  assert.deepEqual(ws.takeUnsent(), [])
  const ended = next(ws, 'end')
  ws.close()
  const end = await ended
  assert.deepEqual([end.reason, end.unsent], ['closed', 2])
  const unsent = ws.takeUnsent()
  assert.strictEqual(unsent[0], 'one')
  assert.strictEqual(unsent[1].byteLength, 2)
  assert.deepEqual(ws.takeUnsent(), [])
  assert.strictEqual(ws.bufferedAmount, 0)
})

test('s13_without_a_queue_send_throws_as_the_browser_does', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { queue: false })
  throws(() => ws.send('x'), 'InvalidStateError')
  await next(ws, 'open')
  ws.send('x')
  assert.strictEqual((await next(ws, 'message')).data, 'x')
  let error
  ws.addEventListener('close', () => (error = throws(() => ws.send('x'), 'InvalidStateError')), { once: true })
  await server.command('cut_all')
  await until(() => error)
})

test('sending after the end is counted and discarded', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  await next(ws, 'open')
  ws.close()
  await ws.closed
  ws.send('abc')
  // Deno and Node do not count it.
  assert.ok(ws.bufferedAmount >= (countsLate ? 3 : 0))
})

test('discarded messages are measured without a copy', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { min: 60_000, max: 60_000 } })
  await next(ws, 'reconnecting')
  let copies = 0
  const { set } = Uint8Array.prototype
  Object.defineProperty(Uint8Array.prototype, 'set', {
    configurable: true,
    writable: true,
    value(...given) {
      copies++
      return set.apply(this, given)
    },
  })
  t.onEnd(() => delete Uint8Array.prototype.set)
  ws.close()
  ws.send(Uint8Array.of(1, 2, 3))
  ws.send(new Blob(['four']))
  ws.send({ toString: () => 'ü' })
  assert.deepEqual([ws.bufferedAmount, copies], [9, 0])
})

test('s25_statistics_count', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  await next(ws, 'open')
  ws.send('abc')
  await next(ws, 'message')
  ws.send(new Uint8Array(5))
  await next(ws, 'message')
  const { messagesSent, unitsSent, messagesReceived, unitsReceived, attempts, reconnects, openFor } = ws.stats
  assert.deepEqual([messagesSent, unitsSent, messagesReceived, unitsReceived, attempts, reconnects], [2, 8, 2, 8, 1, 0])
  assert.ok(openFor >= 0)
})

test('s25_messages_that_have_left_are_not_lost_by_one_that_is_sent_too_late', async (t) => {
  const server = await t.server()
  for (const queue of [true, false]) {
    const ws = connect(t, server.url('/echo'), { queue })
    await next(ws, 'open')
    ws.send('a')
    await next(ws, 'message')
    ws.close()
    ws.send('too late')
    await ws.closed
    const { messagesSent, messagesLost } = ws.stats
    assert.deepEqual([messagesSent, messagesLost], [1, 0])
  }
})

test('a class that refuses messages while it closes', async (t) => {
  const server = await t.server()
  // As that of workerd.
  class Strict extends Native {
    send(data) {
      if (this.readyState > 1) throw new TypeError('closed')
      super.send(data)
    }
  }
  for (const queue of [true, false]) {
    const ws = connect(t, server.url('/echo'), { WebSocket: Strict, queue })
    await next(ws, 'open')
    ws.close()
    for (let count = 0; count < 2; count++) {
      const before = ws.bufferedAmount
      ws.send('ü')
      assert.strictEqual(ws.bufferedAmount - before, 2)
      await ws.closed
    }
    throws(() => ws.send(Symbol('x')), 'TypeError')
  }
})

if (isByWs) {
  test('the class of the package ws is used unchanged', async (t) => {
    const server = await t.server()
    const ws = new HomingSocket(server.url('/echo'), [], { WebSocket: Native })
    t.onEnd(() => ws.close())
    ws.send('x')
    const event = await next(ws, 'message')
    assert.ok(event instanceof MessageEvent && event instanceof Event)
    assert.deepEqual([event.data, event.target === ws, event.type], ['x', true, 'message'])
  })
}
