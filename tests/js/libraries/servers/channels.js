// Servers for the clients of Phoenix, Centrifugo and SignalR. The real servers are programs in Elixir, Go and C#, which the tests cannot
// install; the SignalR server on PyPI (aiosignalr 0.1.1) sends JSON in binary messages, which the client rejects. These servers
// support only the messages to join, subscribe, publish and leave: enough to test what the clients do with their sockets.

import { hostWs } from './host.js'

/** Phoenix channels, version 2.0.0: `[join_ref, ref, topic, event, payload]`. */
export const phoenix = () =>
  hostWs((sockets) => {
    const published = []
    sockets.on('connection', (ws) => {
      ws.joined = new Map()
      ws.on('message', (data) => {
        const [joinRef, ref, topic, event, payload] = JSON.parse(data)
        const reply = (status, response = {}) => ws.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status, response }]))
        if (event === 'phx_join') ws.joined.set(topic, joinRef)
        else if (topic !== 'phoenix' && !ws.joined.has(topic)) return reply('error', { reason: 'unmatched topic' })
        else if (event === 'phx_leave') ws.joined.delete(topic)
        else if (event === 'order') published.push(payload.word)
        reply('ok')
      })
    })
    const publish = (word) => {
      for (const ws of sockets.clients) {
        if (ws.joined.has('prices')) ws.send(JSON.stringify([null, null, 'prices', 'tick', { word }]))
      }
    }
    return { publish, published: () => published }
  })

/** Centrifugo's JSON protocol: commands and replies as lines, several in a message. */
export const centrifuge = () =>
  hostWs((sockets) => {
    const published = []
    sockets.on('connection', (ws) => {
      ws.channels = new Set()
      const act = ({ connect, subscribe, unsubscribe, publish }) => {
        if (connect) return { connect: { client: 'tests', version: '0', ping: 25, pong: true } }
        if (subscribe) ws.channels.add(subscribe.channel)
        if (unsubscribe) ws.channels.delete(unsubscribe.channel)
        if (publish) published.push(publish.data)
        return subscribe ? { subscribe: {} } : unsubscribe ? { unsubscribe: {} } : { publish: {} }
      }
      ws.on('message', (data) => {
        for (const line of `${data}`.split('\n')) {
          const { id, ...command } = JSON.parse(line)
          // A command without an id answers a ping.
          if (id) ws.send(JSON.stringify({ id, ...act(command) }))
        }
      })
    })
    const publish = (word) => {
      for (const ws of sockets.clients) {
        if (ws.channels.has('prices')) ws.send(JSON.stringify({ push: { channel: 'prices', pub: { data: word } } }))
      }
    }
    return { publish, published: () => published }
  })

/** SignalR's JSON hub protocol: messages that end with a record separator. */
export const signalr = () =>
  hostWs((sockets) => {
    const END = '\x1e'
    const [INVOCATION, COMPLETION, PING, CLOSE] = [1, 3, 6, 7]
    sockets.on('connection', (ws) => {
      const send = (message) => ws.send(JSON.stringify(message) + END)
      ws.on('message', (data) => {
        for (const text of `${data}`.split(END).slice(0, -1)) {
          const { protocol, type, invocationId, target, arguments: [word] = [] } = JSON.parse(text)
          if (protocol) {
            ws.hasAgreed = true
            send({})
          } else if (type === PING) send({ type: PING })
          else if (type === CLOSE) ws.close()
          else if (type === INVOCATION && target === 'Echo') send({ type: COMPLETION, invocationId, result: word })
        }
      })
    })
    const tick = (word) => JSON.stringify({ type: INVOCATION, target: 'Tick', arguments: [word] }) + END
    return { publish: (word) => sockets.clients.forEach((ws) => ws.hasAgreed && ws.send(tick(word))) }
  })
