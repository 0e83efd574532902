// A server that can be made to misbehave, for whatever answers the WebSocket handshake.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

/**
 * Starts a server. `attach` returns how to `upgrade` a request, as listeners of a server's event `upgrade` do; how to `drop`
 * its connections where it has to know; more commands; and an `end`.
 */
export async function host(attach) {
  const server = createServer()
  const open = new Set()
  const requests = []
  let refusals = 0
  const { upgrade, drop = () => {}, end: more = () => {}, ...commands } = await attach()
  server.on('upgrade', (request, socket, head) => {
    // A connection that is cut may report that, which nothing here has to know.
    socket.on('error', () => {})
    if (refusals > 0) {
      refusals--
      return socket.destroy()
    }
    requests.push(request)
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    upgrade(request, socket, head)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endAll = () => {
    drop()
    open.forEach((socket) => socket.destroy())
    open.clear()
  }
  const all = {
    /** How many connections there are, also in the middle of their handshakes. */
    open: () => open.size,
    /** What was asked for, in order. */
    urls: () => requests.map(({ url }) => url),
    headers: () => requests.map(({ headers }) => headers),
    /** Ends all connections without a Close frame, and refuses so many dials. */
    cut: (dials) => {
      refusals = dials
      endAll()
    },
    ...commands,
  }
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    control: async (command, ...args) => all[command](...args),
    end: async () => {
      endAll()
      server.close()
      await more()
    },
  }
}

/** The same for libraries that take the server of `ws`, which `attach` gets. */
export const hostWs = (attach, options = {}) =>
  host(async () => {
    const sockets = new WebSocketServer({ noServer: true, ...options })
    return {
      upgrade: (...args) => sockets.handleUpgrade(...args, (ws) => sockets.emit('connection', ws, args[0])),
      drop: () => sockets.clients.forEach((ws) => ws.terminate()),
      /** Reads no more from all who are connected. */
      silence: () => sockets.clients.forEach((ws) => ws.pause()),
      ...(await attach(sockets)),
    }
  })
