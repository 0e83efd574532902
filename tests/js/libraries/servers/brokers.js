// Brokers: Aedes for MQTT, stomp-broker-js for STOMP.

import { EventEmitter } from 'node:events'
import { Aedes } from 'aedes'
import StompServer from 'stomp-broker-js'
import { createWebSocketStream } from 'ws'
import { host, hostWs } from './host.js'

export const mqtt = () =>
  hostWs(
    async (sockets) => {
      const broker = await Aedes.createBroker()
      const published = []
      broker.on('publish', ({ topic, payload }) => {
        if (topic === 'prices') published.push(`${payload}`)
      })
      sockets.on('connection', (ws, request) => {
        const stream = createWebSocketStream(ws)
        // Cut connections are reported as errors, but intended here.
        stream.on('error', () => {})
        broker.handle(stream, request)
      })
      const publish = (word) => new Promise((resolve) => broker.publish({ topic: 'prices', payload: word }, () => resolve()))
      return { publish, published: () => published, end: () => new Promise((resolve) => broker.close(resolve)) }
    },
    { handleProtocols: () => 'mqtt' },
  )

export const stomp = () =>
  host(async () => {
    // The broker needs only the event `upgrade` of an HTTP server.
    const http = new EventEmitter()
    const broker = new StompServer({ server: http, path: '/stomp' })
    broker.on('error', () => {})
    const published = []
    broker.subscribe('/queue/orders', (body) => published.push(`${body}`))
    return {
      upgrade: (...args) => http.emit('upgrade', ...args),
      publish: (word) => broker.send('/topic/prices', {}, word),
      published: () => published,
    }
  })
