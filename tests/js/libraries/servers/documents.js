// The servers of y-websocket and hocuspocus. Tests read and write the server's copy of a document.

import { Server } from '@hocuspocus/server'
import { docs, setupWSConnection } from '@y/websocket-server/utils'
import { host, hostWs } from './host.js'

const commands = (documents) => ({
  text: (name) => documents.get(name)?.getText('text').toString(),
  append: (name, word) => {
    const text = documents.get(name).getText('text')
    text.insert(text.length, word)
  },
})

export const yWebsocket = () =>
  hostWs((sockets) => {
    sockets.on('connection', setupWSConnection)
    // Each has a timer.
    return { ...commands(docs), end: () => docs.forEach((doc) => doc.destroy()) }
  })

export const hocuspocus = () =>
  host(async () => {
    const server = new Server({ quiet: true, stopOnSignals: false })
    return {
      // Its own HTTP server does not listen, but upgrades what it is given.
      upgrade: (...args) => server.httpServer.emit('upgrade', ...args),
      ...commands(server.hocuspocus.documents),
      end: () => server.destroy(),
    }
  })
