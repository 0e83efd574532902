// The heartbeat: answers, round trips and timeouts.

import { assert } from '../support/assert.js'
import { connect, log, Native } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

test('s25_round_trips_are_measured_in_fractions_of_a_millisecond', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), {
    heartbeat: { message: 'beat', interval: 5, timeout: 10_000, isReply: (data) => data === 'beat' },
  })
  const latencies = []
  const clock = []
  ws.addEventListener('latency', ({ latency }) => {
    latencies.push(latency)
    clock.push(performance.now())
  })
  await until(() => latencies.length >= 20)
  const isWhole = (millis) => Math.abs(millis - Math.round(millis)) < 1e-3
  if (clock.every(isWhole)) t.skip('the clock has whole milliseconds here')
  assert.ok(!latencies.every(isWhole), latencies)
})

test('s25_round_trips_stay_until_the_next_answer', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: 60_000 } })
  await ws.opened
  await ws.ping()
  const { lastRtt, smoothedRtt } = ws.stats
  assert.ok(lastRtt >= 0 && smoothedRtt >= 0)
  for (let count = 0; count < 2; count++) {
    ws.close()
    await ws.closed
    ws.reconnect()
    await ws.opened
    assert.deepEqual([ws.stats.lastRtt, ws.stats.smoothedRtt], [lastRtt, smoothedRtt])
  }
})

test('s17_a_heartbeat_detects_a_dead_peer', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { openTimeout: 500, heartbeat: { message: 'beat', interval: 50, timeout: 500 } })
  await next(ws, 'open')
  const entries = log(ws)
  const closed = next(ws, 'close')
  await next(ws, 'message')
  await server.command('silence?on=1')
  const event = await closed
  assert.deepEqual([event.code, event.wasClean, event.target === ws], [1006, false, true])
  await server.command('silence?on=0')
  const failed = entries.indexOf('error')
  await until(() => entries.slice(failed).includes('open'))
  assert.deepEqual(entries.slice(failed, failed + 3), ['error', 'close 1006', 'reconnecting'])
})

test('s17_answers_are_recognized_and_timed', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), {
    heartbeat: { message: () => 'beat', interval: 30, timeout: 10_000, isReply: (data) => data === 'beat' },
  })
  const entries = log(ws)
  const event = await next(ws, 'latency')
  assert.ok(event.latency >= 0 && event.latency < 10_000)
  ws.send('mine')
  await next(ws, 'message')
  await next(ws, 'latency')
  assert.deepEqual(
    entries.filter((entry) => entry.startsWith('message')),
    ['message mine'],
  )
  assert.ok(ws.stats.heartbeats >= 2 && ws.stats.lastRtt !== undefined && ws.stats.smoothedRtt !== undefined)
})

test('s17_messages_alone_keep_a_connection_alive', async (t) => {
  const server = await t.server()
  // A server that answers no heartbeat in time, but sends continuously.
  const ws = connect(t, server.url('/numbered?n=160&every_ms=20&delay_ms=9000'), {
    heartbeat: { message: 'beat', interval: 100, timeout: 2500 },
  })
  const entries = log(ws)
  await until(() => entries.includes('message 159'))
  assert.ok(!entries.includes('error'), `${entries}`)
})

test('s17_a_heartbeat_behind_unsent_bytes_is_not_timed_yet', async (t) => {
  const server = await t.server()
  // Like a slow link, on which the browser's buffer empties slowly.
  let left = 0
  class Slow extends Native {
    get bufferedAmount() {
      return left
    }

    send(data) {
      left += data.length
      super.send(data)
    }
  }
  const ws = connect(t, server.url('/silent'), { WebSocket: Slow, heartbeat: { message: 'beat', interval: 100, timeout: 300 } })
  await next(ws, 'open')
  const entries = log(ws)
  ws.send('x'.repeat(1000))
  const leaving = setInterval(() => (left -= 1), 10)
  t.onEnd(() => clearInterval(leaving))
  await until(() => ws.stats.heartbeats >= 12)
  assert.ok(!entries.includes('error'), `${entries}`)
  // From now on the buffer does not shrink.
  clearInterval(leaving)
  await until(() => entries.includes('error'))
})

for (const [name, bytes] of [
  ['s17_the_overhead_of_messages_on_a_dead_connection_is_no_progress', (data) => data.length + 6],
  ['s17_the_bytes_of_text_on_a_dead_connection_are_no_progress', (data) => 3 * data.length],
]) {
  test(name, async (t) => {
    const server = await t.server()
    let left = 0
    class Dead extends Native {
      get bufferedAmount() {
        return left
      }

      send(data) {
        left += bytes(data)
      }
    }
    const heartbeat = { message: 'beat', interval: 100, timeout: 300 }
    const ws = connect(t, server.url('/silent'), { WebSocket: Dead, heartbeat })
    await next(ws, 'open')
    const failed = next(ws, 'error')
    ws.send('before the first heartbeat')
    const more = setInterval(() => ws.send('é'), 50)
    t.onEnd(() => clearInterval(more))
    assert.strictEqual((await failed).error.message, 'homing: heartbeat timeout')
  })
}

test('s19_heartbeats_may_be_timed_in_a_worker', async (t) => {
  const server = await t.server()
  const { setTimeout } = globalThis
  t.onEnd(() => (globalThis.setTimeout = setTimeout))
  // Makes the page's timers as slow as in the background. Node has neither such workers nor slow timers; Deno's workers differ.
  if (typeof Worker === 'function' && !('Deno' in globalThis))
    globalThis.setTimeout = (act, millis) => setTimeout(act, Math.max(millis, 60_000))
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: 30, timeout: 10_000, inWorker: true } })
  let left = 5
  await new Promise((resolve) => ws.addEventListener('message', () => (left -= 1) || resolve()))
})
