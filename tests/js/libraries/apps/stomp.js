import { Client, ReconnectionTimeMode } from '@stomp/stompjs'
import { arrives, becomes, doubles, threeCuts } from './support.js'

function run({ url, control }, Socket) {
  const received = []
  const client = new Client({
    webSocketFactory: () => new Socket(`${url}/stomp`, ['v12.stomp', 'v11.stomp', 'v10.stomp']),
    reconnectDelay: 20,
    reconnectTimeMode: ReconnectionTimeMode.LINEAR,
    onConnect: () => client.subscribe('/topic/prices', ({ body }) => received.push(body)),
  })
  client.activate()
  const flows = async (word) => {
    await arrives(control, word, received)
    client.publish({ destination: '/queue/orders', body: word })
    await becomes(async () => (await control('published')).includes(word), true)
  }
  return { flows, stop: () => client.deactivate() }
}

export const cases = {
  'three cuts and a stop': (t) => threeCuts(t, run),
  'a reconnecting class': (t) => doubles(t, run),
}
