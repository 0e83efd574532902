import { Centrifuge } from 'centrifuge'
import { arrives, becomes, Reconnecting, threeCuts } from './support.js'

function run({ url, control }, websocket) {
  const received = []
  const client = new Centrifuge(url, { websocket, minReconnectDelay: 20, maxReconnectDelay: 50 })
  const subscription = client.newSubscription('prices', { minResubscribeDelay: 20, maxResubscribeDelay: 50 })
  subscription.on('publication', ({ data }) => received.push(data))
  subscription.subscribe()
  client.connect()
  const flows = async (word) => {
    await arrives(control, word, received)
    await subscription.publish(word)
    await becomes(async () => (await control('published')).includes(word), true)
  }
  return { flows, stop: () => client.disconnect() }
}

export const cases = {
  'three cuts and a stop': (t) => threeCuts(t, run),
  // The library closes a socket that has lost its connection, so one that reconnects does no harm.
  'three cuts and a stop with a reconnecting class': (t) => threeCuts(t, run, Reconnecting),
}
