// The package as it is built, for wherever the tests run.

const inNode = typeof process === 'object' && typeof window === 'undefined'
const { default: Peer } = inNode ? await import('ws') : { default: globalThis.WebSocket }

const built = await import(inNode ? '../../../dist/inline.js' : '../../../dist/index.js')

export const { HomingSocket, init } = built
export const { EndEvent, FailureEvent, LatencyEvent, ReconnectingEvent } = built

/** The class below. */
export const Native = Peer
export const where = inNode ? 'node' : 'page'

/** Fast enough for tests. */
export const QUICK = { min: 20, max: 50 }

/** A client that is closed when the test is over. */
export function connect(t, url, { protocols, ...options } = {}) {
  const socket = new HomingSocket(url, protocols, { reconnect: QUICK, ...(inNode ? { WebSocket: Peer } : {}), ...options })
  t.onEnd(() => socket.close())
  return socket
}

/** The module's bytes. */
export const wasm = inNode
  ? await import('node:fs').then(({ readFileSync }) => readFileSync(new URL('../../../dist/homing.wasm', import.meta.url)))
  : await fetch(new URL('../../../dist/homing.wasm', import.meta.url)).then((response) => response.arrayBuffer())

/** Lets the module arrive only when what is returned is called. */
export function late(t) {
  let arrive
  const loaded = init(new Promise((resolve) => (arrive = () => resolve(wasm))))
  t.onEnd(() => (arrive(), loaded))
  return () => (arrive(), loaded)
}

/** The types of all events in order, with what tells them apart. */
export function log(socket, entries = []) {
  for (const type of ['open', 'message', 'error', 'close', 'reconnecting', 'end', 'drain', 'latency']) {
    socket.addEventListener(type, (event) => {
      if (type === 'message') entries.push(`message ${event.data}`)
      else if (type === 'close') entries.push(`close ${event.code}`)
      else if (type === 'end') entries.push(`end ${event.reason}`)
      else entries.push(type)
    })
  }
  return entries
}
