// The client's own part: the nanoseconds of a message without the browser's socket.

/** Keeps the compiler from removing the work. */
// biome-ignore lint/correctness/noUnusedVariables: nothing reads it
let sink = 0

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
export async function own(make, messages) {
  const socket = make('ws://127.0.0.1:9/', Stub)
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
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
