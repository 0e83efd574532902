// What tests of programs do with `homing/testing`, in virtual time. Independent of test frameworks: each of them runs these cases with
// its fake timers.
//
// The argument of a case has `HomingSocket`, `FakeServer`, and `advance(millis)`, which advances the virtual time.

import { assert, rejects, throws } from '../support/assert.js'

export const cases = []

const test = (name, run) => cases.push({ name, run })

const URL = 'wss://example.com/prices'

/** Creates a client of the server, and records the types of its events. */
function client({ HomingSocket }, server, options = {}) {
  const socket = new HomingSocket(URL, undefined, { WebSocket: server.WebSocket, ...options })
  const events = []
  for (const type of ['open', 'error', 'close', 'reconnecting', 'connecting', 'end']) {
    socket.addEventListener(type, ({ code, reason, delay }) => {
      events.push(
        type === 'close' ? `close ${code}` : type === 'end' ? `end ${reason}` : delay !== undefined ? `${type} ${delay}` : type,
      )
    })
  }
  return { socket, events }
}

test('the delays of refused attempts, to the millisecond', async ({ advance, ...t }) => {
  const server = new t.FakeServer(() => 'refuse')
  const { socket, events } = client(t, server, { reconnect: { min: 1000, max: 8000, jitter: 0 } })
  await advance(0)
  for (const [index, delay] of [1000, 2000, 4000, 8000, 8000].entries()) {
    assert.strictEqual(server.attempts.length, index + 1)
    assert.deepEqual(
      events.splice(0).filter((event) => event !== 'connecting'),
      ['error', 'close 1006', `reconnecting ${delay}`],
    )
    await advance(delay - 1)
    assert.deepEqual([server.attempts.length, socket.state], [index + 1, 'waiting'])
    await advance(1)
  }
  assert.strictEqual(server.attempts.length, 6)
  server.script('accept')
  await advance(8000)
  assert.deepEqual([socket.state, server.attempts.at(-1).number, server.connections.length], ['open', 7, 1])
  socket.close()
  await advance(0)
})

for (const type of ['error', 'close', 'reconnecting', 'end']) {
  test(`s08a_a_listener_of_${type}_that_always_reconnects_keeps_to_a_pace`, async ({ advance, ...t }) => {
    const server = new t.FakeServer(() => 'refuse')
    const policy = { min: 1000, jitter: 0, maxAttempts: type === 'end' ? 0 : Infinity }
    const { socket } = client(t, server, { reconnect: policy })
    const again = () => socket.reconnect()
    socket.addEventListener(type, again)
    await advance(10)
    // The first reconnect is immediate.
    assert.strictEqual(server.attempts.length, 2)
    await advance(5000)
    assert.ok(server.attempts.length >= 5 && server.attempts.length <= 8, `${server.attempts.length}`)
    socket.removeEventListener(type, again)
    socket.close()
    await advance(0)
  })
}

test('s08a_two_reconnects_after_each_end_keep_to_a_pace', async ({ advance, ...t }) => {
  const server = new t.FakeServer(() => 'refuse')
  const { socket } = client(t, server, { reconnect: { min: 1000, maxAttempts: 0 } })
  const twice = () => {
    socket.reconnect()
    socket.reconnect()
  }
  socket.addEventListener('end', twice)
  await advance(5010)
  assert.ok(server.attempts.length >= 5 && server.attempts.length <= 8, `${server.attempts.length}`)
  socket.removeEventListener('end', twice)
  socket.close()
  await advance(0)
})

for (const name of ['opened', 'closed']) {
  test(`s08a_a_program_that_reconnects_after_each_${name}_keeps_to_a_pace`, async ({ advance, ...t }) => {
    const server = new t.FakeServer(() => 'refuse')
    const { socket } = client(t, server, { reconnect: { min: 500, maxInitialAttempts: 1 } })
    let isOver = false
    const ends = (async () => {
      while (!isOver) {
        await socket[name].catch(() => {})
        if (!isOver) socket.reconnect()
      }
    })()
    await advance(5010)
    assert.ok(server.attempts.length >= 8 && server.attempts.length <= 12, `${server.attempts.length}`)
    isOver = true
    socket.close()
    await advance(0)
    await ends
  })
}

