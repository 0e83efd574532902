// The store and the messages of a client, without a framework.

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import * as homing from 'homing'
import { messages, store } from 'homing/store'
import { FakeServer } from 'homing/testing'

/** Creates a client whose timers are mocked. */
function scene(t, options = {}, server = new FakeServer()) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 })
  const socket = new homing.HomingSocket('wss://example.com', undefined, {
    WebSocket: server.WebSocket,
    reconnect: { min: 1000, jitter: 0 },
    ...options,
  })
  t.after(async () => {
    socket.close()
    await turn()
    mock.timers.reset()
  })
  const advance = async (millis) => {
    await turn()
    for (let i = 0; i < millis; i += 10) {
      mock.timers.tick(10)
      await turn()
    }
  }
  return { socket, server, advance }
}

const shown = ({ state, retry, lastClose, ended, latency }) => ({
  state,
  ...(retry && { retry: { ...retry } }),
  ...(lastClose && { code: lastClose.code }),
  ...(ended && { ended: ended.reason }),
  ...(latency !== undefined && { latency }),
})

test('the snapshots over a life', async (t) => {
  const { socket, server, advance } = scene(t)
  server.script('accept', 'refuse')
  const seen = []
  store(socket).subscribe((snapshot) => seen.push(snapshot))
  assert.deepEqual(seen.splice(0).map(shown), [{ state: 'connecting' }])
  await advance(0)
  assert.deepEqual(seen.splice(0).map(shown), [{ state: 'open' }])
  server.drop()
  await advance(0)
  const retry = { attempt: 1, delay: 1000, at: 1_001_000 }
  assert.deepEqual(shown(seen.at(-1)), { state: 'waiting', retry, code: 1006 })
  await advance(1000)
  assert.deepEqual(shown(seen.at(-1)), { state: 'waiting', retry: { attempt: 2, delay: 2000, at: 1_003_000 }, code: 1006 })
  seen.length = 0
  await advance(2000)
  assert.deepEqual(seen.splice(0).map(shown), [
    { state: 'connecting', code: 1006 },
    { state: 'open', code: 1006 },
  ])
  socket.close(4000, 'done')
  await advance(0)
  assert.deepEqual(shown(seen.at(-1)), { state: 'closed', code: 4000, ended: 'closed' })
  assert.deepEqual(seen.at(-1).lastClose, { code: 4000, reason: 'done', wasClean: true })
  assert.equal(seen.at(-1).ended.unsent, 0)
  socket.reconnect()
  await advance(1000)
  assert.deepEqual(shown(seen.at(-1)), { state: 'open', code: 4000 })
})

test('a snapshot is the same until something changes, and cannot be changed', async (t) => {
  const { socket, server, advance } = scene(t)
  const { getSnapshot } = store(socket)
  await advance(0)
  const open = getSnapshot()
  assert.equal(getSnapshot(), open)
  server.connections[0].send('a message changes nothing')
  await advance(0)
  assert.equal(getSnapshot(), open)
  assert.throws(() => (open.state = 'closed'), TypeError)
  server.drop()
  await advance(0)
  assert.notEqual(getSnapshot(), open)
  assert.equal(open.state, 'open')
  assert.equal(getSnapshot(), getSnapshot())
})

test('there is one store of a client, and getSnapshot is never behind', async (t) => {
  const { socket, advance } = scene(t)
  const states = []
  // Before the listener of the store: it must be called all the same.
  socket.onopen = () => states.push(`asked ${store(socket).getSnapshot().state}`)
  assert.equal(store(socket), store(socket))
  store(socket).subscribe(({ state }) => states.push(state))
  await advance(0)
  assert.deepEqual(states, ['connecting', 'asked open', 'open'])
  socket.close()
  assert.equal(store(socket).getSnapshot().state, 'closing')
})

test('heartbeats', async (t) => {
  const server = new FakeServer((connection) => connection.reply(() => 'pong'))
  const { socket, advance } = scene(
    t,
    { heartbeat: { message: 'ping', isReply: (data) => data === 'pong', interval: 1000 } },
    server,
  )
  const latencies = []
  store(socket).subscribe(({ latency }) => latencies.push(latency))
  await advance(1000)
  assert.deepEqual(latencies, [undefined, undefined, 0])
  server.drop()
  await advance(0)
  assert.equal(latencies.at(-1), undefined)
})

test('a client that ended before the store was created', async (t) => {
  const { socket, advance } = scene(t, { reconnect: false }, new FakeServer(() => 'refuse'))
  await advance(0)
  assert.equal(socket.state, 'closed')
  const seen = []
  store(socket).subscribe((snapshot) => seen.push(shown(snapshot)))
  await advance(0)
  assert.deepEqual(seen, [{ state: 'closed' }, { state: 'closed', ended: 'exhausted' }])
})

test('unsubscribing, also from a listener, and listeners that throw', async (t) => {
  const { socket, server, advance } = scene(t)
  const { subscribe } = store(socket)
  const calls = []
  const reported = []
  // As in browsers. Without it, the exception would end this test.
  globalThis.reportError = (error) => reported.push(error.message)
  subscribe(() => {
    calls.push('throws')
    throw new Error('mine')
  })
  const second = subscribe(({ state }) => {
    calls.push(`second ${state}`)
    if (state === 'open') third()
  })
  const third = subscribe(({ state }) => calls.push(`third ${state}`))
  await advance(0)
  assert.deepEqual(calls.splice(0), ['throws', 'second connecting', 'third connecting', 'throws', 'second open'])
  assert.deepEqual(reported, ['mine', 'mine'])
  second.unsubscribe()
  server.drop()
  await advance(0)
  assert.deepEqual([...new Set(calls)], ['throws'])
  socket.close()
  await advance(0)
  delete globalThis.reportError
})

test('messages: data from then on, and completion at the end', async (t) => {
  const { socket, server, advance } = scene(t)
  await advance(0)
  const [connection] = server.connections
  const got = []
  const unsubscribe = messages(socket).subscribe((data) => got.push(`one ${data}`))
  messages(socket).subscribe({ next: (data) => got.push(`two ${data}`), complete: () => got.push('complete') })
  connection.send('a')
  connection.send('b')
  await advance(0)
  unsubscribe()
  connection.send('c')
  await advance(0)
  assert.deepEqual(got.splice(0), ['one a', 'two a', 'one b', 'two b', 'two c'])
  connection.drop()
  await advance(1000)
  server.connections[1].send('d')
  await advance(0)
  assert.deepEqual(got.splice(0), ['two d'])
  socket.close()
  await advance(0)
  messages(socket).subscribe({ complete: () => got.push('complete at once') })
  assert.deepEqual(got, ['complete', 'complete at once'])
})

test('an argument that is no client is named', () => {
  assert.throws(() => store(undefined), { name: 'TypeError', message: 'homing: store: expected a HomingSocket, got undefined' })
  assert.throws(() => messages(null), { name: 'TypeError', message: 'homing: messages: expected a HomingSocket, got null' })
  assert.throws(() => store('wss://example.com'), { message: 'homing: store: expected a HomingSocket, got string' })
  assert.throws(() => store(new EventTarget()), { message: 'homing: store: expected a HomingSocket, got object' })
})
