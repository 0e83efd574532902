// The page's values of the last minute, and its number formats, without a browser.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build } from 'esbuild'
import { ROOT } from '../support/server.js'

const { outputFiles } = await build({
  stdin: {
    contents: ['format', 'meter', 'states', 'track'].map((name) => `export * from './${name}.ts'`).join('\n'),
    resolveDir: `${ROOT}/www/demo/src`,
  },
  bundle: true,
  format: 'esm',
  write: false,
})
const { bytes, compact, count, Meter, millis, plural, STATES, States, Track } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
)

/** Returns the spans drawn in a lane, in seconds from now. */
function spans(states, state, now, least = 0) {
  const [times, ...lanes] = states.lanes(now, least)
  const found = []
  let from
  lanes[STATES.indexOf(state)].forEach((value, index) => {
    if (value === null && from !== undefined) {
      found.push([from, times[index - 1]].map((time) => Math.round(time * 1000) / 1000))
      from = undefined
    } else if (typeof value === 'number') {
      from ??= times[index]
    }
  })
  return found
}

test('states follow one another without gaps', () => {
  const states = new States()
  states.note('connecting', 1000)
  states.note('open', 2000)
  states.note('open', 3000)
  states.note('closing', 4000)
  states.note('closed', 4500)
  states.note('closed', 5000)
  assert.deepEqual(spans(states, 'connecting', 5000), [[-4, -3]])
  assert.deepEqual(spans(states, 'open', 5000), [[-3, -1]])
  assert.deepEqual(spans(states, 'closing', 5000), [[-1, -0.5]])
  assert.deepEqual(spans(states, 'closed', 5000), [[-0.5, 0]])
  assert.deepEqual(spans(states, 'waiting', 5000), [])
})

test('the time until the next attempt is known while the client waits', () => {
  const states = new States()
  states.note('waiting', 1000)
  states.expect(1500)
  assert.equal(states.left(1200), 300)
  assert.equal(states.left(1600), 0)
  states.note('waiting', 1600)
  assert.equal(states.left(1600), 0)
  states.note('connecting', 1800)
  assert.equal(states.left(1800), undefined)
})

test('an instant is not drawn, and short spans are widened, apart or as one', () => {
  const states = new States()
  states.note('open', 1000)
  states.note('closing', 2000)
  states.note('waiting', 2000.5)
  states.note('connecting', 2100)
  states.note('waiting', 2110)
  states.note('connecting', 2120)
  states.note('waiting', 2130)
  states.note('connecting', 4000)
  states.note('open', 4010)
  states.note('open', 5000)
  assert.deepEqual(spans(states, 'closing', 5000, 200), [])
  assert.deepEqual(spans(states, 'connecting', 5000, 200), [
    [-2.9, -2.68],
    [-1, -0.8],
  ])
  assert.deepEqual(spans(states, 'open', 5000, 200), [
    [-4, -3],
    [-0.99, 0],
  ])
})

test('values older than a minute are removed', () => {
  const states = new States()
  states.note('closed', 0)
  states.note('open', 1000)
  states.note('open', 62_000)
  assert.deepEqual(spans(states, 'closed', 62_000), [])
  assert.deepEqual(spans(states, 'open', 62_000), [[-61, 0]])

  const track = new Track(2)
  for (const at of [0, 1000, 2000, 61_500]) track.push(at, at, null)
  // One more than is visible, with which the line begins.
  assert.deepEqual(track.seen(61_500, 0, 1), [
    [-60.5, -59.5, 0],
    [1000, 2000, 61_500],
    [null, null, null],
  ])
  assert.deepEqual(track.seen(200_000, 0), [[-138.5], [61_500]])
  track.clear()
  assert.deepEqual(track.seen(200_000, 0), [[], []])
})

test('rates are the growth of the counters, and the queue is its maximum', () => {
  // The meter was created earlier, so its first value is not exact.
  const meter = new Meter()
  const began = Math.ceil(performance.now()) + 1000
  const stats = { messagesReceived: 10, messagesSent: 5, unitsReceived: 1000, unitsSent: 50 }
  const socket = { stats, bufferedAmount: 700 }
  meter.look(socket)
  socket.bufferedAmount = 0
  meter.tick(socket, began + 1000)
  meter.tick(socket, began + 1100)
  meter.tick({ ...socket, stats: { ...stats, messagesReceived: 30 } }, began + 2000)
  meter.restart()
  meter.tick({ ...socket, stats: { ...stats, messagesReceived: 7 } }, began + 3000)
  const [, received, sent, , , queue] = meter.rates.seen(began + 3000, 0, 1, 2, 3, 4)
  assert.equal(received.length, 3)
  assert.deepEqual(received.slice(1), [20, 7])
  assert.deepEqual(sent.slice(1), [0, 5])
  assert.deepEqual(queue, [700, 0, 0])
})

test('number formats', () => {
  assert.deepEqual([0, 999, 1000, 1_234_567, 2e9].map(bytes), ['0 B', '999 B', '1 kB', '1.23 MB', '2 GB'])
  assert.deepEqual([0.1234, 42, 999, 1500].map(millis), ['0.123 ms', '42 ms', '999 ms', '1.5 s'])
  assert.deepEqual([plural(1, 'message'), plural(12_345, 'message')], ['1 message', '12,345 messages'])
  assert.deepEqual([count(1_000_000), compact(12_345)], ['1,000,000', '12.3K'])
})
