// The built package, in the environment of the tests.

const inNode = typeof process === 'object' && typeof window === 'undefined'
/** Whether the sockets are those of the package `ws` instead of the platform's. */
export const isByWs = inNode && process.env.HOMING_CLASS !== 'own'
/** Whether the sockets are Deno's or Node's, which differ from browsers' in some ways. */
export const isByDeno = 'Deno' in globalThis && !isByWs
export const isByUndici = inNode && !isByWs && !isByDeno && !('Bun' in globalThis)
/** Whether messages sent too late count in `bufferedAmount`. */
export const countsLate = !isByDeno && !isByUndici
const { default: Peer } = isByWs ? await import('ws') : { default: globalThis.WebSocket }

/** The entry under test: `index` for `homing`, or `wasm` for `homing/wasm`. */
export const entry = inNode
  ? (process.env.HOMING_ENTRY ?? 'index')
  : (new URLSearchParams(location.search).get('entry') ?? 'index')
// In pages by its address, since strict policies forbid import maps.
const built = await import(inNode ? ['homing', 'homing/wasm'][+(entry === 'wasm')] : `../../../dist/${entry}.js`)

export const { HomingSocket, SetupError } = built
export const { EndEvent, FailureEvent, LatencyEvent, ReconnectingEvent } = built

/** The class of the underlying sockets. */
export const Native = Peer
export const where = inNode ? 'node' : 'page'

/** Short delays. */
export const QUICK = { min: 20, max: 50 }

/** Creates a client that is closed at the end of the test. */
export function connect(t, url, { protocols, ...options } = {}) {
  const socket = new HomingSocket(url, protocols, { reconnect: QUICK, ...(isByWs ? { WebSocket: Peer } : {}), ...options })
  t.onEnd(() => socket.close())
  return socket
}

/** Records the types of all events in order, with their main value. */
export function log(socket, entries = []) {
  for (const type of ['open', 'message', 'error', 'close', 'reconnecting', 'end', 'drain', 'latency']) {
    socket.addEventListener(type, (event) => {
      // Node's class dispatches two error events for an abandoned attempt.
      if (type === 'error' && isByUndici && entries.at(-1) === 'error') return
      if (type === 'message') entries.push(`message ${event.data}`)
      else if (type === 'close') entries.push(`close ${event.code}`)
      else if (type === 'end') entries.push(`end ${event.reason}`)
      else entries.push(type)
    })
  }
  return entries
}
