// The cases for every runtime, with the real server. Besides the properties of `Context`, the argument of a case has `HomingSocket`;
// `options` of the runtime, such as a class to use; `hasErrors`, which is false if that class dispatches no error events; and
// `isAndroid`.

import { assert, throws } from '../support/assert.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

const QUICK = { min: 20, max: 50 }

function connect(t, url, { protocols, ...options } = {}) {
  const socket = new t.HomingSocket(url, protocols, { reconnect: QUICK, ...t.options, ...options })
  t.onEnd(() => socket.close())
  return socket
}

/** Records the types of all events except errors, which not all classes dispatch when a connection breaks. */
function log(socket) {
  const entries = []
  for (const type of ['open', 'message', 'close', 'reconnecting', 'end']) {
    socket.addEventListener(type, ({ code, data, reason }) => {
      const more = { close: code, message: data, end: reason }[type]
      entries.push(more === undefined ? type : `${type} ${more}`)
    })
  }
  return entries
}

test('opens, receives echoes of text and bytes, and closes', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  ws.binaryType = 'arraybuffer'
  const attribute = []
  ws.onopen = (event) => attribute.push(event.type, event.target === ws)
  const entries = log(ws)
  assert.deepEqual([ws.readyState, ws.state], [0, 'connecting'])
  ws.send('queued')
  await next(ws, 'message')
  const bytes = next(ws, 'message')
  ws.send(Uint8Array.of(1, 2, 3))
  assert.deepEqual([...new Uint8Array((await bytes).data)], [1, 2, 3])
  assert.deepEqual([ws.readyState, ws.state], [1, 'open'])
  ws.close(4000, 'bye')
  assert.strictEqual(ws.readyState, 2)
  assert.strictEqual((await ws.closed).reason, 'closed')
  assert.strictEqual(ws.readyState, 3)
  assert.deepEqual(attribute, ['open', true])
  assert.deepEqual(
    entries.filter((entry) => !entry.includes('object')),
    ['open', 'message queued', 'close 4000', 'end closed'],
  )
  assert.ok((await server.journal()).some((entry) => `${entry}` === 'close,4000,bye'))
})

test('reconnects after a cut, and sends the queue', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const entries = log(ws)
  await next(ws, 'open')
  const [closed, echoed] = [next(ws, 'close'), next(ws, 'message')]
  await server.command('cut_all')
  await closed
  ws.send('queued')
  await echoed
  assert.deepEqual(entries, ['open', 'close 1006', 'reconnecting', 'open', 'message queued'])
  assert.deepEqual([ws.stats.reconnects, ws.stats.attempts], [1, 2])
})

test('a refused attempt is retried, up to the limit', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { ...QUICK, maxAttempts: 2 } })
  const entries = log(ws)
  let errors = 0
  ws.addEventListener('error', () => (errors += 1))
  assert.strictEqual((await ws.closed).reason, 'exhausted')
  assert.deepEqual(entries, ['close 1006', 'reconnecting', 'close 1006', 'reconnecting', 'close 1006', 'end exhausted'])
  // The class of happy-dom dispatches none.
  assert.strictEqual(errors, t.hasErrors === false ? 0 : 3)
})

test('a silent peer is detected by the heartbeat', async (t) => {
  const server = await t.server()
  const heartbeat = { message: 'beat', interval: 100, timeout: 300, isReply: (data) => data === 'beat' }
  const ws = connect(t, server.url('/echo'), { heartbeat })
  const entries = log(ws)
  await next(ws, 'latency')
  const failed = next(ws, 'error')
  const again = next(ws, 'close').then(() => next(ws, 'latency'))
  await server.command('silence?on=1')
  assert.strictEqual((await failed).error.message, 'homing: heartbeat timeout')
  await server.command('silence?on=0')
  await again
  assert.deepEqual(entries.slice(0, 3), ['open', 'close 1006', 'reconnecting'])
})

