import { Socket } from 'phoenix'
import { arrives, becomes, Reconnecting, threeCuts } from './support.js'

function run({ url, control }, transport) {
  const received = []
  const socket = new Socket(`${url}/socket`, { transport, reconnectAfterMs: () => 20, rejoinAfterMs: () => 20 })
  socket.connect()
  const channel = socket.channel('prices')
  channel.on('tick', ({ word }) => received.push(word))
  channel.join()
  const flows = async (word) => {
    await arrives(control, word, received)
    channel.push('order', { word })
    await becomes(async () => (await control('published')).includes(word), true)
  }
  return { flows, stop: () => new Promise((resolve) => socket.disconnect(resolve)) }
}

export const cases = {
  'three cuts and a stop': (t) => threeCuts(t, run),
  // The library closes a socket that has lost its connection, so one that reconnects does no harm.
  'three cuts and a stop with a reconnecting class': (t) => threeCuts(t, run, Reconnecting),
}
