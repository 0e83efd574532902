import { createClient } from 'graphql-ws'
import { alive, arrives, becomes, doubles, equal, made, single, threeCuts } from './support.js'

/** Detects a silent server, which the library does not. */
const Wary = single({
  heartbeat: {
    message: '{"type":"ping"}',
    isReply: (data) => data === '{"type":"pong"}',
    interval: 100,
    timeout: 2000,
  },
})

const QUICK = {
  retryAttempts: Infinity,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 20)),
  // By default the library treats a refused attempt as fatal, with every class.
  shouldRetry: () => true,
}

function subscribe(client, into) {
  return client.subscribe(
    { query: 'subscription { tick }' },
    { next: ({ data }) => into.push(data.tick), error: (error) => into.push(`${error}`), complete: () => into.push('complete') },
  )
}

function run({ url, control }, webSocketImpl) {
  const client = createClient({ url, webSocketImpl, ...QUICK })
  const ticks = []
  subscribe(client, ticks)
  const flows = async (word) => {
    const { value } = await client.iterate({ query: '{ hello }' }).next()
    equal(value.data, { hello: 'world' })
    await arrives(control, word, ticks)
  }
  return { flows, stop: () => client.dispose() }
}

export const cases = {
  'three cuts and a stop': (t) => threeCuts(t, run),

  'a reconnecting class': (t) => doubles(t, run),

  async 'a server that has gone silent'({ url, control, onEnd }) {
    const client = createClient({ url, webSocketImpl: Wary, ...QUICK })
    onEnd(() => client.dispose())
    const ticks = []
    subscribe(client, ticks)
    await becomes(async () => (await control('subscriptions')) > 0, true)
    // Some heartbeats, none of which is delivered to the library.
    await becomes(() => made.some(({ stats }) => stats.smoothedRtt >= 0), true)
    const before = await control('subscriptions')
    await control('silence')
    await becomes(async () => (await control('subscriptions')) > before, true)
    await control('publish', 'after')
    await becomes(() => ticks, ['after'])
    await alive(1)
  },
}