test('s08a_a_reconnect_after_a_stable_connection_is_immediate_each_time', async ({ advance, ...t }) => {
  const server = new t.FakeServer()
  const { socket } = client(t, server, { reconnect: { min: 1000, maxAttempts: 0, stableAfter: 10 } })
  for (let count = 1; count <= 3; count++) {
    await advance(20)
    assert.deepEqual([server.attempts.length, socket.state], [count, 'open'])
    server.connections.at(-1).drop()
    await advance(0)
    assert.strictEqual(socket.state, 'closed')
    socket.reconnect()
  }
  socket.close()
  await advance(0)
})

test('a set-up logs in before the client is open, or times out', async ({ advance, ...t }) => {
  const server = new t.FakeServer()
  const aborted = []
  const { socket, events } = client(t, server, {
    setupTimeout: 3000,
    reconnect: { jitter: 0 },
    setup: async (session, { signal }) => {
      signal.addEventListener('abort', () => aborted.push(server.attempts.length))
      session.send('login')
      const answer = await session.receive()
      if (answer !== 'welcome') throw new Error(answer)
    },
  })
  const messages = []
  socket.onmessage = ({ data }) => messages.push(data)
  socket.send('queued')
  await advance(2999)
  assert.deepEqual([server.connections[0].messages, socket.state, events], [['login'], 'connecting', []])
  await advance(1)
  assert.deepEqual([events.splice(0), aborted], [['error', 'close 1006', 'reconnecting 1000'], [1]])

  await advance(1000)
  const second = server.connections[1]
  assert.strictEqual(await second.message(), 'login')
  second.send('who are you?')
  await advance(0)
  assert.deepEqual(events.splice(0), ['connecting', 'error', 'close 1006', 'reconnecting 2000'])

  await advance(2000)
  const third = server.connections[2]
  for (const text of ['welcome', 'news']) third.send(text)
  await advance(0)
  assert.deepEqual([third.messages, messages, events.splice(0)], [['login', 'queued'], ['news'], ['connecting', 'open']])
  assert.deepEqual(aborted, [1, 2])
  socket.close()
  await advance(0)
})

test('a stable connection resets the delays', async ({ advance, ...t }) => {
  const server = new t.FakeServer()
  server.script('accept', 'refuse', 'refuse')
  const { socket, events } = client(t, server, { reconnect: { min: 1000, jitter: 0, stableAfter: 5000 } })
  await advance(0)
  const delays = () => events.splice(0).filter((event) => event.startsWith('reconnecting'))
  await advance(5000)
  server.drop()
  await advance(0)
  assert.deepEqual(delays(), ['reconnecting 1000'])
  await advance(1000 + 2000)
  assert.deepEqual(delays(), ['reconnecting 2000', 'reconnecting 4000'])
  await advance(4000)
  assert.strictEqual(socket.state, 'open')
  // Not long enough to be stable.
  await advance(4999)
  server.drop()
  await advance(0)
  assert.deepEqual(delays(), ['reconnecting 8000'])
  await advance(8000)
  await advance(5000)
  server.drop()
  await advance(0)
  assert.deepEqual(delays(), ['reconnecting 1000'])
  socket.close()
  await advance(0)
})

test('a heartbeat that is not answered ends the connection', async ({ advance, ...t }) => {
  const server = new t.FakeServer()
  const { socket, events } = client(t, server, {
    heartbeat: { message: 'ping', interval: 20_000, timeout: 5000 },
    reconnect: { min: 1000, jitter: 0 },
  })
  const connection = await server.connection()
  await advance(19_999)
  assert.deepEqual(connection.messages, [])
  await advance(1)
  assert.deepEqual(connection.messages, ['ping'])
  await advance(4999)
  assert.deepEqual([socket.state, events], ['open', ['open']])
  await advance(1)
  assert.deepEqual([socket.state, events], ['waiting', ['open', 'error', 'close 1006', 'reconnecting 1000']])
  await advance(1000)
  assert.deepEqual([socket.state, server.connections.length], ['open', 2])
  socket.close()
  await advance(0)
})

