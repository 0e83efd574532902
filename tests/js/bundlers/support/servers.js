// The servers of the apps: a WebSocket server that cuts connections on request, and a file server.

import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { WebSocketServer } from 'ws'

/** The number of attempts that are refused after a cut. */
export const REFUSALS = 2

async function listen(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

/**
 * An echo server. The text `cut` ends the connection without a Close frame, and the next two attempts on the same path are refused.
 * Each path has a journal of its events.
 */
export async function echoServer() {
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  const paths = new Map()
  const at = (path) => {
    if (!paths.has(path)) paths.set(path, { refusals: 0, open: 0, journal: [] })
    return paths.get(path)
  }
  server.on('upgrade', (request, socket, head) => {
    const place = at(request.url)
    if (place.refusals > 0) {
      place.refusals--
      place.journal.push('refused')
      socket.destroy()
      return
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      place.journal.push('open')
      place.open++
      ws.on('close', () => place.open--)
      ws.on('message', (data, isBinary) => {
        place.journal.push(isBinary ? `bytes ${[...data]}` : `${data}`)
        if (`${data}` !== 'cut') return ws.send(data, { binary: isBinary })
        place.refusals = REFUSALS
        ws.terminate()
      })
    })
  })
  const port = await listen(server)
  return {
    url: (path) => `ws://127.0.0.1:${port}/${path}`,
    journal: (path) => at(`/${path}`).journal,
    open: (path) => at(`/${path}`).open,
    end: () => {
      sockets.clients.forEach((ws) => ws.terminate())
      server.close()
    },
  }
}

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.css': 'text/css',
}

/** Serves a directory, and records the requests and the status of their responses. */
export async function fileServer(dir) {
  const asked = []
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const file = join(dir, normalize(decodeURIComponent(pathname)), pathname.endsWith('/') ? 'index.html' : '')
    const body = await readFile(file).catch(() => undefined)
    const status = body === undefined ? 404 : 200
    if (pathname !== '/favicon.ico') asked.push(`${status} ${pathname}`)
    response.writeHead(status, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(body)
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    end: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
