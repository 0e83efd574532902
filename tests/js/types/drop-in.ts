// Checks that the class is assignable to the browser's. Compiled, not run.

import Default, {
  type ClosedInfo,
  FailureEvent,
  HomingSocket,
  type HomingSocketOptions,
  type ReconnectingEvent,
  type Session,
  SetupError,
  type SetupErrorOptions,
  type SetupFunction,
} from 'homing'
import { HomingSocket as AsWebAssembly } from 'homing/wasm'

const socket: WebSocket = new HomingSocket('wss://example.org')
const Class: typeof WebSocket = HomingSocket
const another: typeof WebSocket = AsWebAssembly
const third: typeof HomingSocket = Default
new Class('wss://example.org', ['a']).send(new Uint8Array(1))

function takes(_: { WebSocket: typeof WebSocket }): void {}
takes({ WebSocket: HomingSocket })
takes({ WebSocket: class extends HomingSocket {} })

const state: 0 = HomingSocket.CONNECTING
const open: boolean = socket.readyState === HomingSocket.OPEN
socket.onmessage = ({ data }) => data
socket.addEventListener('close', ({ code, reason, wasClean }) => [code, reason, wasClean])

const options: HomingSocketOptions = {
  reconnect: {
    min: 1,
    max: 2,
    factor: 2,
    jitter: 1,
    maxAttempts: 3,
    stableAfter: 4,
    shouldReconnect: ({ code }) => code !== 4000,
  },
  heartbeat: { message: () => 'ping', isReply: (data) => data === 'pong', inWorker: true, interval: 1, timeout: 2 },
  queue: true,
  maxSendBuffer: 10,
  openTimeout: 1000,
  closeTimeout: Infinity,
  pauseWhileHidden: true,
  signal: new AbortController().signal,
  WebSocket,
  headers: { cookie: 'a=b', 'x-many': ['a', 'b'] },
  webSocketOptions: { family: 4 },
  setupTimeout: 5000,
  setup: async (session, { signal }) => {
    session.send(`login ${session.protocol} ${session.extensions} ${signal.aborted}`)
    const answer: string = await session.receive()
    for await (const data of session) session.send(data as Blob)
    const reason: SetupErrorOptions = { code: 4401, reason: answer, fatal: true, cause: answer }
    throw new SetupError('refused', reason)
  },
}
const subscribe: SetupFunction = (session: Session) => session.send('subscribe')
new HomingSocket('wss://example.org', [], { setup: subscribe, reconnect: { maxInitialAttempts: 3 } })
const beyond = new HomingSocket(
  async () => new URL('wss://example.org'),
  () => ['a'],
  options,
)
new HomingSocket('wss://example.org', undefined, { reconnect: false })
beyond.addEventListener('reconnecting', ({ delay, attempt, cause }: ReconnectingEvent) => delay + attempt + cause.code)
beyond.addEventListener('end', ({ reason, unsent }) => [
  reason satisfies 'closed' | 'fatal' | 'exhausted' | 'declined',
  unsent + 1,
])
beyond.addEventListener('latency', ({ latency }) => latency.toFixed())
beyond.addEventListener('connecting', ({ timeStamp }) => timeStamp.toFixed())
beyond.ping().then(
  (rtt) => rtt.toFixed(),
  (error: DOMException) => error.name,
)
beyond.addEventListener('error', (event) => {
  const cause = event instanceof FailureEvent ? event.error.cause : undefined
  if (cause instanceof SetupError) [cause.code.toFixed(), cause.reason?.length, cause.fatal satisfies boolean]
})
beyond.addEventListener('drain', () => beyond.reconnect(10))

export async function all(): Promise<ClosedInfo> {
  const { protocol } = await beyond.opened
  for await (const data of beyond) beyond.send(`${protocol} ${data} ${beyond.stats.messagesReceived + 1}`)
  const [unsent] = beyond.takeUnsent()
  if (typeof unsent === 'string') unsent.length
  return beyond.closed
}

// @ts-expect-error no such option
new HomingSocket('wss://example.org', [], { retries: 3 })
// @ts-expect-error no function
new HomingSocket('wss://example.org', [], { setup: 'login' })
// @ts-expect-error a heartbeat needs a message
new HomingSocket('wss://example.org', [], { heartbeat: { interval: 3 } })
// @ts-expect-error cannot be set
beyond.readyState = 3

export { another, open, state, third }
