// What is measured, in the page. Every class does the same work.

import { ReconnectingWebSocket } from '@nktkas/rews'
import { HomingSocket, init } from 'homing'
import PartySocket from 'partysocket/ws'

const CLASSES = {
  bare: (url, Socket) => new (Socket ?? WebSocket)(url),
  homing: (url, Socket) => new HomingSocket(url, [], Socket ? { WebSocket: Socket } : {}),
  partysocket: (url, Socket) => new PartySocket(url, [], Socket ? { WebSocket: Socket } : {}),
  rews: (url) => new ReconnectingWebSocket(url),
}

const opened = (socket) => new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
const closed = (socket) =>
  new Promise((resolve) => {
    socket.addEventListener('close', resolve, { once: true })
    socket.close(1000)
  })
const turn = () => new Promise((resolve) => setTimeout(resolve))

/** Keeps the work from being left out. */
let sink = 0

async function receive(make, server, path, messages) {
  const socket = make(`${server}${path}`)
  socket.binaryType = 'arraybuffer'
  let left = messages
  await new Promise((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      sink += data.byteLength ?? data.length
      left -= 1
      if (left === 0) resolve()
    })
  })
  await closed(socket)
  return messages
}

const SCENARIOS = {
  'receive 16 B': (make, server) => receive(make, server, '/flood?quiet=1&binary=1&n=10000&size=16', 10_000),
  'receive 128 B text': (make, server) => receive(make, server, '/text?quiet=1&n=10000&size=128', 10_000),
  'receive 64 KiB': (make, server) => receive(make, server, '/flood?quiet=1&binary=1&n=200&size=65536', 200),
  'send 16 B': async (make, server) => {
    const socket = make(`${server}/sink`)
    await opened(socket)
    const payload = new Uint8Array(16)
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 500; j++) socket.send(payload)
      await turn()
    }
    while (socket.bufferedAmount > 0) await turn()
    await closed(socket)
    return 10_000
  },
  'round trip 32 B': async (make, server) => {
    const socket = make(`${server}/echo?quiet=1`)
    socket.binaryType = 'arraybuffer'
    await opened(socket)
    const payload = new Uint8Array(32)
    let left = 1000
    await new Promise((resolve) => {
      socket.addEventListener('message', () => {
        left -= 1
        if (left === 0) resolve()
        else socket.send(payload)
      })
      socket.send(payload)
    })
    await closed(socket)
    return 1000
  },
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
async function own(make, messages) {
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

async function open(make, server) {
  const before = performance.now()
  const socket = make(`${server}/echo`)
  await opened(socket)
  const took = performance.now() - before
  await closed(socket)
  return took
}

await init()
window.bench = {
  names: Object.keys(CLASSES),
  scenarios: Object.keys(SCENARIOS),
  run: (scenario, name, server) => SCENARIOS[scenario](CLASSES[name], server),
  own: (name, messages) => own(CLASSES[name], messages),
  open: (name, server) => open(CLASSES[name], server),
}
