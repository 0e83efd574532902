// The clients under pressure, with one interface: those of the npm package, by entry, and that of the crate.

const kind = new URLSearchParams(location.search).get('client')
const MODULE = '/tests/js/pressure/pkg/homing_pages.js'

const rust = kind === 'rust' ? await import(MODULE) : undefined
const wasm = await rust?.default()
const npm = rust ? undefined : await import(`../../../dist/${kind}.js`)

/** Bytes of the machine or the client in WebAssembly: allocated, where that is counted, and the whole memory. */
export const memory = () => (rust ? { inUse: rust.bytesInUse(), whole: wasm.memory.buffer.byteLength } : {})

class OfNpm {
  #socket

  constructor(url, { setupTimeout, binaryType, heartbeat, ...options }, notify) {
    const socket = (this.#socket = new npm.HomingSocket(url, undefined, {
      ...options,
      ...(heartbeat && { heartbeat: { ...heartbeat, message: 'beat', isReply: (data) => data === 'beat' } }),
      ...(setupTimeout && {
        setupTimeout,
        async setup(session) {
          session.send('set-up')
          await session.receive()
        },
      }),
    }))
    socket.binaryType = binaryType ?? 'arraybuffer'
    socket.addEventListener('open', () => notify('open'))
    socket.addEventListener('message', ({ data }) => notify('message', data))
    socket.addEventListener('error', ({ error }) => notify('error', error?.message))
    socket.addEventListener('close', ({ code }) => notify('close', code))
    socket.addEventListener('reconnecting', ({ delay }) => notify('reconnecting', delay))
    socket.addEventListener('end', ({ reason }) => notify('end', reason))
  }

  send(text) {
    this.#socket.send(text)
  }

  sendBytes(data) {
    this.#socket.send(data)
  }

  close() {
    this.#socket.close(1000)
  }

  reconnect() {
    this.#socket.reconnect()
  }

  state() {
    return this.#socket.state
  }

  free() {}
}

/** Creates a client. */
export const create = (url, options, notify) => (rust ? new rust.Client(url, options, notify) : new OfNpm(url, options, notify))