test('a heartbeat that is answered keeps the connection', async ({ advance, ...t }) => {
  const server = new t.FakeServer((connection) => connection.reply((message) => (message === 'ping' ? 'pong' : undefined)))
  const { socket, events } = client(t, server, {
    heartbeat: { message: 'ping', isReply: (data) => data === 'pong', interval: 1000, timeout: 500 },
  })
  const latencies = []
  socket.addEventListener('latency', ({ latency }) => latencies.push(latency))
  const connection = await server.connection()
  await advance(10_000)
  assert.deepEqual([events, connection.messages.length, socket.stats.heartbeats], [['open'], 10, 10])
  assert.deepEqual(latencies, Array(10).fill(0))
  socket.close()
  await advance(0)
})

test('messages sent without a connection arrive with the next one, in order', async ({ advance, ...t }) => {
  const server = new t.FakeServer()
  server.script('accept', 'refuse')
  const { socket } = client(t, server, { reconnect: { min: 1000, jitter: 0 } })
  socket.addEventListener('open', () => socket.send('subscribe'))
  socket.send('early')
  const first = await server.connection()
  assert.deepEqual([await first.message(), await first.message()], ['subscribe', 'early'])
  first.drop()
  await first.closed
  socket.send('one')
  socket.send(Uint8Array.of(2, 3))
  await advance(1000)
  assert.deepEqual([socket.bufferedAmount, server.connections.length], [5, 1])
  await advance(2000)
  const second = await server.connection()
  const [subscribe, one, two] = [await second.message(), await second.message(), await second.message()]
  assert.deepEqual([subscribe, one, two instanceof Uint8Array, ...two], ['subscribe', 'one', true, 2, 3])
  assert.strictEqual(first.messages.length, 2)
  socket.close()
  await advance(0)
})

test('close sends a Close frame, and nothing happens after it', async ({ advance, ...t }) => {
  const server = new t.FakeServer()
  const { socket, events } = client(t, server, { heartbeat: { message: 'ping', interval: 1000 } })
  const connection = await server.connection()
  socket.send('last')
  socket.close(4000, 'done')
  assert.strictEqual(socket.state, 'closing')
  await advance(0)
  assert.deepEqual(await connection.closed, { code: 4000, reason: 'done', wasClean: true })
  assert.deepEqual([connection.messages, connection.closeReceived], [['last'], { code: 4000, reason: 'done' }])
  const { reason, cause } = await socket.closed
  assert.deepEqual([reason, cause.code, cause.wasClean, events], ['closed', 4000, true, ['open', 'close 4000', 'end closed']])
  await advance(60_000)
  assert.deepEqual([server.attempts.length, connection.messages.length, events.length], [1, 1, 3])
})

test('close while waiting ends it at once', async ({ advance, ...t }) => {
  const server = new t.FakeServer(() => 'refuse')
  const { socket, events } = client(t, server, { reconnect: { min: 1000, jitter: 0 } })
  await advance(0)
  assert.strictEqual(socket.state, 'waiting')
  socket.close()
  await advance(0)
  assert.deepEqual([socket.state, events.at(-1)], ['closed', 'end closed'])
  await advance(60_000)
  assert.strictEqual(server.attempts.length, 1)
})

test('a server that answers neither the handshake nor the Close frame', async ({ advance, ...t }) => {
  const server = new t.FakeServer()
  server.script('stall')
  const { socket, events } = client(t, server, { openTimeout: 10_000, closeTimeout: 5000, reconnect: { min: 1000, jitter: 0 } })
  const attempt = await server.attempt()
  await advance(9999)
  assert.deepEqual([socket.state, attempt.state], ['connecting', 'connecting'])
  await advance(1)
  assert.deepEqual([socket.state, attempt.state, events], ['waiting', 'closed', ['error', 'close 1006', 'reconnecting 1000']])
  await advance(1000)
  const connection = await server.connection()
  connection.stall()
  socket.close()
  await advance(4999)
  assert.deepEqual([socket.state, connection.closeReceived], ['closing', { code: 1005, reason: '' }])
  await advance(1)
  assert.deepEqual([socket.state, events.slice(-2)], ['closed', ['close 1006', 'end closed']])
})

