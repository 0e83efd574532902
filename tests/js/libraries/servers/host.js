// A server that cuts and refuses connections on request, for the libraries' WebSocket servers.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

/**
 * Starts a server. `attach` returns functions: `upgrade`, called like a listener of a server's event `upgrade`; `drop`, if it must
 * close its connections itself; more commands; and `end`.
 */
export async function host(attach) {
  const server = createServer()
  const open = new Set()
  const requests = []
  let refusals = 0
  const { upgrade, drop = () => {}, end: more = () => {}, ...commands } = await attach()
  server.on('upgrade', (request, socket, head) => {
    // Errors of cut connections are intended.
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
    /** The number of connections, including those in their handshakes. */
    open: () => open.size,
    /** The requests, in order. */
    urls: () => requests.map(({ url }) => url),
    headers: () => requests.map(({ headers }) => headers),
    /** Ends all connections without a Close frame, and refuses so many attempts. */
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

/** The same for libraries that use the server of `ws`, which is passed to `attach`. */
export const hostWs = (attach, options = {}) =>
  host(async () => {
    const sockets = new WebSocketServer({ noServer: true, ...options })
    return {
      upgrade: (...args) => sockets.handleUpgrade(...args, (ws) => sockets.emit('connection', ws, args[0])),
      drop: () => sockets.clients.forEach((ws) => ws.terminate()),
      /** Stops reading from all connections. */
      silence: () => sockets.clients.forEach((ws) => ws.pause()),
      ...(await attach(sockets)),
    }
  })
