// The module may be late. Whatever happens until then is what would have happened with it.

import { connect, init, late, log, QUICK, wasm, where } from '../support/homing.js'
import { equal, next, ok, rejects, test, until } from '../support/test.js'

test('a connection is used before the module is there', async (t) => {
  const arrive = late(t)
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const entries = log(ws)
  ws.send('queued')
  await next(ws, 'message')
  ws.send('direct')
  await next(ws, 'message')
  equal([ws.readyState, ws.state], [1, 'open'])
  await arrive()
  ws.send('more')
  await next(ws, 'message')
  ws.close()
  await ws.closed
  equal(entries, ['open', 'message queued', 'message direct', 'message more', 'close 1005', 'end closed'])
  equal(ws.stats.messagesSent, 3)
})

test('a close event is told at once, what follows when the module is there', async (t) => {
  const arrive = late(t)
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const entries = log(ws)
  await next(ws, 'open')
  const closed = next(ws, 'close')
  await server.command('cut_all')
  await closed
  equal([ws.readyState, ws.state], [0, 'connecting'])
  ws.send('kept')
  await arrive()
  await next(ws, 'message')
  equal(entries.filter((entry) => entry !== 'error'), ['open', 'close 1006', 'reconnecting', 'open', 'message kept'])
})

test('a refused connection waits for the module', async (t) => {
  const arrive = late(t)
  const server = await t.server()
  await server.command('stop')
  const ws = connect(t, server.url('/echo'), { reconnect: { ...QUICK, maxAttempts: 1 } })
  const entries = log(ws)
  await next(ws, 'close')
  equal(entries, ['error', 'close 1006'])
  await arrive()
  await ws.closed
  equal(entries, ['error', 'close 1006', 'reconnecting', 'error', 'close 1006', 'end exhausted'])
})

test('s3_what_was_told_before_the_module_is_told_once', async (t) => {
  const arrive = late(t)
  let asked = 0
  const server = await t.server()
  const url = () => {
    asked += 1
    if (asked === 1) throw new Error('no token')
    return server.url('/echo')
  }
  const ws = connect(t, url, { reconnect: false, queue: false })
  const entries = log(ws)
  ws.addEventListener('close', () => ws.reconnect(), { once: true })
  await next(ws, 'close')
  await arrive()
  await next(ws, 'open')
  equal(entries.filter((entry) => entry !== 'reconnecting'), ['error', 'close 1006', 'open'])
})

test('where nothing follows readyState says so before the module is there', async (t) => {
  const arrive = late(t)
  const server = await t.server()
  const ws = connect(t, server.url('/close?code=4000'), { reconnect: false })
  const states = []
  ws.addEventListener('close', () => states.push(ws.readyState))
  await next(ws, 'close')
  await arrive()
  await ws.closed
  equal([...states, ws.readyState], [3, 3])
})

test('an abort before the module is there ends a client that has begun anew', async (t) => {
  const server = await t.server()
  const controller = new AbortController()
  const ws = connect(t, server.url('/echo'), { signal: controller.signal })
  await next(ws, 'open')
  ws.close()
  await ws.closed
  ws.reconnect()
  controller.abort()
  equal((await ws.closed).reason, 'closed')
  equal(ws.readyState, 3)
})

// Each listener's microtasks run before the next listener is called, and the module may arrive in any of them.
for (const type of ['open', 'error', 'close']) {
  test(`the module arrives among the listeners of ${type}`, async (t) => {
    const arrive = late(t)
    const server = await t.server()
    if (type === 'error') await server.command('stop')
    const ws = connect(t, server.url('/echo'), { reconnect: { ...QUICK, maxAttempts: 0 } })
    const entries = log(ws)
    let called = 0
    ws.addEventListener(type, () => void arrive(), { once: true })
    ws.addEventListener(type, () => (called += 1))
    if (type !== 'error') {
      await next(ws, 'open')
      await server.command('cut_all')
    }
    await ws.closed
    equal(called, 1)
    equal(entries.filter((entry) => entry !== 'error' || type === 'error'), [...(type === 'error' ? ['error'] : ['open']), 'close 1006', 'end exhausted'])
  })
}

for (const path of ['/echo', '/stall']) {
  test(`close() of ${path} before the module is there`, async (t) => {
    const arrive = late(t)
    const server = await t.server()
    const ws = connect(t, server.url(path))
    const entries = log(ws)
    if (path === '/echo') await next(ws, 'open')
    ws.close()
    equal(ws.readyState, 2)
    await next(ws, 'close')
    equal(ws.readyState, 3)
    await arrive()
    await ws.closed
    equal(entries, path === '/echo' ? ['open', 'close 1005', 'end closed'] : ['error', 'close 1006', 'end closed'])
  })
}

test('reconnect() before the module is there', async (t) => {
  const arrive = late(t)
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const entries = log(ws)
  await next(ws, 'open')
  const again = next(ws, 'open')
  ws.reconnect()
  await arrive()
  await again
  equal(entries, ['open', 'close 1000', 'reconnecting', 'open'])
})