test('a handshake that is answered late', async ({ advance, ...t }) => {
  const server = new t.FakeServer(() => 'stall')
  const { socket } = client(t, server)
  const attempt = await server.attempt()
  await advance(3000)
  assert.ok(throws(() => attempt.send('too early')).message.includes('stalled'))
  attempt.accept()
  await advance(0)
  assert.deepEqual([socket.state, (await server.connection()) === attempt], ['open', true])
  socket.close()
  await advance(0)
})

test('a slow network: messages held back stay in bufferedAmount', async ({ advance, ...t }) => {
  const server = new t.FakeServer()
  const { socket } = client(t, server, { closeTimeout: 1000 })
  const connection = await server.connection()
  connection.hold()
  socket.send('0123456789')
  socket.send('abc')
  await advance(100)
  assert.deepEqual([socket.bufferedAmount, connection.messages], [13, []])
  connection.release(4)
  await advance(0)
  assert.deepEqual([socket.bufferedAmount, connection.messages], [9, []])
  connection.release(6)
  await advance(0)
  assert.deepEqual([socket.bufferedAmount, connection.messages], [3, ['0123456789']])
  socket.close()
  // The client waits as long as data is leaving.
  for (let i = 0; i < 3; i++) {
    await advance(900)
    assert.deepEqual([socket.state, socket.bufferedAmount], ['closing', 3 - i])
    connection.release(1)
  }
  await advance(100)
  assert.deepEqual([socket.state, connection.messages.at(-1)], ['closing', 'abc'])
  connection.release()
  await advance(0)
  assert.deepEqual([socket.state, (await socket.closed).reason], ['closed', 'closed'])
})

test('messages held back are lost with the connection', async ({ advance, ...t }) => {
  const server = new t.FakeServer()
  const { socket } = client(t, server, { reconnect: { min: 1000, jitter: 0 } })
  const connection = await server.connection()
  connection.hold()
  socket.send('lost')
  const waiting = rejects(connection.message())
  connection.send('still under way')
  let got
  socket.onmessage = ({ data }) => (got = data)
  connection.drop()
  await advance(0)
  assert.deepEqual([got, socket.stats.messagesLost, connection.messages], ['still under way', 1, []])
  assert.ok((await waiting).message.includes('connection 1 has ended'))
  socket.close()
  await advance(0)
})

test('close codes of the server', async ({ advance, ...t }) => {
  const server = new t.FakeServer()
  const { socket, events } = client(t, server, { reconnect: { min: 1000, jitter: 0 } })
  const first = await server.connection()
  first.close(1012, 'restarting')
  await advance(1000)
  assert.deepEqual([socket.state, events], ['open', ['open', 'close 1012', 'reconnecting 1000', 'connecting', 'open']])
  const second = await server.connection()
  second.close(1008)
  await advance(60_000)
  assert.deepEqual([socket.state, (await socket.closed).reason, server.attempts.length], ['closed', 'fatal', 2])
})

test('the end after maxAttempts', async ({ advance, ...t }) => {
  const server = new t.FakeServer(() => 'refuse')
  const { socket, events } = client(t, server, { reconnect: { min: 1000, jitter: 0, maxAttempts: 3 } })
  socket.send('never')
  await advance(60_000)
  assert.deepEqual([server.attempts.length, events.at(-1), (await socket.closed).unsent], [4, 'end exhausted', 1])
})

test('URL, subprotocols and headers of each attempt', async ({ advance, ...t }) => {
  const server = new t.FakeServer((connection) =>
    connection.protocols.includes('v2') ? connection.accept({ protocol: 'v2' }) : 'refuse',
  )
  let token = 0
  const socket = new t.HomingSocket(
    () => `wss://example.com/?token=${++token}`,
    () => (token > 1 ? ['v1', 'v2'] : ['v1']),
    {
      WebSocket: server.WebSocket,
      reconnect: { min: 1000, jitter: 0 },
      headers: { Authorization: 'secret' },
    },
  )
  await advance(1000)
  assert.deepEqual(
    server.attempts.map(({ url, protocols, protocol, state }) => [url, protocols, protocol, state]),
    [
      ['wss://example.com/?token=1', ['v1'], '', 'closed'],
      ['wss://example.com/?token=2', ['v1', 'v2'], 'v2', 'open'],
    ],
  )
  assert.deepEqual([socket.protocol, server.attempts[0].headers], ['v2', { authorization: 'secret' }])
  socket.close()
  await advance(0)
})

