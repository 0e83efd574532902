import mqtt from 'mqtt'
import { alive, becomes, equal, Reconnecting, threeCuts } from './support.js'

function connect(url, Socket) {
  return mqtt.connectAsync(url, {
    createWebsocket: (url, protocols) => new Socket(url, protocols),
    // Without it, the library uses the package ws in Node.
    forceNativeWebSocket: true,
    reconnectPeriod: 20,
  })
}

async function run({ url }, Socket) {
  const client = await connect(url, Socket)
  const received = []
  client.on('message', (_topic, payload) => received.push(`${payload}`))
  await client.subscribeAsync('prices', { qos: 1 })
  // Repeatedly, since the message may be published before the library has subscribed again.
  const flows = (word) =>
    becomes(async () => {
      await client.publishAsync('prices', word, { qos: 1 })
      return received.includes(word)
    }, true)
  return { flows, stop: () => client.endAsync() }
}

export const cases = {
  'three cuts and a stop': (t) => threeCuts(t, run),

  // The library closes a socket that has lost its connection, so one that reconnects does no harm.
  async 'messages with a reconnecting socket, cut in the middle'({ url, control, onEnd }) {
    const client = await connect(url, Reconnecting)
    onEnd(() => client.end(true))
    const received = []
    client.on('message', (topic, payload) => received.push(`${topic} ${payload.length} ${payload.subarray(0, 5)}`))
    await client.subscribeAsync('prices', { qos: 1 })
    await client.publishAsync('prices', 'hello', { qos: 1 })
    await becomes(() => received, ['prices 5 hello'])
    await control('cut', 2)
    await becomes(() => client.connected, false)
    // The library queues the message, and may send it before it subscribes again.
    await client.publishAsync('prices', 'sent meanwhile', { qos: 1 })
    await becomes(() => control('published'), ['hello', 'sent meanwhile'])
    await client.publishAsync('prices', 'x'.repeat(200_000), { qos: 1 })
    await becomes(() => received.at(-1), 'prices 200000 xxxxx')
    equal(await control('open'), 1)
    await alive(1)
    await client.endAsync()
    await becomes(() => control('open'), 0)
    await alive(0)
  },
}