test("the server's close codes are delivered and answered", async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/close?code=4001&reason=enough'), { reconnect: false })
  const { code, reason } = await next(ws, 'close')
  assert.deepEqual([code, reason], [4001, 'enough'])
  await until(async () => (await server.journal()).some(([kind, code]) => kind === 'close' && code === '4001'))
  await until(async () => (await server.command('connections')) === '0')
  assert.strictEqual((await ws.closed).reason, 'exhausted')
})

test('messages that arrive after close() are discarded', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/numbered?n=200'))
  const entries = log(ws)
  ws.addEventListener('message', () => ws.close(1000))
  await ws.closed
  assert.deepEqual(entries, ['open', 'message 0', 'close 1000', 'end closed'])
})

test('messages that are sent after close() are discarded', async (t) => {
  const server = await t.server()
  for (const queue of [true, false]) {
    const ws = connect(t, server.url('/count'), { queue })
    await next(ws, 'open')
    ws.close(1000)
    ws.send('too late')
    await ws.closed
    ws.send('later')
  }
  assert.ok(!(await server.journal()).some(([kind]) => kind === 'text'))
})

test('close() while it connects ends the client and leaves no socket', async (t) => {
  for (const path of ['/stall', '/echo']) {
    const server = await t.server()
    const ws = connect(t, server.url(path))
    const entries = log(ws)
    ws.close()
    assert.strictEqual((await ws.closed).reason, 'closed')
    assert.deepEqual(entries, ['close 1006', 'end closed'])
    // On Android, only an open socket can be closed.
    if (t.isAndroid && path === '/echo') await until(async () => (await server.journal()).some(([kind]) => kind === 'request'))
    if (t.isAndroid && path === '/stall') continue
    await until(async () => (await server.command('connections')) === '0')
  }
})

test('the URL function is called for each attempt, which fails if it throws', async (t) => {
  const server = await t.server()
  let asked = 0
  const url = async () => {
    asked += 1
    if (asked === 1) throw new Error('no token')
    return server.url('/echo')
  }
  const ws = connect(t, url)
  const { error } = await next(ws, 'error')
  assert.deepEqual([error.message, error.cause.message], ['homing: failed to connect: no token', 'no token'])
  await next(ws, 'open')
  assert.strictEqual(asked, 2)
})

test('invalid options are named, without connecting', async (t) => {
  const server = await t.server()
  const url = server.url('/echo')
  const wrong = [
    [{ reconnect: { min: '1' } }, 'TypeError', 'reconnect.min'],
    [{ reconnect: { jitter: 2 } }, 'RangeError', 'reconnect.jitter'],
    [{ heartbeat: {} }, 'TypeError', 'heartbeat.message'],
    [{ signal: {} }, 'TypeError', 'signal'],
  ]
  for (const [options, name, text] of wrong) {
    const error = throws(() => connect(t, url, options), name)
    assert.ok(error.message.includes(`homing: ${text} must be`), error.message)
  }
  assert.strictEqual((await server.journal()).filter(([kind]) => kind === 'accepted').length, 0)
  // With a socket, its class would check the arguments.
  const nowhere = connect(t, () => new Promise(() => {}))
  for (const code of [999, 1006, 5000]) throws(() => nowhere.close(code), 'InvalidAccessError')
  throws(() => nowhere.close(4000, 'ü'.repeat(62)), 'SyntaxError')
  assert.strictEqual(nowhere.readyState, 0)
})

test('listeners: once, objects, signals and exceptions', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const calls = []
  const stop = new AbortController()
  ws.addEventListener('message', () => calls.push('once'), { once: true })
  ws.addEventListener('message', { handleEvent: () => calls.push('object') })
  ws.addEventListener('message', () => calls.push('signal'), { signal: stop.signal })
  await next(ws, 'open')
  for (const text of ['a', 'b']) {
    const echoed = next(ws, 'message')
    ws.send(text)
    await echoed
    stop.abort()
  }
  assert.deepEqual(calls, ['once', 'object', 'signal', 'object'])
})