test('binary messages, both ways', async ({ advance, ...t }) => {
  const server = new t.FakeServer((connection) => connection.reply((message) => message))
  const { socket } = client(t, server)
  const got = []
  socket.onmessage = ({ data }) => got.push(data)
  const connection = await server.connection()
  socket.send(new Blob([Uint8Array.of(1, 2)]))
  socket.send('behind the blob')
  const [bytes, text] = [await connection.message(), await connection.message()]
  assert.deepEqual([bytes instanceof Uint8Array, ...bytes, text], [true, 1, 2, 'behind the blob'])
  await advance(0)
  assert.deepEqual([got.length, got[0] instanceof Blob, got[0].size, got[1]], [2, true, 2, 'behind the blob'])
  socket.binaryType = 'arraybuffer'
  socket.send(Uint16Array.of(0x0403))
  await connection.message()
  await advance(0)
  assert.deepEqual([got[2] instanceof ArrayBuffer, ...new Uint8Array(got[2])], [true, 3, 4])
  socket.close()
  await advance(0)
})

test('install replaces the global class', async ({ advance, ...t }) => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')
  const server = new t.FakeServer((connection) => connection.send('welcome'))
  const uninstall = server.install()
  const plain = new WebSocket('ws://example.com')
  const homing = new t.HomingSocket('ws://example.com')
  const got = []
  for (const socket of [plain, homing]) socket.onmessage = ({ data }) => got.push(data)
  await advance(0)
  assert.deepEqual([got, server.connections.length, plain.constructor === server.WebSocket], [['welcome', 'welcome'], 2, true])
  plain.close()
  homing.close()
  await advance(0)
  uninstall()
  uninstall()
  assert.deepEqual(Object.getOwnPropertyDescriptor(globalThis, 'WebSocket'), before)
  const again = server.install()
  again[Symbol.dispose ?? Symbol.for('Symbol.dispose')]()
  assert.deepEqual(Object.getOwnPropertyDescriptor(globalThis, 'WebSocket'), before)
})

test('mistakes in a test are named', async ({ advance, ...t }) => {
  const server = new t.FakeServer()
  const complaints = [
    [() => new t.FakeServer('accept'), 'TypeError: homing: handler: expected a function, got string'],
    [() => server.script('deny'), "TypeError: homing: script: expected 'accept', 'refuse', 'stall' or a function, got 'deny'"],
  ]
  const { socket } = client(t, server, { reconnect: false })
  const connection = await server.connection()
  complaints.push(
    [() => connection.accept(), 'Error: homing: accept: expected connection 1 to be connecting, but it is open'],
    [() => connection.refuse(), 'Error: homing: refuse: expected connection 1 to be connecting, but it is open'],
    [() => connection.send({}), 'TypeError: homing: send: expected a string, an ArrayBuffer or a view of one, got object'],
    [() => connection.reply('pong'), 'TypeError: homing: reply: expected a function, got string'],
    [() => connection.release(-1), 'RangeError: homing: release: expected a number of bytes, got -1'],
    [
      () => connection.close(1006),
      'RangeError: homing: close code: expected 1000 to 4999 without 1004, 1005, 1006 and 1015, got 1006',
    ],
  )
  for (const [act, expected] of complaints) assert.deepEqual(`${throws(act)}`, expected)
  connection.drop()
  assert.strictEqual(
    `${throws(() => connection.send('x'))}`,
    'Error: homing: send: expected connection 1 to be open, but it is dropped',
  )
  // After the client has closed, calls of the server are no mistakes.
  const other = client(t, server).socket
  const second = await server.connection()
  other.close()
  await second.closed
  second.send('ignored')
  second.close(1000)
  await advance(0)
  assert.deepEqual([second.state, socket.state], ['closed', 'closed'])
})
