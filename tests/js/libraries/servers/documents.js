// The servers of y-websocket, hocuspocus and ShareDB. Tests read and write the server's copy of a document.

import { Server } from '@hocuspocus/server'
import WebSocketJSONStream from '@teamwork/websocket-json-stream'
import { docs, setupWSConnection } from '@y/websocket-server/utils'
import ShareDB from 'sharedb'
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
    // Each document has a timer.
    return { ...commands(docs), end: () => docs.forEach((doc) => doc.destroy()) }
  })

export const hocuspocus = () =>
  host(async () => {
    const server = new Server({ quiet: true, stopOnSignals: false })
    return {
      // Its HTTP server does not listen, but handles the upgrades passed to it.
      upgrade: (...args) => server.httpServer.emit('upgrade', ...args),
      ...commands(server.hocuspocus.documents),
      end: () => server.destroy(),
    }
  })

export const sharedb = () =>
  hostWs(async (sockets) => {
    const backend = new ShareDB()
    const document = backend.connect().get('documents', 'room')
    await new Promise((resolve) => document.create({ words: ['first word'] }, resolve))
    await new Promise((resolve) => document.subscribe(resolve))
    sockets.on('connection', (ws) => {
      const stream = new WebSocketJSONStream(ws)
      // Errors of sending to a cut connection are intended here.
      stream.on('error', () => {})
      backend.listen(stream)
    })
    return {
      text: () => document.data.words.join(' '),
      append: (_name, word) => new Promise((resolve) => document.submitOp([{ p: ['words', 0], li: word }], resolve)),
      end: () => new Promise((resolve) => backend.close(resolve)),
    }
  })
