// The libraries' own servers, in this process, on a server that can be made to misbehave.

import { useServer } from 'graphql-ws/use/ws'
import { buildSchema } from 'graphql'
import { Aedes } from 'aedes'
import { docs, setupWSConnection } from '@y/websocket-server/utils'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createWebSocketStream, WebSocketServer } from 'ws'

/** Starts a server. `attach` gets the WebSocket server, and returns more commands and an `end`. */
async function host(attach, options = {}) {
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true, ...options })
  let refusals = 0
  server.on('upgrade', (request, socket, head) => {
    if (refusals > 0) {
      refusals--
      return socket.destroy()
    }
    sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit('connection', ws, request))
  })
  const { end: more = () => {}, ...commands } = await attach(sockets)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const all = {
    open: () => sockets.clients.size,
    /** Ends all connections without a word, and refuses so many dials. */
    cut: (dials) => {
      refusals = dials
      sockets.clients.forEach((ws) => ws.terminate())
    },
    /** Reads no more from whoever is connected. */
    silence: () => sockets.clients.forEach((ws) => ws.pause()),
    ...commands,
  }
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    control: async (command, ...args) => all[command](...args),
    end: async () => {
      sockets.clients.forEach((ws) => ws.terminate())
      server.close()
      await more()
    },
  }
}

export const servers = {
  'graphql-ws': () =>
    host((sockets) => {
      const subscribers = new Set()
      let subscriptions = 0
      const schema = buildSchema('type Query { hello: String } type Subscription { tick: String }')
      const roots = { query: { hello: 'world' }, subscription: { tick } }
      useServer({ schema, roots }, sockets)

      async function* tick() {
        const waiting = []
        let wake
        const subscriber = (word) => {
          waiting.push(word)
          wake?.()
        }
        subscribers.add(subscriber)
        subscriptions++
        try {
          for (;;) {
            while (waiting.length > 0) yield { tick: waiting.shift() }
            await new Promise((resolve) => (wake = resolve))
          }
        } finally {
          subscribers.delete(subscriber)
        }
      }
      return {
        publish: (word) => subscribers.forEach((subscriber) => subscriber(word)),
        /** How many there have been. */
        subscriptions: () => subscriptions,
      }
    }, { handleProtocols: () => 'graphql-transport-ws' }),

  'y-websocket': () => host((sockets) => {
    sockets.on('connection', setupWSConnection)
    // Each has a timer.
    return { end: () => docs.forEach((doc) => doc.destroy()) }
  }),

  mqtt: () => host(async (sockets) => {
    const broker = await Aedes.createBroker()
    const published = []
    broker.on('publish', ({ topic, payload }) => {
      if (topic === 'prices') published.push(`${payload}`)
    })
    sockets.on('connection', (ws, request) => {
      const stream = createWebSocketStream(ws)
      // It tells of each cut connection, which is nothing that went wrong here.
      stream.on('error', () => {})
      broker.handle(stream, request)
    })
    return { published: () => published, end: () => new Promise((resolve) => broker.close(resolve)) }
  }, { handleProtocols: () => 'mqtt' }),
}
