// `homing/plain`: each socket is one connection, for libraries that reconnect by themselves.

import { assert, throws } from '../support/assert.js'
import { log, Native, where } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

const { HomingSocket } = await import('homing')
const { plain, PlainSocket } = await import('homing/plain')

const CLASS = where === 'node' ? { WebSocket: Native } : {}
/** Returns a class whose sockets are closed at the end of the test. */
function plainClass(t, options = {}) {
  return class extends plain({ ...CLASS, ...options }) {
    constructor(...args) {
      super(...args)
      t.onEnd(() => this.close())
    }
  }
}

const accepted = async (server) => (await server.journal()).filter(([kind]) => kind === 'accepted').length

/** Opens one more connection, so that the journal contains all attempts before it, and returns their number. */
async function oneMore(t, server) {
  await next(new (plainClass(t))(server.url('/echo')), 'open')
}

test('a socket that has ended never reconnects, whatever listeners of close do', async (t) => {
  const reports = []
  t.catchReports((error) => reports.push(error.name))
  const Socket = plainClass(t, { heartbeat: { message: 'beat', interval: 50, timeout: 10_000 } })
  const server = await t.server()
  const ws = new Socket(server.url('/drop'))
  const entries = log(ws)
  ws.onclose = () => ws.reconnect()
  ws.addEventListener('close', () => {
    throws(() => ws.reconnect(10), 'NotSupportedError')
    ws.send('nowhere')
    ws.close()
  })
  await ws.closed
  assert.deepEqual([ws.state, ws.readyState, ws.stats.attempts], ['closed', 3, 1])
  await oneMore(t, server)
  await until(() => reports.length > 0)
  assert.deepEqual([await accepted(server), ws.stats.attempts, reports], [2, 1, ['NotSupportedError']])
  assert.ok(!entries.includes('reconnecting') && entries.filter((entry) => entry.startsWith('close')).length === 1, entries)
})

test('a refused attempt dispatches one error, one close and end', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = new (plainClass(t))(server.url('/echo'))
  const entries = log(ws)
  await ws.closed
  assert.deepEqual([entries, ws.stats.attempts], [['error', 'close 1006', 'end exhausted'], 1])
})

test("close codes are the server's", async (t) => {
  for (const code of [1000, 1001, 1008, 1011, 4001]) {
    const server = await t.server()
    const ws = new (plainClass(t, { heartbeat: { message: 'beat' } }))(server.url(`/close?code=${code}`))
    const event = await next(ws, 'close')
    assert.deepEqual([event.code, event.wasClean], [code, true])
    await ws.closed
    await oneMore(t, server)
    assert.strictEqual(await accepted(server), 2)
  }
})

test('a silent server is detected, with one close', async (t) => {
  const server = await t.server()
  const ws = new (plainClass(t, { heartbeat: { message: 'beat', interval: 50, timeout: 100 } }))(server.url('/silent'))
  const entries = log(ws)
  await ws.closed
  assert.deepEqual(entries, ['open', 'error', 'close 1006', 'end exhausted'])
  await oneMore(t, server)
  assert.strictEqual(await accepted(server), 2)
})

test('a stalled handshake ends after openTimeout', async (t) => {
  const server = await t.server()
  const ws = new (plainClass(t, { openTimeout: 50 }))(server.url('/stall'))
  const entries = log(ws)
  await ws.closed
  assert.deepEqual([entries, ws.stats.attempts], [['error', 'close 1006', 'end exhausted'], 1])
})

test('a server that does not answer Close is abandoned after closeTimeout', async (t) => {
  const server = await t.server()
  const ws = new (plainClass(t, { closeTimeout: 50 }))(server.url('/deaf'))
  const entries = log(ws)
  await next(ws, 'open')
  ws.close()
  assert.strictEqual(ws.readyState, 2)
  await ws.closed
  assert.deepEqual([entries, ws.readyState, ws.stats.attempts], [['open', 'close 1006', 'end closed'], 3, 1])
})

test('send throws while it connects, and queues with queue: true', async (t) => {
  const server = await t.server()
  const ws = new (plainClass(t))(server.url('/echo'))
  throws(() => ws.send('early'), 'InvalidStateError')
  const queueing = new (plainClass(t, { queue: true }))(server.url('/echo'))
  queueing.send('early')
  assert.strictEqual((await next(queueing, 'message')).data, 'early')
  for (const queue of [undefined, false]) {
    const socket = new (plainClass(t, { queue }))(server.url('/stall'))
    throws(() => socket.send('early'), 'InvalidStateError')
  }
})

test('a URL function is called once', async (t) => {
  const server = await t.server()
  let asked = 0
  const Socket = plainClass(t)
  const ws = new Socket(async () => server.url(`/echo?${++asked}`))
  await next(ws, 'open')
  ws.close()
  await ws.closed
  const failing = new Socket(async () => {
    asked++
    throw new Error('no token')
  })
  const { error } = await next(failing, 'error')
  assert.strictEqual(error.cause.message, 'no token')
  assert.deepEqual([(await failing.closed).reason, asked], ['exhausted', 2])
})

