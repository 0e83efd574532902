// The package as it is built, for wherever the tests run.

const inNode = typeof process === 'object' && typeof window === 'undefined'
/** Whether the class below is that of the package `ws` instead of the platform's. */
export const isByWs = inNode && process.env.HOMING_CLASS !== 'own'
/** Deno's own class has some ways of its own, and so has Node's. */
export const isByDeno = 'Deno' in globalThis && !isByWs
export const isByUndici = inNode && !isByWs && !isByDeno && !('Bun' in globalThis)
/** What is sent too late shows in `bufferedAmount`. */
export const countsLate = !isByDeno && !isByUndici
const { default: Peer } = isByWs ? await import('ws') : { default: globalThis.WebSocket }

/** `homing` or `homing/wasm`. */
export const entry = inNode
  ? (process.env.HOMING_ENTRY ?? 'index')
  : (new URLSearchParams(location.search).get('entry') ?? 'index')
// In pages by its address, which a strict policy allows, unlike import maps.
const built = await import(inNode ? ['homing', 'homing/wasm'][+(entry === 'wasm')] : `../../../dist/${entry}.js`)

export const { HomingSocket } = built
export const { EndEvent, FailureEvent, LatencyEvent, ReconnectingEvent } = built

/** The class below. */
export const Native = Peer
export const where = inNode ? 'node' : 'page'

/** Fast enough for tests. */
export const QUICK = { min: 20, max: 50 }

/** A client that is closed when the test is over. */
export function connect(t, url, { protocols, ...options } = {}) {
  const socket = new HomingSocket(url, protocols, { reconnect: QUICK, ...(isByWs ? { WebSocket: Peer } : {}), ...options })
  t.onEnd(() => socket.close())
  return socket
}

/** The types of all events in order, with what tells them apart. */
export function log(socket, entries = []) {
  for (const type of ['open', 'message', 'error', 'close', 'reconnecting', 'end', 'drain', 'latency']) {
    socket.addEventListener(type, (event) => {
      // Node's own class dispatches two of a dial that is given up.
      if (type === 'error' && isByUndici && entries.at(-1) === 'error') return
      if (type === 'message') entries.push(`message ${event.data}`)
      else if (type === 'close') entries.push(`close ${event.code}`)
      else if (type === 'end') entries.push(`end ${event.reason}`)
      else entries.push(type)
    })
  }
  return entries
}
