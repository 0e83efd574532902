// What is measured, in a page that has one class only: `?class=NAME`. Every class does the same work.

const IMPORTS = {
  bare: async () => ({ make: (url, Socket) => new (Socket ?? globalThis.WebSocket)(url) }),
  homing: async () => ofHoming(await import('homing')),
  inline: async () => ofHoming(await import('homing/inline')),
  partysocket: async () => {
    const { default: PartySocket } = await import('partysocket/ws')
    return { make: (url, Socket) => new PartySocket(url, [], Socket ? { WebSocket: Socket } : {}) }
  },
  rews: async () => {
    const { ReconnectingWebSocket } = await import('@nktkas/rews')
    return { make: (url) => new ReconnectingWebSocket(url) }
  },
}
const ofHoming = ({ HomingSocket, init }) => ({
  make: (url, Socket) => new HomingSocket(url, [], Socket ? { WebSocket: Socket } : {}),
  ready: init,
})

const { make, ready = async () => {} } = await IMPORTS[new URLSearchParams(location.search).get('class')]()

// The browser's socket at the bottom of each class: what has left is for it to say. Some classes tell of a close event
// before there is one, and of an empty buffer that they have not looked at.
const Native = globalThis.WebSocket
let native
globalThis.WebSocket = Object.assign(
  function WebSocket(...args) {
    return (native = new Native(...args))
  },
  { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 },
)

const opened = (socket) => new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
const turn = () => new Promise((resolve) => setTimeout(resolve))
/** Until the browser's socket has closed. */
const close = async (socket) => {
  const closed = new Promise((resolve) => native.addEventListener('close', resolve, { once: true }))
  socket.close(1000)
  await closed
}
/** What was left behind is paid for by who left it. */
const sweep = () => globalThis.gc?.({ type: 'minor' })

/** Keeps the work from being left out. */
let sink = 0

async function receive(server, path, messages) {
  const socket = make(`${server}${path}&n=${messages}`)
  socket.binaryType = 'arraybuffer'
  let left = messages
  await new Promise((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      sink += data.byteLength ?? data.length
      left -= 1
      if (left === 0) resolve()
    })
  })
  return socket
}

/** How many messages, and what is done with them. */
const SCENARIOS = {
  'receive 16 B': [10_000, (server, n) => receive(server, '/flood?quiet=1&binary=1&size=16', n)],
  'receive 128 B text': [10_000, (server, n) => receive(server, '/text?quiet=1&size=128', n)],
  'receive 64 KiB': [250, (server, n) => receive(server, '/flood?quiet=1&binary=1&size=65536', n)],
  'send 16 B': [
    10_000,
    async (server, n) => {
      const socket = make(`${server}/sink`)
      await opened(socket)
      const payload = new Uint8Array(16)
      // In portions, each of which has left before the next: how often threads wake each other is the same for all then.
      for (let i = 0; i < n / 200; i++) {
        for (let j = 0; j < 200; j++) socket.send(payload)
        do await turn()
        while (native.bufferedAmount > 0)
      }
      return socket
    },
  ],
  'round trip 32 B': [
    1000,
    async (server, n) => {
      const socket = make(`${server}/echo?quiet=1`)
      socket.binaryType = 'arraybuffer'
      await opened(socket)
      const payload = new Uint8Array(32)
      let left = n
      await new Promise((resolve) => {
        socket.addEventListener('message', () => {
          left -= 1
          if (left === 0) resolve()
          else socket.send(payload)
        })
        socket.send(payload)
      })
      return socket
    },
  ],
}

/** Does a scenario's work, whose socket is closed later, unmeasured; or none at all, to see what that costs. */
let socket
async function run(scenario, server) {
  if (!scenario) return 1
  const [messages, work] = SCENARIOS[scenario]
  socket = await work(server, messages)
  sweep()
  return messages
}

/** Makes everything ready for a measurement. */
async function prepare() {
  await ready()
  if (socket) await close(socket)
  socket = undefined
  globalThis.gc?.()
  await turn()
}

/** A socket that is open at once, and whose messages cost nothing to bring. */
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

/** Nanoseconds per message that are not the browser's socket's: a dispatched event, or a call of `send`. */
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

/** Milliseconds from `new` to the open event, and until what decides of reconnecting is there. */
async function open(server) {
  const before = performance.now()
  const socket = make(`${server}/echo`)
  const loaded = ready().then(() => performance.now() - before)
  await opened(socket)
  const took = performance.now() - before
  const times = [took, await loaded]
  await close(socket)
  return times
}

window.bench = { scenarios: Object.keys(SCENARIOS), prepare, run, own, open }
