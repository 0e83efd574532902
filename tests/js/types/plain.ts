// Checks that the classes of `homing/plain` are assignable to the browser's. Compiled, not run.

import type { HomingSocket } from 'homing'
import { type PlainOptions, PlainSocket, plain } from 'homing/plain'

const options: PlainOptions = {
  heartbeat: { message: 'ping', isReply: (data) => data === 'pong' },
  queue: false,
  openTimeout: 10_000,
  closeTimeout: 5000,
  headers: { cookie: 'a=b' },
  signal: new AbortController().signal,
}
const Class: typeof WebSocket = PlainSocket
const Bound: typeof WebSocket = plain(options)
const Sub: typeof WebSocket = class extends plain() {}
const homing: typeof HomingSocket = plain({ reconnect: false, pauseWhileHidden: false })
const socket: WebSocket = new Class('wss://example.org', ['a'])
const third: PlainSocket = new (plain())('wss://example.org', undefined, { rejectUnauthorized: false })
const provided = new PlainSocket(
  async () => new URL('wss://example.org'),
  () => ['a'],
)
provided.addEventListener('latency', ({ latency }) => latency.toFixed())

// @ts-expect-error it does not reconnect
plain({ reconnect: true })
// @ts-expect-error nor does it reconnect when the page is shown
plain({ pauseWhileHidden: true })
// @ts-expect-error no such option
plain({ retries: 3 })

export { Bound, homing, Sub, socket, third }
