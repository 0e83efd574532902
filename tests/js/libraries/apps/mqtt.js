import mqtt from 'mqtt'
import { alive, becomes, Counted, equal } from './support.js'

export const cases = {
  async 'messages, cut in the middle'({ url, control, onEnd }) {
    const client = await mqtt.connectAsync(url, {
      createWebsocket: (url, protocols) => new Counted(url, protocols),
      // In Node too: without it the library insists on the package ws there.
      forceNativeWebSocket: true,
      reconnectPeriod: 20,
    })
    onEnd(() => client.end(true))
    const heard = []
    client.on('message', (topic, payload) => heard.push(`${topic} ${payload.length} ${payload.subarray(0, 5)}`))
    await client.subscribeAsync('prices', { qos: 1 })
    await client.publishAsync('prices', 'hello', { qos: 1 })
    await becomes(() => heard, ['prices 5 hello'])
    await control('cut', 2)
    await becomes(() => client.connected, false)
    // The library queues it; whether it sends it before it subscribes again depends on when it was asked to.
    await client.publishAsync('prices', 'sent meanwhile', { qos: 1 })
    await becomes(() => control('published'), ['hello', 'sent meanwhile'])
    await client.publishAsync('prices', 'x'.repeat(200_000), { qos: 1 })
    await becomes(() => heard.at(-1), 'prices 200000 xxxxx')
    equal(await control('open'), 1)
    await alive(1)
    await client.endAsync()
    await becomes(() => control('open'), 0)
    await alive(0)
  },
}
