// Functions in the options that throw or return something invalid.

import { assert } from '../support/assert.js'
import { connect, log, QUICK, where } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

test('any truthy result of shouldReconnect means yes', async (t) => {
  const server = await t.server()
  for (const [answer, reason, attempts] of [
    ['yes', 'exhausted', 2],
    [{}, 'exhausted', 2],
    [[1, 2], 'exhausted', 2],
    [Infinity, 'exhausted', 2],
    ['', 'declined', 1],
    [0, 'declined', 1],
    [undefined, 'declined', 1],
    [null, 'declined', 1],
  ]) {
    const reconnect = { ...QUICK, maxAttempts: 1, shouldReconnect: () => answer }
    const ws = connect(t, server.url('/close?code=4000'), { reconnect })
    assert.strictEqual((await ws.closed).reason, reason)
    assert.strictEqual(ws.stats.attempts, attempts)
  }
})

test('an asynchronous shouldReconnect is reported once, and the default policy applies', async (t) => {
  const server = await t.server()
  const reports = []
  t.catchReports((error) => reports.push(error))
  let asked = 0
  const shouldReconnect = async () => {
    if (++asked === 2) throw new Error('not awaited')
    return false
  }
  const codes = [4000, 4001, 1008]
  const ws = connect(t, () => server.url(`/close?code=${codes.shift()}`), { reconnect: { ...QUICK, shouldReconnect } })
  const entries = log(ws)
  await ws.closed
  assert.deepEqual(
    entries.filter((entry) => entry.startsWith('close')),
    ['close 4000', 'close 4001', 'close 1008'],
  )
  await until(() => reports.length > 0)
  assert.deepEqual(
    reports.map(({ name, message }) => `${name}: ${message}`),
    ['TypeError: homing: reconnect.shouldReconnect must not return a promise'],
  )
})

test('a reported exception never ends the process', async (t) => {
  if (where !== 'node') t.skip('this is a page')
  const server = await t.server()
  const uncaught = []
  const note = (error) => uncaught.push(error)
  process.on('uncaughtException', note)
  const { error } = console
  const printed = []
  console.error = (reported) => printed.push(reported.message)
  t.onEnd(() => {
    process.off('uncaughtException', note)
    console.error = error
  })
  const fail = (what) => () => {
    throw new Error(what)
  }
  const heartbeat = { message: fail('message'), interval: 20, timeout: 60_000, isReply: fail('isReply') }
  const ws = connect(t, server.url('/echo'), {
    heartbeat,
    reconnect: { ...QUICK, maxAttempts: 0, shouldReconnect: fail('shouldReconnect') },
  })
  await next(ws, 'open')
  ws.send('x')
  await next(ws, 'message')
  await until(() => printed.includes('message'))
  await server.command('cut_all')
  await ws.closed
  assert.deepEqual([...new Set(printed)].sort(), ['isReply', 'message', 'shouldReconnect'])
  // Long enough for an exception of a microtask to be reported as uncaught.
  await new Promise((resolve) => setTimeout(resolve))
  assert.deepEqual(uncaught, [])
})

test('an asynchronous isReply is reported once, and messages are delivered', async (t) => {
  const server = await t.server()
  const reports = []
  t.catchReports((error) => reports.push(error))
  const isReply = async (data) => data === 'beat'
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: 10_000, isReply } })
  const entries = log(ws)
  for (const text of ['one', 'two', 'three']) ws.send(text)
  await until(() => entries.includes('message three'))
  assert.deepEqual(entries, ['open', 'message one', 'message two', 'message three'])
  await until(() => reports.length > 0)
  assert.deepEqual(
    reports.map(({ name, message }) => `${name}: ${message}`),
    ['TypeError: homing: heartbeat.isReply must not return a promise'],
  )
})

test('an asynchronous heartbeat message is reported once and not sent', async (t) => {
  const server = await t.server()
  const reports = []
  t.catchReports((error) => reports.push(error))
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: async () => 'beat', interval: 10, timeout: 10_000 } })
  const entries = log(ws)
  await until(() => reports.length > 0)
  ws.send('after')
  await until(() => entries.includes('message after'))
  assert.deepEqual([entries, reports.map(({ name }) => name)], [['open', 'message after'], ['TypeError']])
})

test('any truthy result of isReply means yes', async (t) => {
  const server = await t.server()
  const isReply = (data) => data.match(/^beat/)
  const ws = connect(t, server.url('/echo'), { heartbeat: { message: 'beat', interval: 30, timeout: 10_000, isReply } })
  const entries = log(ws)
  await next(ws, 'latency')
  ws.send('mine')
  await next(ws, 'message')
  assert.deepEqual(
    entries.filter((entry) => entry.startsWith('message')),
    ['message mine'],
  )
})
