// The servers of graphql-ws and tRPC, and one for rxjs, which has none.

import { EventEmitter, on } from 'node:events'
import { initTRPC } from '@trpc/server'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { buildSchema } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { hostWs } from './host.js'

export const graphql = () =>
  hostWs(
    (sockets) => {
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
        /** The number of words so far. */
        subscriptions: () => subscriptions,
      }
    },
    { handleProtocols: () => 'graphql-transport-ws' },
  )

export const trpc = () =>
  hostWs((wss) => {
    const ticks = new EventEmitter()
    const t = initTRPC.create()
    const router = t.router({
      hello: t.procedure.query(() => 'world'),
      tick: t.procedure.subscription(async function* ({ signal }) {
        for await (const [word] of on(ticks, 'tick', { signal })) yield word
      }),
    })
    applyWSSHandler({ wss, router })
    return { publish: (word) => void ticks.emit('tick', word) }
  })

/** Echoes JSON, and sends words to all clients. */
export const rxjs = () =>
  hostWs((sockets) => {
    sockets.on('connection', (ws) => ws.on('message', (data) => ws.send(`${data}`)))
    return { publish: (word) => sockets.clients.forEach((ws) => ws.send(JSON.stringify(word))) }
  })
