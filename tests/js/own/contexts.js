// Asynchronous contexts, and `when()`.

import { assert } from '../support/assert.js'
import { connect, isByWs, where } from '../support/homing.js'
import { test } from '../support/test.js'
import { next } from '../support/wait.js'

test('listeners run in the AsyncLocalStorage context in which the client was created, in every attempt', async (t) => {
  if (where !== 'node') t.skip('there is no AsyncLocalStorage in pages')
  if ('Deno' in globalThis && isByWs) t.skip('sockets of node:net have no AsyncLocalStorage context in Deno')
  const { AsyncLocalStorage } = await import('node:async_hooks')
  const storage = new AsyncLocalStorage()
  const server = await t.server()
  const seen = []
  const ws = storage.run('maker', () => connect(t, server.url('/echo')))
  for (const type of ['open', 'message', 'close', 'reconnecting', 'connecting', 'end']) {
    ws.addEventListener(type, () => seen.push(`${type} ${storage.getStore()}`))
  }
  await next(ws, 'open')
  storage.run('sender', () => ws.send('x'))
  await next(ws, 'message')
  const again = next(ws, 'open')
  storage.run('another', () => ws.reconnect())
  await again
  storage.run('sender', () => ws.send('x'))
  await next(ws, 'message')
  storage.run('closer', () => ws.close())
  await ws.closed
  assert.deepEqual(
    seen,
    ['open', 'message', 'close', 'reconnecting', 'connecting', 'open', 'message', 'close', 'end'].map((type) => `${type} maker`),
  )
})

test('when() receives the events of the sockets, in every attempt', async (t) => {
  if (!('when' in EventTarget.prototype)) t.skip('this platform has no EventTarget.prototype.when')
  const server = await t.server()
  const ws = connect(t, server.url('/echo'))
  const received = []
  const stop = new AbortController()
  ws.when('message').subscribe((event) => received.push(event.data), { signal: stop.signal })
  await next(ws, 'open')
  ws.send('a')
  await next(ws, 'message')
  const again = next(ws, 'open')
  await server.command('cut_all')
  await again
  ws.send('b')
  await next(ws, 'message')
  stop.abort()
  ws.send('c')
  await next(ws, 'message')
  assert.deepEqual(received, ['a', 'b'])
})
