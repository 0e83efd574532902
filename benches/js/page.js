// The measurements, in a page that loads one class: `?class=NAME`. All classes do the same work.

const IMPORTS = {
  bare: async () => ({ make: (url, Socket) => new (Socket ?? globalThis.WebSocket)(url) }),
  homing: async () => ofHoming(await import('homing')),
  wasm: async () => ofHoming(await import('homing/wasm')),
  partysocket: async () => {
    const { default: PartySocket } = await import('partysocket/ws')
    return { make: (url, Socket) => new PartySocket(url, [], Socket ? { WebSocket: Socket } : {}) }
  },
  rews: async () => {
    const { ReconnectingWebSocket } = await import('@nktkas/rews')
    return { make: (url) => new ReconnectingWebSocket(url) }
  },
}
const ofHoming = ({ HomingSocket }) => ({
  make: (url, Socket) => new HomingSocket(url, [], Socket ? { WebSocket: Socket } : {}),
})

const { make } = await IMPORTS[new URLSearchParams(location.search).get('class')]()

const opened = (socket) => new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
const turn = () => new Promise((resolve) => setTimeout(resolve))
const close = async (socket) => {
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }))
  socket.close(1000)
  await closed
}
/** Collects garbage, so that no measurement pays for the one before it. */
const sweep = () => globalThis.gc?.({ type: 'minor' })

/** Keeps the compiler from removing the work. */
// biome-ignore lint/correctness/noUnusedVariables: nothing reads it
let sink = 0

/** Each scenario: a script of the test server, the number of messages that take about 30 ms, and how often the page sends to get
 * them all. */
const SCENARIOS = {
  'receive 16 B': ['/burst?n=2000&size=16&binary=1', { messages: 2000, sent: 1 }],
  'receive 128 B text': ['/burst?n=2000&size=128', { messages: 2000, sent: 1 }],
  'receive 64 KiB': ['/burst?n=300&size=65536&binary=1', { messages: 300, sent: 1 }],
  'send 16 B': ['/burst?per=4000&n=1&size=1', { messages: 1, sent: 4000 }],
  'round trip 32 B': ['/burst?size=32&binary=1', { messages: 500, sent: 500 }],
}

/** Opens and closes one socket after another. */
const CYCLES = 'open and close'
const EACH = 100
let address

const payload = new Uint8Array(16)
/** The socket of the current scenario, and the callback for its messages. */
let socket, name, work

async function connect(scenario, server) {
  const [path] = SCENARIOS[scenario]
  socket = make(server + path)
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('message', ({ data }) => {
    sink += data.byteLength ?? data.length
    work.left -= 1
    if (work.left === 0) work.done()
    else if (work.answers) socket.send(payload)
  })
  await opened(socket)
}

/** Does a scenario's work on an open connection, or no work, to measure the overhead. Returns the number of messages. */
async function run() {
  if (!name) return 1
  if (name === CYCLES) return cycle()
  const { messages, sent } = SCENARIOS[name][1]
  const answers = messages === sent
  const over = new Promise((done) => (work = { left: messages, done, answers }))
  for (let i = answers ? sent - 1 : 0; i < sent; i++) socket.send(payload)
  await over
  sweep()
  return Math.max(messages, sent)
}

async function cycle() {
  for (let i = 0; i < EACH; i++) {
    const socket = make(address)
    await opened(socket)
    await close(socket)
  }
  sweep()
  return EACH
}

/** Prepares a measurement. */
async function prepare(scenario, server) {
  if (scenario !== name) {
    if (socket) await close(socket)
    socket = undefined
    name = scenario
    if (scenario === CYCLES) address = `${server}/echo`
    else if (scenario) await connect(scenario, server)
  }
  globalThis.gc?.()
  await turn()
}

/** A socket that opens immediately and whose messages take no time to arrive. */
class Stub extends EventTarget {
  static last
  static CONNECTING = 0
  static OPEN = 1
  static CLOSING = 2
  static CLOSED = 3
  readyState = 0
  bufferedAmount = 0
  binaryType = 'blob'
  protocol = ''
  extensions = ''

  constructor(url) {
    super()
    this.url = url
    Stub.last = this
    setTimeout(() => {
      this.readyState = 1
      this.dispatchEvent(new Event('open'))
    })
  }

  send() {
    sink += 1
  }

  close() {
    this.readyState = 3
    setTimeout(() => this.dispatchEvent(new CloseEvent('close', { code: 1000, wasClean: true })))
  }
}

/** Measures the nanoseconds per message without the browser's socket: of a dispatched event, or of a call of `send`. */
async function own(messages) {
  const socket = make('ws://127.0.0.1:9/', Stub)
  await opened(socket)
  const stub = Stub.last
  socket.addEventListener('message', ({ data }) => {
    sink += data.length
  })
  const events = Array.from({ length: messages }, () => new MessageEvent('message', { data: 'x' }))
  const before = performance.now()
  for (const event of events) stub.dispatchEvent(event)
  const between = performance.now()
  const payload = new Uint8Array(16)
  for (let i = 0; i < messages; i++) socket.send(payload)
  const after = performance.now()
  socket.close()
  const each = (millis) => (millis * 1e6) / messages
  return [each(between - before), each(after - between)]
}

/** Measures the milliseconds from `new` to the open event. */
async function open(server) {
  const before = performance.now()
  const socket = make(`${server}/echo`)
  await opened(socket)
  const took = performance.now() - before
  await close(socket)
  return took
}

window.bench = { scenarios: [...Object.keys(SCENARIOS), CYCLES], prepare, run, own, open }
