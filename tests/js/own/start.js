// The first open, and heartbeats on request.

import { assert, rejects } from '../support/assert.js'
import { connect, isByWs, log, Native, QUICK } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

test('s28_the_attempts_until_the_first_open_have_a_limit_of_their_own', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { ...QUICK, maxInitialAttempts: 3 } })
  const error = await rejects(ws.opened)
  assert.ok(error instanceof Error)
  const end = await ws.closed
  assert.deepEqual([end.reason, ws.stats.attempts, error.cause === (end.error ?? end.cause)], ['exhausted', 3, true])
  // After the end, too.
  assert.strictEqual((await rejects(ws.opened)).cause, error.cause)
  // A client that starts again has all attempts again.
  ws.reconnect()
  await rejects(ws.opened)
  assert.strictEqual(ws.stats.attempts, 6)
})

test('s28_a_connection_that_was_open_is_retried_without_that_limit', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { min: 1, max: 1, maxInitialAttempts: 1e9 } })
  const { opened } = ws
  await next(ws, 'reconnecting')
  await server.command('restart')
  assert.deepEqual(await opened, { protocol: '', extensions: ws.extensions })
  const once = connect(t, server.url('/echo'), { reconnect: { ...QUICK, maxInitialAttempts: 1 } })
  await once.opened
  await server.command('stop')
  await server.command('cut_all')
  await until(() => once.stats.attempts > 4)
  assert.notEqual(once.state, 'closed')
})

test('s28_a_setup_that_fails_is_no_first_open', async (t) => {
  const server = await t.server()
  const cause = new Error('wrong password')
  const ws = connect(t, server.url('/echo'), {
    reconnect: { ...QUICK, maxInitialAttempts: 2 },
    setup: () => Promise.reject(cause),
  })
  const error = await rejects(ws.opened)
  assert.deepEqual([error.cause.cause === cause, ws.stats.attempts], [true, 2])
})

test('s28_the_first_event_after_the_call_decides_also_in_listeners', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const before = ws.opened
  const read = {}
  ws.addEventListener('open', () => {
    ws.close(4000)
    read.open = rejects(ws.opened)
  })
  ws.addEventListener('close', () => (read.close = rejects(ws.opened)))
  const { cause } = await ws.closed
  assert.strictEqual((await before).protocol, '')
  assert.strictEqual(cause.code, 4000)
  for (const error of [await read.open, await read.close]) assert.strictEqual(error.cause, cause)
})

test('s28_opened_is_of_the_next_connection_once_this_one_is_left', async (t) => {
  const server = await t.server()
  for (const leave of [(ws) => ws.reconnect(), (ws) => ws.reconnect(10), (ws) => (ws.close(), ws.reconnect())]) {
    const ws = connect(t, server.url('/echo'))
    const before = ws.opened
    const states = []
    await new Promise((resolve) => {
      ws.addEventListener(
        'open',
        () => {
          leave(ws)
          ws.opened.then(() => states.push(ws.state, ws.stats.attempts)).then(resolve)
        },
        { once: true },
      )
    })
    await before
    assert.deepEqual(states, ['open', 2])
    ws.close()
  }
})

test('s30_ping_resolves_with_the_round_trip', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo?delay_ms=40'), {
    heartbeat: { message: 'beat', interval: 60_000, timeout: 60_000, isReply: (data) => data === 'beat' },
  })
  const entries = log(ws)
  await next(ws, 'open')
  // Both share a heartbeat, as it has not left yet.
  const [first, second] = await Promise.all([ws.ping(), ws.ping()])
  assert.ok(first >= 30 && second >= 30 && first < 30_000, `${first} ${second}`)
  assert.strictEqual(ws.stats.heartbeats, 1)
  assert.ok(ws.stats.lastRtt >= 30)
  await until(() => entries.includes('latency'))
  assert.ok(!entries.includes('message beat'))
  assert.ok((await ws.ping()) >= 30)
  assert.strictEqual(ws.stats.heartbeats, 2)
})

test('s30_ping_is_sent_also_where_no_other_heartbeat_is', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: Infinity } })
  await ws.opened
  for (let count = 1; count <= 2; count++) {
    assert.ok((await ws.ping()) >= 0)
    assert.strictEqual(ws.stats.heartbeats, count)
  }
})

