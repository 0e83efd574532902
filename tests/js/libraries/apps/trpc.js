import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { arrives, doubles, equal, threeCuts } from './support.js'

function run({ url, control }, WebSocket) {
  const ws = createWSClient({ url, WebSocket, retryDelayMs: () => 20 })
  const client = createTRPCClient({ links: [wsLink({ client: ws })] })
  const received = []
  client.tick.subscribe(undefined, { onData: (word) => received.push(word) })
  const flows = async (word) => {
    equal(await client.hello.query(), 'world')
    await arrives(control, word, received)
  }
  return { flows, stop: () => ws.close() }
}

export const cases = {
  'three cuts and a stop': (t) => threeCuts(t, run),
  'a reconnecting class': (t) => doubles(t, run),
}