test('the class has the interface of a WebSocket class', async (t) => {
  const server = await t.server()
  const Socket = plainClass(t)
  for (const Class of [PlainSocket, plain(), Socket]) {
    assert.deepEqual(
      [Class.CONNECTING, Class.OPEN, Class.CLOSING, Class.CLOSED, Class.length],
      [0, 1, 2, 3, Class === Socket ? 0 : 1],
    )
    assert.strictEqual(Class.prototype instanceof HomingSocket, true)
    throws(() => new Class(), 'TypeError')
  }
  // The URL of a server, since WebKit checks subprotocols only if the port is allowed.
  throws(() => new Socket(server.url('/echo'), ['a', 'a']), 'SyntaxError')
  throws(() => new Socket(server.url('/echo'), 'a b'), 'SyntaxError')
  throws(() => new Socket('ws://[', 'a'), 'SyntaxError')
  assert.ok(plain({ openTimeout: 5 }).prototype instanceof PlainSocket)
  assert.deepEqual([PlainSocket.name, plain().name], ['PlainSocket', 'PlainSocket'])
  const ws = new Socket('ws://127.0.0.1:9/')
  assert.deepEqual([`${ws}`, ws.OPEN, ws.readyState], ['[object WebSocket]', 1, 0])
})

test('options are checked when the class is created', () => {
  const wrong = [
    [{ reconnect: true }, 'TypeError', 'reconnect must be false in homing/plain'],
    [{ reconnect: {} }, 'TypeError', 'not Object'],
    [{ reconnect: null }, 'TypeError', 'not null'],
    [{ pauseWhileHidden: true }, 'TypeError', 'pauseWhileHidden must be false in homing/plain'],
    [{ queue: 'no' }, 'TypeError', 'queue'],
    [{ heartbeat: true }, 'TypeError', 'heartbeat'],
    [{ heartbeat: {} }, 'TypeError', 'heartbeat.message'],
    [{ heartbeat: { message: 'x', interval: 0 } }, 'RangeError', 'heartbeat.interval'],
    [{ openTimeout: -1 }, 'RangeError', 'openTimeout'],
    [{ closeTimeout: '5' }, 'TypeError', 'closeTimeout'],
    [{ signal: new AbortController() }, 'TypeError', 'signal'],
    [{ WebSocket: {} }, 'TypeError', 'WebSocket'],
    [{ headers: { a: 'b' } }, 'TypeError', 'headers'],
    [null, 'TypeError', 'options must be of type object, not null'],
    ['options', 'TypeError', 'options'],
    [[], 'TypeError', 'options'],
  ]
  for (const [options, name, text] of wrong) {
    const { message } = throws(() => plain(options), name)
    assert.ok(message.startsWith('homing: ') && message.includes(text), message)
  }
  for (const options of [undefined, {}, { reconnect: false }, { reconnect: undefined, pauseWhileHidden: false }]) plain(options)
})

test('options passed to the constructor are a named mistake', () => {
  for (const option of [{ reconnect: false }, { heartbeat: { message: 'x' } }, { queue: true }, { WebSocket: Native }]) {
    const { message } = throws(() => new PlainSocket('ws://127.0.0.1:9/', [], option), 'TypeError')
    assert.ok(message.includes(Object.keys(option)[0]) && message.includes('plain()'), message)
  }
})

test('a third argument is passed only to a class given as WebSocket', async (t) => {
  const server = await t.server()
  const given = []
  class Taking extends Native {
    constructor(...args) {
      given.push(args.slice(1))
      super(args[0])
    }
  }
  const third = { family: 4, agent: 1, headers: { 'x-a': 'theirs', 'x-b': 'theirs' } }
  const Bare = plainClass(t, { WebSocket: Taking })
  const Full = plainClass(t, { WebSocket: Taking, webSocketOptions: { agent: 2 }, headers: { 'x-b': 'ours' } })
  await next(new Bare(server.url('/echo'), [], third), 'open')
  await next(new Full(server.url('/echo'), [], third), 'open')
  await next(new Full(server.url('/echo')), 'open')
  for (const odd of [null, 'odd', 5, () => {}]) await next(new Bare(server.url('/echo'), undefined, odd), 'open')
  assert.deepEqual(given.slice(0, 3), [
    [[], { family: 4, agent: 1, headers: { 'x-a': 'theirs', 'x-b': 'theirs' } }],
    [[], { family: 4, agent: 2, headers: { 'x-a': 'theirs', 'x-b': 'ours' } }],
    [undefined, { agent: 2, headers: { 'x-b': 'ours' } }],
  ])
  assert.deepEqual(
    given
      .slice(3)
      .flat()
      .filter((argument) => argument !== undefined),
    [],
  )
  // Browsers' classes ignore it.
  if (where === 'page') await next(new (plainClass(t))(server.url('/echo'), [], third), 'open')
  // The global class may be one that supports it.
  const native = globalThis.WebSocket
  globalThis.WebSocket = class extends Taking {
    // biome-ignore lint/complexity/noUselessConstructor: sets the length of the class
    constructor(url, protocols, third) {
      super(url, protocols, third)
    }
  }
  t.onEnd(() => (globalThis.WebSocket = native))
  given.length = 0
  const ws = new (plain())(server.url('/echo'), undefined, { headers: { 'x-a': 'theirs' } })
  await next(ws, 'open')
  ws.close()
  assert.deepEqual(given, [[undefined, { headers: { 'x-a': 'theirs' } }]])
})

test('each class has its own options', async (t) => {
  const server = await t.server()
  const Beating = plainClass(t, { heartbeat: { message: 'beat', interval: 20, timeout: 30_000 } })
  class Further extends Beating {}
  const [beating, further, still] = [Beating, Further, plainClass(t)].map((Class) => new Class(server.url('/echo')))
  await next(still, 'open')
  await until(() => beating.stats.heartbeats > 0 && further.stats.heartbeats > 0)
  assert.strictEqual(still.stats.heartbeats, 0)
})
