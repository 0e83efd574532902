// What each operation does, and what it must have done at its end.

import { isDeepStrictEqual } from 'node:util'
import { opened, pass, socket, Wrong } from './world.js'

/** Messages of a batch. */
const BATCH = 64
/** Longer than a client waits before it polls the socket's buffer. */
const POLLED = 200
const INTERVAL = 1000

const TEXT = '{"id":18273645,"side":"buy","symbol":"BTCUSDT","price":"64213.50","size":"0.12500","time":1764490211873},'
const textOf = (length) => TEXT.repeat(Math.ceil(length / TEXT.length)).slice(0, length)
const bytesOf = (length) => new TextEncoder().encode(textOf(length)).buffer

function expect(what, is, should) {
  if (!isDeepStrictEqual(is, should)) throw new Wrong(`${what}: ${JSON.stringify(is)} in place of ${JSON.stringify(should)}`)
}

async function receive(Client, data, repeat) {
  const client = new Client()
  const from = await opened()
  let messages = 0
  const counts = await repeat(BATCH, async () => {
    for (let at = 0; at < BATCH; at++) from.receives(data)
    messages += BATCH
    await pass(POLLED)
  })
  expect('received', client.arrived(), { messages, bytes: messages * (data.length ?? data.byteLength) })
  return counts
}

async function send(Client, length, isText, repeat) {
  const client = new Client()
  const to = await opened()
  client.payload(textOf(length), isText)
  let messages = 0
  const counts = await repeat(BATCH, async () => {
    client.send(BATCH)
    messages += BATCH
    await pass(0)
    to.bufferedAmount = 0
    await pass(POLLED)
  })
  const { last, ...sent } = to.sent
  expect('sent', sent, { messages, bytes: messages * length })
  expect('sent last', isText ? last : new TextDecoder().decode(last), textOf(length))
  return counts
}

async function heartbeat(Client, repeat) {
  const client = new Client({ interval: INTERVAL })
  const to = await opened()
  let beats = 0
  const counts = await repeat(1, async () => {
    await pass(INTERVAL)
    beats++
    expect('heartbeats', to.sent, { messages: beats, bytes: 4 * beats, last: 'ping' })
    to.bufferedAmount = 0
    to.receives('pong')
    await pass(0)
  })
  expect('received', client.arrived(), { messages: 0, bytes: 0 })
  expect('sockets', socket, to)
  return counts
}

async function connect(Client, repeat) {
  return repeat(1, async () => {
    const before = socket
    const client = new Client()
    const to = await opened(before)
    client.close()
    await pass(0)
    expect('state', to.readyState, 3)
    client.free()
    await pass(0)
  })
}

async function reconnect(Client, repeat) {
  const client = new Client()
  let from = await opened()
  const counts = await repeat(1, async () => {
    from.ends(1006, false)
    from = await opened(from)
  })
  from.receives('x')
  expect('received', client.arrived(), { messages: 1, bytes: 1 })
  return counts
}

export const OPERATIONS = {
  'receive 16 B': (client, repeat) => receive(client, bytesOf(16), repeat),
  'receive text 16 B': (client, repeat) => receive(client, textOf(16), repeat),
  'receive text 128 B': (client, repeat) => receive(client, textOf(128), repeat),
  'receive 1 KiB': (client, repeat) => receive(client, bytesOf(1024), repeat),
  'send text 128 B': (client, repeat) => send(client, 128, true, repeat),
  'send 1 KiB': (client, repeat) => send(client, 1024, false, repeat),
  'connect and close': connect,
  heartbeat,
  reconnect,
}

/** Operations that only homing has. */
export const OWN = ['heartbeat', 'reconnect']