test('s30_without_a_predicate_the_next_message_answers_a_ping', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: 60_000 } })
  const entries = log(ws)
  await next(ws, 'open')
  assert.ok((await ws.ping()) >= 0)
  await until(() => entries.includes('latency'))
  assert.deepEqual(entries, ['open', 'message beat', 'latency'])
  ws.send('mine')
  await until(() => entries.includes('message mine'))
  assert.ok((await ws.ping()) >= 0)
  assert.strictEqual(ws.stats.heartbeats, 2)
})

test('s30_what_arrived_before_a_ping_is_no_answer', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/numbered?n=3'), {
    heartbeat: { message: 'beat', interval: 60_000 },
    setup: () => until(() => ws.stats.messagesReceived === 3),
  })
  const entries = log(ws)
  const answered = new Promise((resolve) => ws.addEventListener('open', () => ws.ping().then(resolve)))
  await answered
  await until(() => entries.includes('latency'))
  assert.deepEqual(entries, ['open', 'message 0', 'message 1', 'message 2', 'message beat', 'latency'])
})

test('s30_an_answer_is_none_to_a_ping_that_its_listener_sends', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: 60_000 } })
  const counts = () => [ws.stats.heartbeats, ws.stats.messagesReceived]
  const second = new Promise((resolve) => {
    ws.addEventListener('message', () => resolve(ws.ping().then(counts)), { once: true })
  })
  await ws.opened
  await ws.ping()
  // Each heartbeat has left and was answered.
  assert.deepEqual(await second, [2, 2])
})

test('s30_a_message_right_behind_a_ping_is_no_answer', async (t) => {
  const server = await t.server()
  let native
  class Mine extends Native {
    constructor(...given) {
      super(...given)
      native = this
    }
  }
  const ws = connect(t, server.url('/echo'), { WebSocket: Mine, heartbeat: { message: 'beat', interval: 60_000 } })
  await ws.opened
  const entries = log(ws)
  let ping
  ws.addEventListener(
    'message',
    () => {
      ping = ws.ping()
      // As two messages of one TCP segment, with no microtask between.
      if (isByWs) native.emit('message', Buffer.from('b'), false)
      else native.dispatchEvent(new MessageEvent('message', { data: 'b' }))
    },
    { once: true },
  )
  ws.send('a')
  await until(() => ping !== undefined)
  await ping
  assert.deepEqual(entries.filter((entry) => entry !== 'latency').sort(), ['message a', 'message b', 'message beat'])
  assert.strictEqual(ws.stats.heartbeats, 1)
})

test('s30_ping_fails_at_once_where_it_cannot_be_sent', async (t) => {
  const server = await t.server()
  const without = connect(t, server.url('/echo'))
  await next(without, 'open')
  assert.strictEqual((await rejects(without.ping())).name, 'NotSupportedError')
  const ws = connect(t, server.url('/stall'), { heartbeat: { message: 'beat' } })
  assert.strictEqual((await rejects(ws.ping())).name, 'InvalidStateError')
  ws.close()
  await ws.closed
  assert.strictEqual((await rejects(ws.ping())).name, 'InvalidStateError')
})

test('s30_ping_fails_with_its_connection', async (t) => {
  const server = await t.server()
  const ends = {
    cut: () => server.command('cut_all'),
    close: (ws) => ws.close(),
    reconnect: (ws) => ws.reconnect(),
  }
  for (const [name, end] of Object.entries(ends)) {
    const ws = connect(t, server.url('/silent'), { closeTimeout: 100, heartbeat: { message: 'beat' } })
    await next(ws, 'open')
    const error = rejects(ws.ping())
    await end(ws)
    assert.strictEqual((await error).name, 'NetworkError', name)
  }
})

test('s30_a_ping_without_an_answer_is_a_heartbeat_timeout', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/silent'), { heartbeat: { message: 'beat', interval: 60_000, timeout: 50 } })
  await next(ws, 'open')
  const [{ error }, lost] = await Promise.all([next(ws, 'error'), rejects(ws.ping())])
  assert.deepEqual([error.message, lost.name], ['homing: heartbeat timeout', 'NetworkError'])
})

test('s30_a_ping_that_was_lost_is_not_answered_by_the_next_connection', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: 50, timeout: 60_000 } })
  const entries = log(ws)
  await next(ws, 'open')
  const error = rejects(ws.ping())
  ws.reconnect()
  assert.strictEqual((await error).name, 'NetworkError')
  await until(() => entries.filter((entry) => entry === 'message beat').length >= 2)
  assert.ok(!entries.includes('latency'), entries)
})