const PLAIN = { reconnect: false, queue: false }
const withoutErrors = (entries) => entries.filter((entry) => entry !== 'error')

for (const [when, begin] of [
  ['that has the module', async () => (await init(), async () => {})],
  ['that has no module yet', (t) => late(t)],
]) {
  test(`reconnect() in the close event of a plain one ${when}`, async (t) => {
    const arrive = await begin(t)
    const server = await t.server()
    const ws = connect(t, server.url('/echo'), PLAIN)
    const entries = log(ws)
    await next(ws, 'open')
    ws.addEventListener('close', () => ws.reconnect(), { once: true })
    const [closed, again] = [next(ws, 'close'), next(ws, 'open')]
    await server.command('cut_all')
    await closed
    // Connecting, or open already: nothing is waited for.
    ok(ws.readyState < 2, `${ws.readyState}`)
    await arrive()
    await again
    equal(withoutErrors(entries), ['open', 'close 1006', 'reconnecting', 'open'])
    equal([ws.readyState, ws.state], [1, 'open'])
    ws.close()
    equal((await ws.closed).reason, 'closed')
  })
}

test('reconnect() of a plain one that is cut before the module is there', async (t) => {
  const arrive = late(t)
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), PLAIN)
  const entries = log(ws)
  await next(ws, 'open')
  const [closed, again] = [next(ws, 'close'), next(ws, 'open')]
  ws.reconnect()
  await server.command('cut_all')
  await closed
  await arrive()
  await again
  equal(withoutErrors(entries), ['open', 'close 1006', 'reconnecting', 'open'])
})

test('what was sent leaves before a close() that the module has to learn of', async (t) => {
  const arrive = late(t)
  const server = await t.server()
  const ws = connect(t, server.url('/count'))
  await next(ws, 'open')
  // More bytes than can be said, without a look at each character, to fit into the buffer.
  ws.send('x'.repeat(400_000))
  ws.close()
  await arrive()
  equal((await ws.closed).unsent, 0)
  const texts = (await server.journal()).filter(([kind]) => kind === 'text')
  equal(texts.map(([, text]) => text.length), [400_000])
})

/** No module can be loaded, when it was asked for. */
function block(t) {
  const reported = []
  t.catchReports((error) => reported.push(error.message))
  init(new Promise((_, reject) => setTimeout(() => reject(new Error('blocked')), 10))).catch(() => {})
  return async () => {
    await until(() => reported.length > 0)
    return reported
  }
}

test('without the module what is long is sent as well', async (t) => {
  const server = await t.server()
  const blocked = block(t)
  const ws = connect(t, server.url('/echo'))
  await next(ws, 'open')
  const long = 'x'.repeat(400_000)
  ws.send(long)
  equal((await next(ws, 'message')).data.length, long.length)
  await blocked()
  ws.send(long)
  ws.send('short')
  equal((await next(ws, 'message')).data.length, long.length)
  ws.close()
  equal((await ws.closed).reason, 'closed')
})

test('without the module a plain one that shall come back says that it cannot', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), PLAIN)
  await next(ws, 'open')
  await server.command('cut_all')
  await ws.closed
  block(t)
  ws.reconnect()
  const end = await ws.closed
  equal([end.reason, end.error.message, ws.readyState], ['exhausted', 'blocked', 3])
})

test('without the module nothing reconnects, and that is told', async (t) => {
  const server = await t.server()
  const blocked = block(t)
  const ws = connect(t, server.url('/echo'))
  await next(ws, 'open')
  const [reported] = await blocked()
  ok(reported.includes('module could not be loaded'), reported)
  ws.send('x')
  await next(ws, 'message')
  await server.command('cut_all')
  const end = await ws.closed
  equal([end.reason, end.error.message], ['exhausted', 'blocked'])
  // The next one tries again.
  const later = connect(t, server.url('/echo'))
  later.close()
  equal((await later.closed).reason, 'closed')
})

const file = new URL('../../../dist/homing.wasm', import.meta.url)
const FORMS = {
  bytes: () => wasm,
  'a part of a buffer': () => new Uint8Array(wasm),
  'a compiled module': () => WebAssembly.compile(wasm),
  'a response': () => new Response(wasm, { headers: { 'content-type': 'application/wasm' } }),
  'a promise': () => Promise.resolve(wasm),
  // Node fetches no files.
  ...(where === 'node' ? {} : { 'an address': () => file.href, 'a URL': () => file, 'a request': () => new Request(file) }),
}
for (const [form, make] of Object.entries(FORMS)) {
  test(`init takes ${form}`, async (t) => {
    const server = await t.server()
    await init(make())
    const ws = connect(t, server.url('/echo'))
    await next(ws, 'open')
    const again = next(ws, 'connecting')
    await server.command('cut_all')
    await again
  })
}

test('init says what is not there, and leaves the rest as it was', async (t) => {
  const server = await t.server()
  const error = await rejects(init(where === 'node' ? new Response('', { status: 404 }) : new URL('nowhere.wasm', file)))
  ok(error.message.includes('404'), error.message)
  const ws = connect(t, server.url('/close?code=1008'))
  equal((await ws.closed).reason, 'fatal')
})
